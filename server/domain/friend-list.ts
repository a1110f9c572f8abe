/** The friend list as one account sees it: a block covers what stands between the two, for the blocker alone. */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { FriendshipRow, Repositories } from './ports.ts'

export type FriendItemState = 'incoming' | 'outgoing' | 'accepted' | 'declined' | 'cancelled' | 'ended' | 'blocked'

export interface FriendItem {
	readonly account: Bytes
	readonly name: string
	readonly state: FriendItemState
	readonly since: number
	/** Null where somebody is blocked with whom there never was anything. */
	readonly request: Bytes | null
	readonly accept: Bytes | null
	readonly closing: Bytes | null
	readonly profile: Bytes | null
}

export interface FriendList {
	readonly items: readonly FriendItem[]
	/** Changed since, and not among `items` any more. */
	readonly gone: readonly Bytes[]
	/** To ask with `since` next time. */
	readonly version: number
	/** `items` is the whole list, not what changed. */
	readonly whole: boolean
}

export interface FriendQuery {
	readonly since: number
	/** Null: all. */
	readonly state: FriendItemState | null
}

type Standing = Omit<FriendItem, 'name' | 'profile'>

export async function friendList(
	repositories: Repositories,
	account: Bytes,
	{ since, state }: FriendQuery,
): Promise<FriendList> {
	const { friendships } = repositories
	// The version first: what changes while we read is told again, never missed.
	const version = await friendships.version(account)
	// A restored backup may know less than who asks.
	const whole = since === 0 || since > version
	const changed = whole ? [] : await friendships.changedSince(account, since)
	const asked = new Set(changed.map(bytesToBase64url))
	const standing = (await standingOf(repositories, account)).filter(
		(item) => (whole || asked.has(bytesToBase64url(item.account))) && (state === null || item.state === state),
	)
	const items = await Promise.all(standing.map((item) => withPerson(repositories, item)))
	const told = new Set(items.map((item) => bytesToBase64url(item.account)))
	return { items, gone: changed.filter((other) => !told.has(bytesToBase64url(other))), version, whole }
}

async function standingOf({ friendships }: Repositories, account: Bytes): Promise<Standing[]> {
	const blocked = new Map((await friendships.blocksOf(account)).map((row) => [bytesToBase64url(row.blocked), row]))
	const items = (await friendships.of(account)).map((row): Standing => {
		const other = otherOf(row, account)
		const { request, accept, closing } = row
		const seen = { account: other, state: stateFor(row, account), since: row.since, request, accept, closing }
		const block = blocked.get(bytesToBase64url(other))
		blocked.delete(bytesToBase64url(other))
		return block === undefined ? seen : { ...seen, state: 'blocked', since: block.since }
	})
	const strangers = [...blocked.values()].map((row): Standing => ({
		...{ account: row.blocked, state: 'blocked', since: row.since },
		...{ request: null, accept: null, closing: null },
	}))
	return [...items, ...strangers]
}

async function withPerson({ accounts }: Repositories, item: Standing): Promise<FriendItem> {
	const person = await accounts.byId(item.account)
	const profile = item.request === null ? null : await accounts.profile(item.account)
	return { ...item, name: person?.name ?? '', profile }
}

export function otherOf({ requester, addressee }: FriendshipRow, account: Bytes): Bytes {
	return equalBytes(requester, account) ? addressee : requester
}

function stateFor({ state, requester }: FriendshipRow, account: Bytes): FriendItemState {
	if (state !== 'pending') return state
	return equalBytes(requester, account) ? 'outgoing' : 'incoming'
}
