/**
 * For each predicate of a conversation log the entry that it alone stops, signed by whoever may not have it. A predicate without
 * one fails in predicates.test.ts: its sentence is the key here.
 */
import type { LinkKeys } from '#crypto/link-keys.ts'
import { bytesToBase64url, compareBytes, type Bytes } from '#protocol/bytes.ts'
import type {
	ConversationBody,
	ConversationBodyOf,
	ConversationEntryType,
	Policy,
	Role,
} from '#protocol/conversation-log.ts'
import { LIFETIME_MAX, LIFETIME_MIN } from '#protocol/limits.ts'
import { authorOf, nothingCut, type Cast, type Liar, type Room } from './cast.ts'

export interface Attack {
	readonly room: Room
	readonly by: Liar
	readonly body: ConversationBody
	/** Signs a join beside the device. */
	readonly link?: LinkKeys
	/** Rules that stop it besides, where no entry breaks one alone: by sentence. */
	readonly also?: readonly string[]
}

/** What it says, where it stands in `room`; the rest is as an honest client writes it. */
function entry<T extends ConversationEntryType>(
	cast: Cast,
	{ room = 'shared', by, base, ...beside }: Omit<Partial<Attack>, 'body'> & { by: Liar; base?: number },
	type: T,
	fields: Omit<ConversationBodyOf<T>, 'type' | 'seq' | 'previous' | 'base' | 'baseHash' | 'time' | 'author' | 'device'>,
): Attack {
	const { state } = cast.logs[room]
	const { idHash, device, now } = authorOf(cast[by])
	const isBased = ['rotate', 'join', 'leave', 'linkEnd', 'cut', 'title'].includes(type)
	const at = base ?? state.head.seq
	const place = isBased
		? { base: at, baseHash: state.hashes[at] as Bytes }
		: { seq: state.head.seq + 1, previous: state.head.hash }
	const own = { author: idHash, device: device.deviceId, time: now }
	return { room, by, ...beside, body: { type, ...place, ...own, ...fields } as unknown as ConversationBody }
}

const newest = (cast: Cast, room: Room = 'shared') => cast.logs[room].state.epochs.length
const idOf = (cast: Cast, name: Liar) => cast[name].person.account.idHash

function epoch(cast: Cast, n: number, back = true) {
	const { random } = cast.olga.crypto
	const link = { m: 1, sealed: { nonce: random(12), ct: random(48) } }
	return { n, commit: random(32), boxesRoot: random(32), back: back ? link : null }
}

/** What acc says of these accounts, at their heads. */
function refs(cast: Cast, ...names: readonly (Liar | 'bob')[]) {
	const ids = names.map((name) => (name === 'bob' ? cast.bobId : idOf(cast, name)))
	return ids.toSorted(compareBytes).map((idHash) => {
		const account = cast.accounts.get(bytesToBase64url(idHash))
		if (account === undefined) throw new Error('an account of the cast')
		return { idHash, seq: account.head.seq, hash16: account.head.hash.slice(0, 16), g: account.ak.g }
	})
}

const members = (cast: Cast, roles: Readonly<Partial<Record<Liar, Role>>>) =>
	(Object.entries(roles) as [Liar, Role][])
		.map(([name, role]) => ({ idHash: idOf(cast, name), role }))
		.sort((a, b) => compareBytes(a.idHash, b.idHash))

function rotate(
	cast: Cast,
	by: Liar,
	over: Partial<{ epoch: ReturnType<typeof epoch>; acc: ReturnType<typeof refs> }> = {},
	base?: number,
) {
	const fields = { epoch: epoch(cast, newest(cast) + 1), acc: [], ...over }
	return entry(cast, { by, ...(base === undefined ? {} : { base }) }, 'rotate', fields)
}

type Keys = ConversationBodyOf<'add'>['keys']

