/**
 * Who asks to be let in where we are owner or admin: the server's word, asked for when it says that something lies there, and kept
 * for a start without a network.
 */
import { canAdminister, roleOf } from '#protocol/conversation-case.ts'
import { list, struct, text, time8, versioned, type Decoded } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText } from '#protocol/ids.ts'
import type { HttpClient } from '#sync/http-client.ts'
import { under } from '#store/keys.ts'
import type { AccountId, ConversationId } from './api.ts'
import type { Accounts, Self } from './identity.ts'
import type { Records } from './records.ts'

/** More wait at the server. */
const knocksMax = 256
const knock = struct({ account: text(64), at: time8 })
const knocksRow = versioned(1, list(knock, knocksMax))
export type Knock = Decoded<typeof knock>

export interface Knocks {
	readonly restore: () => Promise<void>
	/** As it was told last; the longest waiting first. */
	readonly of: (state: ConversationState) => readonly Knock[]
	/** Asks the server, where there is a door of ours. */
	readonly look: (state: ConversationState) => Promise<void>
}

export interface KnocksDeps {
	readonly records: Records
	readonly http: HttpClient
	readonly self: Self
	readonly accounts: Accounts
	readonly changed: (conversation: ConversationId) => void
}

export function createKnocks({ records, http, self, accounts, changed }: KnocksDeps): Knocks {
	const told = new Map<ConversationId, readonly Knock[]>()
	const isDoor = (state: ConversationState) => state.policy.knock === 'yes' && canAdminister(roleOf(state, self.idHash))

	/** Names come with the log, which whoever may let in is given. */
	async function meet(account: AccountId): Promise<void> {
		if (accounts.known(account) === null) await accounts.load(account)
	}

	return {
		restore: async () => {
			for (const { key, value } of await records.all(knocksRow, 'settings', under('knocks')))
				told.set(key.slice('knocks/'.length), value)
		},
		of: (state) => (isDoor(state) ? (told.get(idToText(state.id)) ?? []) : []),
		look: async (state) => {
			if (!isDoor(state)) return
			const conversation = idToText(state.id)
			const answer = await http.call((api) => api.rooms.knocks({ conversation }))
			if (!answer.ok) return
			const before = told.get(conversation) ?? []
			const now = answer.value.knocks.slice(0, knocksMax).map(({ account, at }) => ({ account, at }))
			if (JSON.stringify(now) === JSON.stringify(before)) return
			for (const { account } of now) await meet(account)
			await records.put(knocksRow, { store: 'settings', key: `knocks/${conversation}` }, now)
			told.set(conversation, now)
			changed(conversation)
		},
	}
}
