/**
 * How the two of a direct conversation stand to each other, asked for every message: remembered until a friend list changes. And
 * whether the operator of a notice still is one: notices are few, and the database is asked each time.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { operatorOf } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import type { Hash } from '#protocol/ports.ts'
import { isAdministrator } from '../administration-rules.ts'
import type { Cluster } from '../cluster-ports.ts'
import type { FriendsApi } from '../domain.ts'
import type { Accounts } from '../ports.ts'

export interface Standing {
	readonly friends: boolean
	/** One of the two has blocked the other. */
	readonly blocked: boolean
	/** The operator of a notice who is no administrator now: he takes back what he wrote, and writes nothing. */
	readonly retired: Bytes | null
}

export interface FriendshipCache {
	/** Friends, and nobody blocked, in every kind but `dm`: a block stops no notice (SPEC CNV37). */
	standing(state: ConversationState): Promise<Standing>
}

const entriesMax = 50_000
const unbound: Standing = { friends: true, blocked: false, retired: null }

export interface StandingPorts {
	readonly friends: FriendsApi
	readonly cluster: Cluster
	readonly accounts: Pick<Accounts, 'byId'>
	readonly hash: Hash
}

export function createFriendshipCache({ friends, cluster, accounts, hash }: StandingPorts): FriendshipCache {
	let known = new Map<string, Standing>()
	const forget = () => {
		known = new Map()
	}
	cluster.subscribe('friends-changed', forget)
	cluster.subscribe('stale', ({ of }) => {
		if (of === 'friends' || of === 'everything') forget()
	})

	const ask = async ({ members }: ConversationState): Promise<Standing> => {
		const [one, other] = [...members.values()]
		if (one === undefined || other === undefined) return { friends: false, blocked: false, retired: null }
		return {
			friends: await friends.areFriends(one.idHash, other.idHash),
			blocked: await friends.areBlocked(one.idHash, other.idHash),
			retired: null,
		}
	}

	const ofNotice = async (state: ConversationState): Promise<Standing> => {
		const operator = operatorOf(hash, state)
		const person = operator === null ? null : await accounts.byId(operator)
		return { ...unbound, retired: isAdministrator(person) ? null : operator }
	}

	return {
		standing: async (state) => {
			if (state.kind === 'notice') return ofNotice(state)
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
