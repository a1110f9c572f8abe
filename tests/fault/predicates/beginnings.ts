/** For each predicate of a create, and of the rotate that comes with it, conversations that begin as none may. */
import { createConversation, rotateEntry, type CreatedConversation } from '#crypto/conversation-builder.ts'
import type { ConversationKind, Policy, Role } from '#protocol/conversation-log.ts'
import { LIFETIME_MAX, LIFETIME_MIN } from '#protocol/limits.ts'
import { chainHash, noHash } from '#protocol/log-entry.ts'
import { authorOf, type Cast, type Liar } from './cast.ts'

type Roles = Readonly<Partial<Record<Liar | 'bob', Role>>>
type Beginnings = Readonly<Record<string, (cast: Cast) => Promise<readonly CreatedConversation[]>>>

const direct: Policy = { history: 'shared', invite: 'nobody', knock: 'no', expiry: null }
const many: Policy = { ...direct, invite: 'admins' }
const pair: Roles = { olga: 'member', bob: 'member' }
const owned: Roles = { olga: 'owner', bob: 'member' }

async function begun(cast: Cast, kind: ConversationKind, roles: Roles, policy: Policy): Promise<CreatedConversation> {
	const { olga, bobId } = cast
	const named = Object.entries(roles) as [Liar | 'bob', Role][]
	const idOf = (name: Liar | 'bob') => (name === 'bob' ? bobId : cast[name].person.account.idHash)
	const members = named.map(([name, role]) => ({ idHash: idOf(name), role }))
	const targets = await Promise.all(
		named.map(([name]) => (name === 'bob' ? olga.target(cast.bob.account) : cast[name].target(cast[name].person.id))),
	)
	return createConversation(olga.crypto, authorOf(olga), { kind, policy, members, targets })
}

const all =
	(...ways: readonly [ConversationKind, Roles, Policy][]) =>
	(cast: Cast) =>
		Promise.all(ways.map(([kind, roles, policy]) => begun(cast, kind, roles, policy)))

const kindsOfMany = ['group', 'room-open', 'room-private'] as const
const eachOfMany = (roles: Roles) =>
	all(...kindsOfMany.map((kind) => [kind, roles, many] as [ConversationKind, Roles, Policy]))

/** The first key, of which the log does not say for whom it is. */
async function silent(cast: Cast): Promise<CreatedConversation> {
	const made = await begun(cast, 'group', owned, many)
	const { crypto } = cast.olga
	const base = { seq: 0, hash: chainHash(crypto.hash, noHash, { seq: 0, body: made.create.body }) }
	const members = [await cast.olga.target(cast.olga.person.id), await cast.olga.target(cast.bob.account)]
	const input = { conversation: made.conversation, base, n: 1, members, previous: null, moved: members.slice(1) }
	return { ...made, ...(await rotateEntry(crypto, authorOf(cast.olga), input)) }
}

/** By the sentence of the predicate. */
export const beginnings: Beginnings = {
	'Who creates a conversation is one of its members.': all(
		['dm', { adam: 'member', bob: 'member' }, direct],
		['notice', { adam: 'member', bob: 'member' }, direct],
		// Bob has notes of his own, and listens to no other beginning of them.
		['notes', { mike: 'member' }, direct],
		...kindsOfMany.map((kind) => [kind, { adam: 'owner', bob: 'member' }, many] as [ConversationKind, Roles, Policy]),
	),
	'Direct conversations, notices and notes share their history, invite nobody and hear no knock.': all(
		['dm', pair, { ...direct, history: 'from-join' }],
		['dm', pair, { ...direct, invite: 'members' }],
		['notice', pair, { ...direct, invite: 'members' }],
		['notes', { olga: 'member' }, { ...direct, knock: 'yes' }],
	),
	'A direct conversation names exactly two accounts, notes exactly one, all as members.': all(
		['dm', { ...pair, adam: 'member' }, direct],
		['dm', { olga: 'owner', bob: 'member' }, direct],
		['notes', pair, direct],
	),
	'A notice names the operator who creates it and one user, both as members.': all(
		['notice', { olga: 'member' }, direct],
		['notice', { ...pair, adam: 'member' }, direct],
		['notice', { olga: 'owner', bob: 'member' }, direct],
		['notice', { olga: 'member', bob: 'reader' }, direct],
	),
	'A group or room has an owner, and is created by one.': eachOfMany({ olga: 'admin', bob: 'owner' }),
	'An open room shares its history.': all(['room-open', owned, { ...many, history: 'from-join' }]),
	'A lifetime of messages is a second at least, and 366 days at most.': all(
		['dm', pair, { ...direct, expiry: LIFETIME_MIN - 1 }],
		['notes', { olga: 'member' }, { ...direct, expiry: LIFETIME_MAX + 1 }],
		['group', owned, { ...many, expiry: 2 ** 53 - 1 }],
		['room-open', owned, { ...many, expiry: 0 }],
		['room-private', owned, { ...many, expiry: 0 }],
	),
	'The first rotate names every member in acc.': async (cast) => [await silent(cast)],
}
