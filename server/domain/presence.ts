/**
 * Who may know whether somebody is here (product F4): friends, of those who let themselves be seen; and who does not, sees
 * nobody. Who is connected is the edge's to know (server/sync/account-presence.ts); here is what the database holds.
 */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import type { Access, DomainPorts, FriendsApi } from './domain.ts'
import { withinLimit } from './rate-limits.ts'
import type { Decided } from './refusal.ts'

export interface SeenFriend {
	/** base64url. */
	readonly account: string
	/** ms, to the minute; null: not known. */
	readonly lastSeen: number | null
}

export interface Presence {
	/** Friends who let themselves be seen; nobody, for who does not. `account` is base64url. */
	seenBy(account: string): Promise<readonly SeenFriend[]>
	/** base64url ids of those who may learn about this account. */
	watchersOf(account: string): Promise<readonly string[]>
	lastSeen(account: string): Promise<number | null>
	/** Their last connection has ended, at `at` ms: remembered to the minute, and not at all for who is not seen. */
	left(people: readonly { readonly account: string; readonly at: number }[]): Promise<void>
	isShown(access: Access): Promise<boolean>
	/** Refused: rate-limited. */
	setShown(access: Access, shown: boolean): Promise<Decided<null>>
}

const minute = 60_000

export function createPresence(ports: DomainPorts, friends: FriendsApi): Presence {
	const { accounts } = ports.repositories
	const rowOf = (account: string) => accounts.presence(base64urlToBytes(account) as Bytes)
	const isHidden = async (account: string) => (await rowOf(account))?.hidden !== false

	async function shownFriends(account: string): Promise<SeenFriend[]> {
		if (await isHidden(account)) return []
		const all = await friends.friendsOf(base64urlToBytes(account) as Bytes)
		const rows = await Promise.all(all.map(async (friend) => ({ friend, row: await rowOf(friend) })))
		return rows.flatMap(({ friend, row }) =>
			row?.hidden === false ? [{ account: friend, lastSeen: row.lastSeen }] : [],
		)
	}

	return {
		seenBy: shownFriends,
		watchersOf: async (account) => (await shownFriends(account)).map((friend) => friend.account),
		lastSeen: async (account) => (await rowOf(account))?.lastSeen ?? null,
		left: async (left) => {
			await ports.unitOfWork.transaction(async ({ accounts }) => {
				for (const { account: id, at } of left) {
					const account = base64urlToBytes(id) as Bytes
					const shown = (await accounts.presence(account))?.hidden === false
					if (shown) await accounts.setLastSeen(account, Math.floor(at / minute) * minute)
				}
			})
		},
		isShown: async ({ account }) => !(await isHidden(bytesToBase64url(account))),
		setShown: async ({ account }, shown) => {
			const limited = await withinLimit(ports, 'writeByAccount', account)
			if (!limited.ok) return limited
			await ports.unitOfWork.transaction(async ({ accounts }, afterCommit) => {
				await accounts.setHidden(account, !shown)
				// Nothing of before is told when it is shown again.
				if (!shown) await accounts.setLastSeen(account, null)
				afterCommit(() => ports.cluster.publish('presence-shown', { account: bytesToBase64url(account), shown }))
			})
			return ok(null)
		},
	}
}
