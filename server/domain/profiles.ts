/** Profiles: the name that an account shows, signed by one of its devices (SPEC PRF). The newest hlc wins. */
import { deviceOf } from '#protocol/account-lookups.ts'
import type { AccountState } from '#protocol/account-state.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { isAhead } from '#protocol/hlc.ts'
import { encodeProfileBody, signedProfile, type SignedProfile } from '#protocol/profile.ts'
import { ok } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import type { Access, AccountStates, DomainPorts } from './domain.ts'
import { otherOf } from './friend-list.ts'
import type { FriendshipRow } from './ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

export interface Profiles {
	/** Refused: bad-account, rate-limited. An older one than the stored is no error and changes nothing. */
	put(access: Access, profile: Bytes): Promise<Decided<null>>
}

export async function checkProfile(
	{ hash, verify, clock }: Pick<DomainPorts, 'hash' | 'verify' | 'clock'>,
	state: AccountState,
	profile: Bytes,
): Promise<Decided<SignedProfile>> {
	const decoded = decode(signedProfile, profile)
	if (!decoded.ok) return refuse('bad-account')
	const { signature, ...body } = decoded.value
	const signer = deviceOf(state, body.device)
	if (signer === null || signer.ended !== null || !equalBytes(body.idHash, state.idHash)) return refuse('bad-account')
	if (isAhead(body.hlc, clock())) return refuse('bad-account')
	const signed = { key: signer.signingKey, body: encodeProfileBody(body), signature }
	const [valid] = await verify([claimOver(hash, 'profile', signed)])
	return valid === true ? ok(decoded.value) : refuse('bad-account')
}

export function createProfiles(ports: DomainPorts, accountStates: AccountStates): Profiles {
	return {
		put: async ({ account }, profile) => {
			const limited = await withinLimit(ports, 'writeByAccount', account)
			if (!limited.ok) return limited
			const state = await accountStates.get(account)
			if (state === null) return refuse('not-found')
			const checked = await checkProfile(ports, state, profile)
			if (!checked.ok) return checked
			return ports.unitOfWork.transaction(async ({ accounts, friendships }, afterCommit) => {
				const before = await accounts.profile(account)
				const older = before === null ? null : decode(signedProfile, before)
				const isNewest = older === null || !older.ok || older.value.hlc < checked.value.hlc
				if (!isNewest) return ok(null)
				await accounts.setProfile(account, profile)
				const friends = friendsAmong(account, await friendships.of(account))
				for (const friend of friends) await friendships.touch(friend, account)
				// Friends show the name, and so do the account's own other devices.
				const told = [account, ...friends].map(bytesToBase64url)
				afterCommit(() => ports.cluster.publish('friends-changed', { accounts: told }))
				return ok(null)
			})
		},
	}
}

function friendsAmong(account: Bytes, friendships: readonly FriendshipRow[]): Bytes[] {
	return friendships.filter(({ state }) => state === 'accepted').map((row) => otherOf(row, account))
}