function add(
	cast: Cast,
	by: Liar,
	over: Partial<{ who: Liar; keys: Keys; acc: ReturnType<typeof refs>; also: readonly string[] }> = {},
) {
	const { who = 'otto', keys = current(cast), acc = refs(cast, who), also = [] } = over
	return entry(cast, { by, also }, 'add', { members: members(cast, { [who]: 'member' }), keys, acc })
}

const current = (cast: Cast, n = newest(cast)): Keys => ({ give: 'current', n, boxesRoot: cast.olga.crypto.random(32) })
const anew = (cast: Cast, n = newest(cast) + 1, back = true): Keys => ({ give: 'rotate', ...epoch(cast, n, back) })

function join(cast: Cast, by: Liar, link: LinkKeys, n = newest(cast)) {
	const fields = { link: link.id, n, boxesRoot: cast.olga.crypto.random(32), acc: refs(cast, by) }
	return entry(cast, { by, link }, 'join', fields)
}

function remove(
	cast: Cast,
	by: Liar,
	who: Liar,
	over: Partial<{ epoch: ReturnType<typeof epoch>; acc: ReturnType<typeof refs> }> = {},
) {
	const fields = {
		accounts: [idOf(cast, who)],
		epoch: epoch(cast, newest(cast) + 1),
		acc: [],
		cut: nothingCut(cast),
		...over,
	}
	return entry(cast, { by }, 'remove', fields)
}

const role = (cast: Cast, by: Liar, roles: Readonly<Partial<Record<Liar, Role>>>, cut: Bytes | null = null) =>
	entry(cast, { by }, 'role', { members: members(cast, roles), cut })

function link(cast: Cast, by: Liar, over: Partial<{ room: Room; n: number; key: Bytes }> = {}) {
	const { random } = cast.olga.crypto
	const { room = 'shared', n = newest(cast, room), key = random(32) } = over
	const terms = { role: 'member', expires: null, uses: null } as const
	return entry(cast, { by, room }, 'link', { signingKey: key, kemHash: random(32), ...terms, n, boxesRoot: random(32) })
}

const title = (cast: Cast, by: Liar, n = newest(cast), room: Room = 'shared') =>
	entry(cast, { by, room }, 'title', { n, nonce: cast.olga.crypto.random(12), ct: cast.olga.crypto.random(64) })

const setPolicy = (cast: Cast, by: Liar, room: Room, change: Partial<Policy>) =>
	entry(cast, { by, room }, 'policy', { policy: { ...cast.logs[room].state.policy, ...change } })

function cut(cast: Cast, by: Liar, device: Bytes) {
	const fields = { account: cast.bobId, devices: [device], acc: refs(cast, 'bob'), cut: nothingCut(cast) }
	return entry(cast, { by }, 'cut', fields)
}

const inviting = 'Who the policy lets invite adds, and gives no role above member, or as an admin none above his own.'

type Attacks = Readonly<Record<string, (cast: Cast) => readonly Attack[]>>

