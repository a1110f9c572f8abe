/** Commands of `KithApi` about the own account: its address, name, devices and sessions, and what wakes this device. */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { fail, ok } from '#protocol/result.ts'
import type { Commands, NearbyCommands } from './api.ts'
import type { CommandParts } from './command-chapters.ts'
import { confirmEmail, ownEmail, setEmail } from './emails.ts'
import { toKithError } from './http-errors.ts'
import { nearbyCommands } from './nearby-commands.ts'
import { pushCommands, type OwnPushCommands } from './push-commands.ts'
import { revokeDevices } from './revoke-devices.ts'
import { keepReceived } from './received-bytes.ts'
import { createSetPrivacy } from './set-privacy.ts'
import { signProfile } from './sign-profile.ts'
import type { SignedIn } from './signed-in.ts'

export type OwnAccountCommands = Pick<
	Commands,
	'email' | 'setEmail' | 'confirmEmail' | 'setDisplayName' | 'setPrivacy' | 'revokeDevices' | 'endSession' | 'received'
> &
	OwnPushCommands &
	NearbyCommands

export function accountCommands(signedIn: SignedIn, parts: CommandParts): OwnAccountCommands {
	const { deps, person, time, views } = parts
	const setPrivacy = createSetPrivacy()
	return {
		...pushCommands(signedIn, parts),
		...nearbyCommands(signedIn),
		email: () => signedIn(ownEmail),
		setEmail: ({ address }) => signedIn((current) => setEmail(current, address)),
		confirmEmail: ({ token }) => signedIn((current) => confirmEmail(current, token)),
		setDisplayName: ({ displayName }) =>
			signedIn(async ({ self, http, accounts }) => {
				const profile = await signProfile(self.keys, { idHash: self.idHash, name: displayName, hlc: hlcOf(time.now()) })
				const answer = await http.call((api) => api.accounts.putProfile({ profile: bytesToBase64url(profile) }))
				if (!answer.ok) return fail(toKithError(answer.error))
				const refreshed = await accounts.refresh(self.account)
				return refreshed.ok ? ok(null) : refreshed
			}),
		received: () => signedIn(async (current) => ok(await keepReceived({ ...current, time }))),
		setPrivacy: (change) => signedIn((current) => setPrivacy(current, change)),
		revokeDevices: ({ devices, password }) =>
			signedIn(async (current) => {
				const phase = person.phase()
				const server = await person.instance.ask()
				if (phase.type !== 'signed-in') return fail({ type: 'signed-out' })
				if (!server.ok) return server
				const { name } = phase.resident.row
				const { stretching } = server.value
				return revokeDevices(deps, current, { devices, name, password, stretching, now: time.now() })
			}),
		endSession: ({ sid }) =>
			signedIn(async ({ http }) => {
				const answer = await http.call((api) => api.accounts.endSession({ sid }))
				views.changed('devices')
				return answer.ok ? ok(null) : fail(toKithError(answer.error))
			}),
	}
}
