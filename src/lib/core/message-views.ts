/** From the fold to what a screen shows. Pure. */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { isWireErrorCode } from '#protocol/errors.ts'
import type { Message } from '#protocol/fold.ts'
import { deliveryOf } from '#protocol/marks.ts'
import { hlcTime } from '#protocol/hlc.ts'
import { idToText } from '#protocol/ids.ts'
import type { AccountId, EventId, MessageView, ReplyView } from './api.ts'
import type { OutboxEntry } from './outbox.ts'

/** Without an entry: it is not on this device. */
export type Quotes = ReadonlyMap<EventId, NonNullable<ReplyView['quote']>>

/** Characters of a quoted text: one line of it is shown. */
const quoteLength = 200

export interface MessageFacts {
	readonly self: { readonly account: AccountId; readonly idHash: Uint8Array }
	/** How far every other member has come. */
	readonly others: readonly { readonly read: number; readonly delivered: number }[]
	/** Outbox numbers of own messages, by eventId. */
	readonly sequences: ReadonlyMap<string, number>
	/** What messages answer, by eventId. */
	readonly quotes: Quotes
}

/** Stable from queued to read. */
export function outboxMessageKey(sequence: number): string {
	return `own-${sequence}`
}

export function outboxSequence(key: string): number | null {
	const match = /^own-([0-9]+)$/.exec(key)
	return match === null ? null : Number(match[1])
}

export function messageToView(message: Message, facts: MessageFacts): MessageView {
	const mine = equalBytes(message.author, facts.self.idHash)
	const event = bytesToBase64url(message.eventId)
	// Sealed again after a refusal it has several ids, and the key belongs to any of them.
	const sequence = message.ids
		.map((id) => facts.sequences.get(bytesToBase64url(id)))
		.find((found) => found !== undefined)
	return {
		key: sequence === undefined ? event : outboxMessageKey(sequence),
		event,
		author: idToText(message.author),
		mine,
		at: message.state.type === 'shown' ? message.state.writtenAt : hlcTime(message.hlc),
		content: contentOf(message),
		reply: replyOf(message, facts.quotes),
		mark: mine ? deliveryOf(message.recvSeq, facts.others) : null,
		problem: null,
	}
}

function replyOf({ state }: Message, quotes: Quotes): ReplyView | null {
	return state.type === 'shown' && state.replyTo !== null ? toReply(state.replyTo, quotes) : null
}

function toReply(replyTo: Bytes, quotes: Quotes): ReplyView {
	const event = bytesToBase64url(replyTo)
	return { event, quote: quotes.get(event) ?? null }
}

/** A message as others quote it. */
export function messageToQuote(message: Message, self: Uint8Array): NonNullable<ReplyView['quote']> {
	const content = contentOf(message)
	return {
		author: idToText(message.author),
		mine: equalBytes(message.author, self),
		content: content.type === 'text' ? { type: 'text', text: content.text.slice(0, quoteLength) } : content,
	}
}

function contentOf({ state }: Message): MessageView['content'] {
	switch (state.type) {
		case 'shown':
			return { type: 'text', text: state.text }
		case 'redacted':
		case 'expired':
			return { type: 'deleted' }
		case 'unreadable':
			return { type: 'unreadable', why: state.why }
		case 'elsewhere':
			return { type: 'unreadable', why: 'damaged' }
	}
}

/** What waits or failed: not in any page yet. */
export function outboxToView({ row, sequence }: OutboxEntry, self: AccountId, quotes: Quotes): MessageView {
	const problem: WireErrorCode | null = row.code !== null && isWireErrorCode(row.code) ? row.code : null
	return {
		key: outboxMessageKey(sequence),
		event: null,
		author: self,
		mine: true,
		at: row.writtenAt,
		content: { type: 'text', text: row.text },
		reply: row.replyTo === null ? null : toReply(row.replyTo, quotes),
		mark: row.state === 'failed' ? 'failed' : 'queued',
		problem,
	}
}
