/** From the fold to what a screen shows. Pure. */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { isWireErrorCode } from '#protocol/errors.ts'
import type { Message } from '#protocol/fold.ts'
import { deliveryOf } from '#protocol/marks.ts'
import { fileLengthOf } from '#protocol/blob.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import { hlcTime } from '#protocol/hlc.ts'
import { idToText } from '#protocol/ids.ts'
import type { AccountId, EventId, FileView, Mark, MessageView, RefusedChange, ReplyView } from './api.ts'
import { blobName } from './blob-rows.ts'
import type { OutboxEntry } from './outbox.ts'
import type { PostContent } from './outbox-row.ts'

/** A message that waits or failed. */
export type PendingPost = OutboxEntry & { readonly row: { readonly content: PostContent } }

export function isPendingPost(entry: OutboxEntry): entry is PendingPost {
	return entry.row.content.kind === 'post'
}

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
	/** By eventId. */
	readonly refused: ReadonlyMap<EventId, RefusedChange>
	/** Own ones that another device has and no server. */
	readonly direct: ReadonlySet<EventId>
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
		mentions: message.state.type === 'shown' ? message.state.mentions.map(idToText) : [],
		files: message.state.type === 'shown' ? message.state.attachments.map(toFileView) : [],
		reply: replyOf(message, facts.quotes),
		...annotated(message, facts.self),
		refused: message.ids.map((id) => facts.refused.get(bytesToBase64url(id))).find((one) => one !== undefined) ?? null,
		mark: mine ? markOf(message, facts) : null,
		problem: null,
	}
}

function markOf({ recvSeq, eventId }: Message, { others, direct }: MessageFacts): Mark {
	const mark = deliveryOf(recvSeq, others)
	return mark === 'queued' && direct.has(bytesToBase64url(eventId)) ? 'direct' : mark
}

const untouched = { edited: false, forwarded: false, pinned: false, reactions: [], refused: null } as const

function annotated({ state }: Message, self: MessageFacts['self']) {
	if (state.type !== 'shown') return untouched
	return {
		edited: state.versions.length > 1,
		forwarded: state.forwarded,
		pinned: state.pinned,
		reactions: state.reactions.map(({ emoji, by }) => ({
			emoji,
			by: by.map(idToText),
			mine: by.some((account) => equalBytes(account, self.idHash)),
		})),
	}
}

/** Changes that the server did not take, by the eventIds that they are about. */
export function refusedChanges(entries: readonly OutboxEntry[]): MessageFacts['refused'] {
	const refused = new Map<EventId, RefusedChange>()
	for (const { row, sequence } of entries) {
		const { content } = row
		if (row.state !== 'failed' || content.kind === 'post') continue
		const what: RefusedChange['what'] = content.kind === 'redact' ? 'deletion' : content.action.type
		const change = { key: outboxMessageKey(sequence), what, problem: problemOf(row.code) }
		for (const id of content.kind === 'redact' ? content.targets : [content.target])
			refused.set(bytesToBase64url(id), change)
	}
	return refused
}

function problemOf(code: string | null): WireErrorCode | null {
	return code !== null && isWireErrorCode(code) ? code : null
}

function replyOf({ state }: Message, quotes: Quotes): ReplyView | null {
	return state.type === 'shown' && state.replyTo !== null ? toReply(state.replyTo, quotes) : null
}

function toReply(replyTo: Bytes, quotes: Quotes): ReplyView {
	const event = bytesToBase64url(replyTo)
	return { event, quote: quotes.get(event) ?? null }
}

export function toFileView(attachment: Attachment): FileView {
	const { name, mime, picture, sound, length } = attachment
	return { blob: blobName(attachment), name, mime, picture, sound, size: fileLengthOf(length) ?? 0 }
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
			return { type: 'deleted', by: idToText(state.by) }
		case 'expired':
			return { type: 'deleted', by: null }
		case 'unreadable':
			return { type: 'unreadable', why: state.why }
		case 'elsewhere':
			return { type: 'unreadable', why: 'damaged' }
	}
}

/** What waits or failed: not in any page yet. */
export function outboxToView({ row, sequence }: PendingPost, self: AccountId, quotes: Quotes): MessageView {
	const { text, replyTo, mentions } = row.content
	return {
		key: outboxMessageKey(sequence),
		event: null,
		author: self,
		mine: true,
		at: row.writtenAt,
		content: { type: 'text', text },
		mentions: mentions.map(idToText),
		files: row.content.attachments.map(toFileView),
		reply: replyTo === null ? null : toReply(replyTo, quotes),
		...untouched,
		forwarded: row.content.forwarded,
		mark: row.state === 'failed' ? 'failed' : 'queued',
		problem: problemOf(row.code),
	}
}
