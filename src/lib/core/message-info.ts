/** Everything that is known of one message: when it was sent, whom it reached, what it said before. Pure. */
import { equalBytes } from '#protocol/bytes.ts'
import type { Message } from '#protocol/fold.ts'
import { hlcTime } from '#protocol/hlc.ts'
import { idToText } from '#protocol/ids.ts'
import type { AccountId, MessageInfoView } from './api.ts'
import type { Marks } from './marks.ts'

export interface InfoFacts {
	readonly self: { readonly account: AccountId; readonly idHash: Uint8Array }
	/** Members now. */
	readonly members: readonly AccountId[]
	readonly when: Marks['when']
	/** We show others how far we read, and so see how far they did. */
	readonly receipts: boolean
}

export function toMessageInfo(message: Message, { self, members, when, receipts }: InfoFacts): MessageInfoView {
	const author = idToText(message.author)
	const { recvSeq, state } = message
	const reached = (account: AccountId) => ({
		account,
		delivered: recvSeq === null ? null : when('delivered', account, recvSeq),
		read: recvSeq === null ? null : when('read', account, recvSeq),
	})
	return {
		author,
		mine: equalBytes(message.author, self.idHash),
		writtenAt: state.type === 'shown' ? state.writtenAt : hlcTime(message.hlc),
		sentAt: recvSeq === null ? null : hlcTime(message.hlc),
		versions: state.type === 'shown' ? state.versions.map(({ text, writtenAt }) => ({ text, at: writtenAt })) : [],
		reactions:
			state.type === 'shown'
				? state.reactions.map(({ emoji, by }) => ({ emoji, by: by.map((one) => idToText(one)) }))
				: [],
		reached: members.filter((account) => account !== author && account !== self.account).map(reached),
		receipts,
	}
}
