/** Conversations that are made for two, or for oneself, when they are first needed. */
import { createDirect, createNotes, createNotice, type CreatedConversation } from '#crypto/conversation-builder.ts'
import { idToText } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { AccountId, ConversationId, KithError } from './api.ts'
import { targetOf } from './box-targets.ts'
import type { ConversationContext } from './context.ts'
import { offerNew } from './entry-writer.ts'
import { toKithError } from './http-errors.ts'

type Made = Promise<Result<ConversationId, KithError>>

export interface ConversationMaker {
	readonly direct: (account: AccountId) => Made
	readonly notice: (account: AccountId) => Made
	readonly notes: () => Made
}

export function createConversationMaker(context: ConversationContext): ConversationMaker {
	const { crypto, logs, self, time } = context

	const ownAuthor = () => ({ idHash: self.idHash, device: self.keys, now: time.now() })

	/** `make`: of whom it is made, ourselves first. */
	async function create(account: AccountId, make: typeof createDirect): Made {
		const mine = await targetOf(context, self.account, true)
		if (!mine.ok) return mine
		const theirs = await targetOf(context, account, true)
		if (!theirs.ok) return theirs
		return offer(await make(crypto, ownAuthor(), [mine.value, theirs.value]))
	}

	async function offer(made: CreatedConversation): Made {
		const id = idToText(made.conversation)
		const answer = await offerNew(context, made)
		// Whoever was first made it: the key comes back with the log, in a box to our own account.
		const lostRace = !answer.ok && answer.error.type === 'problem' && answer.error.code === 'conversation-exists'
		if (!answer.ok && !lostRace) return fail(toKithError(answer.error))
		const synced = await logs.sync(id)
		return synced.ok ? ok(id) : synced
	}

	return {
		direct: (account) => create(account, createDirect),
		notice: (account) => create(account, createNotice),
		notes: async () => {
			const mine = await targetOf(context, self.account, true)
			return mine.ok ? offer(await createNotes(crypto, ownAuthor(), mine.value)) : mine
		},
	}
}
