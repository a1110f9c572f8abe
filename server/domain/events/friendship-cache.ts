/** How the two of a direct conversation stand to each other, asked for every message: remembered until a friend list changes. */
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import type { Cluster } from '../cluster-ports.ts'
import type { FriendsApi } from '../domain.ts'

export interface Standing {
	readonly friends: boolean
	/** One of the two has blocked the other. */
	readonly blocked: boolean
}

export interface FriendshipCache {
	/** Friends, and nobody blocked, in every kind but `dm`. */
	standing(state: ConversationState): Promise<Standing>
}

const entriesMax = 50_000
const unbound: Standing = { friends: true, blocked: false }

export function createFriendshipCache(friends: FriendsApi, cluster: Cluster): FriendshipCache {
	let known = new Map<string, Standing>()
	cluster.subscribe('friends-changed', () => {
		known = new Map()
	})

	const ask = async ({ members }: ConversationState): Promise<Standing> => {
		const [one, other] = [...members.values()]
		if (one === undefined || other === undefined) return { friends: false, blocked: false }
		return {
			friends: await friends.areFriends(one.idHash, other.idHash),
			blocked: await friends.areBlocked(one.idHash, other.idHash),
		}
	}

	return {
		standing: async (state) => {
			if (state.kind !== 'dm') return unbound
			const key = bytesToBase64url(state.id)
			const remembered = known.get(key)
			if (remembered !== undefined) return remembered
			// An answer from before a change goes into the map from before it.
			const answers = known
			const answer = await ask(state)
			if (answers.size >= entriesMax) answers.clear()
			answers.set(key, answer)
			return answer
		},
	}
}
