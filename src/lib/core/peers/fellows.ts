/**
 * Members of small groups who are no friends (SPEC PEER14): they reach this device where its person has switched that on for the
 * group, and they have too. The server is told in which groups, and passes on what devices say to each other in those alone.
 */
import { areFellows } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText } from '#protocol/ids.ts'
import { PEER_GROUPS_MAX } from '#protocol/limits.ts'
import type { AccountId, ConversationId } from '../api.ts'
import type { ConversationContext } from '../context.ts'

export interface Fellows {
	/** There our devices may reach each other. */
	readonly meets: (account: AccountId, state: ConversationState) => boolean
	readonly all: () => ReadonlySet<AccountId>
	/** A log, a switch or a friendship is another than before. */
	readonly changed: () => void
	/** A new connection: the server knows of no group. */
	readonly welcomed: () => void
	/** Tells the server in which groups, where it does not know. */
	readonly tell: () => void
}

type FellowsContext = Pick<ConversationContext, 'connection' | 'friends' | 'logs' | 'privacy' | 'self'>

export function createFellows({ connection, friends, logs, privacy, self }: FellowsContext): Fellows {
	const none = JSON.stringify([])
	/** What the server knows, as JSON. */
	let told = none

	let known: ReadonlySet<ConversationId> | null = null

	function found(): ReadonlySet<ConversationId> {
		const small = logs.all().filter((state) => areFellows(state, self.account, self.account))
		const switched = privacy.now().direct ? small.map(({ id }) => idToText(id)).filter(privacy.isDirectIn) : []
		return new Set(switched.slice(0, PEER_GROUPS_MAX))
	}

	const groups = () => (known ??= found())

	const meets = (account: AccountId, state: ConversationState) =>
		account !== self.account &&
		groups().has(idToText(state.id)) &&
		areFellows(state, self.account, account) &&
		friends.stateOf(account) !== 'blocked'

	const metIn = (id: ConversationId): readonly AccountId[] => {
		const state = logs.known(id)
		return state === null ? [] : [...state.members.keys()].filter((account) => meets(account, state))
	}

	return {
		meets,
		all: () => new Set([...groups()].flatMap(metIn)),
		changed: () => void (known = null),
		welcomed: () => void (told = none),
		tell: () => {
			const conversations = [...groups()].toSorted()
			const now = JSON.stringify(conversations)
			if (now === told) return
			told = now
			connection.send({ t: 'fellows', conversations })
		},
	}
}