/** By type of entry, then by the sentence of the predicate. */
export const attacks: Readonly<Record<string, Attacks>> = {
	rotate: {
		'Who may write may rotate.': (cast) => [rotate(cast, 'rita')],
		'A rotate makes the epoch after the newest.': (cast) => [
			rotate(cast, 'mike', { epoch: epoch(cast, newest(cast) + 2) }),
			rotate(cast, 'mike', { epoch: epoch(cast, newest(cast)) }),
		],
		'Since the base of a rotate there were only add, join, link and raised roles.': (cast) => [
			rotate(cast, 'mike', {}, cast.logs.shared.state.rotateBase - 1),
		],
		'An epoch after the first has a back link to an earlier one exactly where history is shared.': (cast) => [
			rotate(cast, 'mike', { epoch: epoch(cast, newest(cast) + 1, false) }),
			entry(cast, { by: 'mike', room: 'from-join' }, 'rotate', { epoch: epoch(cast, 2), acc: [] }),
		],
		'A rotate names members only in acc.': (cast) => [rotate(cast, 'mike', { acc: refs(cast, 'otto') })],
	},
	cut: {
		'Revoked devices are cut by another device of their account or by an admin.': (cast) => [
			cut(cast, 'mike', cast.retired),
		],
		'A cut names devices that ended at or before the head of their account that it names in acc.': (cast) => [
			cut(cast, 'adam', liveDevice(cast)),
		],
	},
	add: {
		[inviting]: (cast) => [
			add(cast, 'mike'),
			entry(cast, { by: 'adam' }, 'add', {
				members: members(cast, { otto: 'owner' }),
				keys: current(cast),
				acc: refs(cast, 'otto'),
			}),
		],
		'An add names accounts that are no members, each of them in acc.': (cast) => [
			add(cast, 'adam', { who: 'mike' }),
			add(cast, 'adam', { acc: [] }),
		],
		'Where members read from their joining on, an add makes an epoch; else it may give the newest.': (cast) => [
			add(cast, 'adam', { keys: current(cast, newest(cast) - 1) }),
			entry(cast, { by: 'adam', room: 'from-join' }, 'add', {
				members: members(cast, { otto: 'member' }),
				keys: current(cast, 1),
				acc: refs(cast, 'otto'),
			}),
		],
		// Whoever may invite may write, by every policy that there is.
		'Who may write may rotate.': (cast) => [add(cast, 'rita', { keys: anew(cast), also: [inviting] })],
		'A rotate makes the epoch after the newest.': (cast) => [add(cast, 'adam', { keys: anew(cast, newest(cast) + 2) })],
		'An epoch after the first has a back link to an earlier one exactly where history is shared.': (cast) => [
			add(cast, 'adam', { keys: anew(cast, newest(cast) + 1, false) }),
		],
		'Acc names those who are members after the entry.': (cast) => [
			add(cast, 'adam', { acc: refs(cast, 'otto', 'zoe') }),
		],
	},
	join: {
		'Who is no member, and was not removed, joins by a link that is live, not expired and not used up.': (cast) => [
			join(cast, 'zoe', cast.links.live),
			join(cast, 'joe', cast.links.live),
			join(cast, 'otto', cast.links.ended),
			join(cast, 'otto', cast.links.used),
			join(cast, 'otto', cast.links.expired),
		],
		'A join names the newest epoch at its base, and the joiner in acc and nobody else.': (cast) => [
			join(cast, 'otto', cast.links.live, newest(cast) - 1),
		],
	},
	leave: {
		'The last owner leaves only as the last member.': (cast) => [
			entry(cast, { by: 'olga' }, 'leave', { cut: nothingCut(cast) }),
		],
	},
	remove: {
		'An owner or admin removes members other than himself.': (cast) => [
			remove(cast, 'mike', 'rita'),
			remove(cast, 'adam', 'adam'),
		],
		'Owners alone make and unmake owners.': (cast) => [remove(cast, 'adam', 'olga')],
		'A rotate makes the epoch after the newest.': (cast) => [
			remove(cast, 'adam', 'mike', { epoch: epoch(cast, newest(cast) + 2) }),
		],
		'An epoch after the first has a back link to an earlier one exactly where history is shared.': (cast) => [
			remove(cast, 'adam', 'mike', { epoch: epoch(cast, newest(cast) + 1, false) }),
		],
		'Acc names those who are members after the entry.': (cast) => [
			remove(cast, 'adam', 'mike', { acc: refs(cast, 'mike') }),
		],
	},
	role: {
		'An owner or admin gives members a role that they do not have.': (cast) => [
			role(cast, 'mike', { mike: 'admin' }),
			role(cast, 'rita', { rita: 'member' }),
			role(cast, 'adam', { otto: 'member' }),
		],
		'Owners alone make and unmake owners.': (cast) => [
			role(cast, 'adam', { adam: 'owner' }),
			role(cast, 'adam', { olga: 'admin', adam: 'owner' }),
		],
		'A group or room has an owner.': (cast) => [role(cast, 'olga', { olga: 'admin' })],
		'A role entry has a cut exactly where a right to write ends.': (cast) => [
			role(cast, 'adam', { mike: 'reader' }),
			role(cast, 'adam', { rita: 'member' }, nothingCut(cast)),
		],
	},
	link: {
		'Who the policy lets invite makes links, for members and readers.': (cast) => [
			link(cast, 'mike'),
			link(cast, 'rita'),
		],
		'There are links only where history is shared.': (cast) => [link(cast, 'adam', { room: 'from-join' })],
		'A link has a key that no link of this log had, for the newest epoch; there are at most 64.': (cast) => [
			link(cast, 'adam', { n: newest(cast) - 1 }),
			link(cast, 'adam', { key: cast.links.ended.signing.publicKey }),
		],
	},
	linkEnd: {
		'A link is ended by an owner or admin, or by who made it.': (cast) => [
			entry(cast, { by: 'mike' }, 'linkEnd', { links: [cast.links.live.id] }),
		],
	},
	policy: {
		'Owners and admins set the policy; between two, and in notes, whoever writes.': (cast) => [
			setPolicy(cast, 'mike', 'shared', { history: 'from-join' }),
			setPolicy(cast, 'mike', 'shared', { expiry: 60_000 }),
		],
		'In direct conversations and notes a policy changes the lifetime of messages, and nothing else.': (cast) => [
			setPolicy(cast, 'olga', 'direct', { history: 'from-join' }),
			setPolicy(cast, 'olga', 'direct', { invite: 'members', expiry: 60_000 }),
		],
		'A lifetime of messages is a second at least, and 366 days at most.': (cast) => [
			setPolicy(cast, 'olga', 'shared', { expiry: LIFETIME_MIN - 1 }),
			setPolicy(cast, 'adam', 'shared', { expiry: LIFETIME_MAX + 1 }),
			setPolicy(cast, 'olga', 'direct', { expiry: 2 ** 53 - 1 }),
		],
		'An open room shares its history.': (cast) => [setPolicy(cast, 'olga', 'open', { history: 'from-join' })],
	},
	archive: { 'Owners and admins archive.': (cast) => [entry(cast, { by: 'mike' }, 'archive', {})] },
	restore: {
		'Owners and admins restore.': (cast) => [entry(cast, { by: 'mike', room: 'archived' }, 'restore', {})],
		'What is archived is restored.': (cast) => [entry(cast, { by: 'adam' }, 'restore', {})],
	},
	title: {
		'Owners and admins name a conversation.': (cast) => [title(cast, 'mike')],
		'A title is sealed under an epoch of this log.': (cast) => [
			title(cast, 'adam', newest(cast) + 1),
			title(cast, 'adam', 0),
		],
	},
	/** What is asked of every entry, whatever its type. */
	any: {
		'Only members write entries.': (cast) => [rotate(cast, 'otto'), title(cast, 'zoe')],
		'An archived conversation takes leave, remove, cut and restore alone.': (cast) => [
			title(cast, 'olga', 1, 'archived'),
			entry(cast, { by: 'olga', room: 'archived' }, 'rotate', { epoch: epoch(cast, 2), acc: [] }),
		],
		'The head that acc names of an account is in its log.': (cast) => [
			rotate(cast, 'mike', { acc: refs(cast, 'rita').map((ref) => ({ ...ref, hash16: cast.olga.crypto.random(16) })) }),
			rotate(cast, 'mike', { acc: refs(cast, 'rita').map((ref) => ({ ...ref, g: 1 })) }),
		],
		'An entry follows the head, or stands on a base of the log.': (cast) => [
			{
				...title(cast, 'adam'),
				body: { ...title(cast, 'adam').body, baseHash: cast.olga.crypto.random(32) } as ConversationBody,
			},
		],
	},
}

function liveDevice(cast: Cast): Bytes {
	const devices = [...(cast.accounts.get(bytesToBase64url(cast.bobId))?.devices.values() ?? [])]
	const live = devices.find(({ ended }) => ended === null)
	if (live === undefined) throw new Error('Bob has a device')
	return live.deviceId
}
