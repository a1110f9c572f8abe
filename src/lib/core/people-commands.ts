/** Commands of `KithApi` about friends, and the links that bring them. */
import { safetyNumber } from '#crypto/safety-number.ts'
import { textToId } from '#protocol/ids.ts'
import { fail, ok } from '#protocol/result.ts'
import type { PeopleCommands } from './api.ts'
import type { CommandParts } from './command-chapters.ts'
import { inviteByEmail } from './emails.ts'
import { toKithError } from './http-errors.ts'
import { friendLink, parseFriendLink, readLink, usualInvite } from './links.ts'
import type { Person } from './person.ts'
import type { SignedIn } from './signed-in.ts'
import { sessionOf } from './view-sources.ts'

function isAdministrator(person: Person): boolean {
	const phase = person.phase()
	return phase.type === 'signed-in' && phase.resident.row.role === 'admin'
}

export function peopleCommands(signedIn: SignedIn, { deps, person, time }: CommandParts): PeopleCommands {
	return {
		friendLink: ({ withInvite }) =>
			signedIn((current) =>
				friendLink(current, { invite: withInvite ? usualInvite : null, origin: deps.origin, crypto: deps.crypto }),
			),
		readLink: async ({ url }) =>
			readLink(url, sessionOf(person), { crypto: deps.crypto, serverKey: person.instance.known()?.serverKey ?? null }),
		requestFriend: (input) =>
			signedIn(async ({ friends }) => {
				if ('name' in input) return friends.request({ name: input.name })
				const link = parseFriendLink(input.url)
				return link === null ? fail({ type: 'bad-link', reason: 'malformed' }) : friends.request({ link })
			}),
		inviteByEmail: ({ address }) =>
			signedIn((current) =>
				inviteByEmail(current, {
					address,
					origin: deps.origin,
					crypto: deps.crypto,
					isOpen: person.instance.known()?.signUp === 'open',
					mayInvite: isAdministrator(person),
				}),
			),
		acceptFriend: ({ account }) => signedIn(({ friends }) => friends.accept(account)),
		declineFriend: ({ account }) => signedIn(({ friends }) => friends.decline(account)),
		cancelRequest: ({ account }) => signedIn(({ friends }) => friends.cancel(account)),
		removeFriend: ({ account }) => signedIn(({ friends }) => friends.end(account)),
		block: ({ account }) => signedIn(({ friends }) => friends.block(account)),
		unblock: ({ account }) => signedIn(({ friends }) => friends.unblock(account)),

		createInvite: (invite) =>
			signedIn(async (current) => {
				const made = await friendLink(current, { invite, origin: deps.origin, crypto: deps.crypto })
				return made.ok ? ok({ url: made.value.url, expiresAt: made.value.expiresAt ?? time.now() }) : made
			}),
		bots: () =>
			signedIn(async ({ http }) => {
				const answer = await http.call((api) => api.bots.list())
				return answer.ok ? ok(answer.value.bots) : fail(toKithError(answer.error))
			}),
		createBot: ({ name, scopes }) =>
			signedIn(async ({ http }) => {
				const answer = await http.call((api) => api.bots.create({ name, scopes: [...scopes] }))
				return answer.ok ? ok({ token: answer.value.token }) : fail(toKithError(answer.error))
			}),
		endBot: ({ id }) =>
			signedIn(async ({ http }) => {
				const answer = await http.call((api) => api.bots.end({ id }))
				return answer.ok ? ok(null) : fail(toKithError(answer.error))
			}),
		safetyNumber: ({ account }) =>
			signedIn(async ({ self }) => {
				const other = textToId('account', account)
				return other === null
					? fail({ type: 'not-here' })
					: ok({ groups: safetyNumber(deps.crypto.hash, self.idHash, other) })
			}),
	}
}
