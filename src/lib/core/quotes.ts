/**
 * What messages answer: looked up by id, wherever it stands, and opened alone, so that an answer to an old message costs one
 * row and not a page. A message whose page is in memory is quoted as the fold shows it.
 */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { foldEvents, type Message } from '#protocol/fold.ts'
import { idToText } from '#protocol/ids.ts'
import type { ConversationId, EventId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { KnownEvent } from './event-store.ts'
import { messageToQuote, type Quotes } from './message-views.ts'
import { createOpener } from './opener.ts'
import type { OutboxEntry } from './outbox.ts'
import { redacts } from './skeletons.ts'

type Quote = Quotes extends ReadonlyMap<EventId, infer Q> ? Q : never

/** Quotes of messages outside of what is shown that stay known; the oldest go first. */
const keptMax = 500

export interface QuotesHere {
	readonly of: (shown: readonly Message[], waiting: readonly OutboxEntry[]) => Promise<Quotes>
	/** Something was changed or deleted: what it was about may be among what is known. */
	readonly forget: () => void
}

export function createQuotes(conversation: ConversationId, context: ConversationContext): QuotesHere {
	const { events, logs, self, time } = context
	const open = createOpener(conversation, context)
	const kept = new Map<EventId, Quote>()

	const authorOf = ({ row }: KnownEvent) => ({
		author: idToText(row.author),
		mine: equalBytes(row.author, self.idHash),
	})

	/** The redact that its skeleton names, where it is here and acts. */
	async function erasedBy(row: KnownEvent): Promise<KnownEvent | null> {
		const state = logs.known(conversation)
		if (state === null || row.item.form !== 'skeleton' || row.item.why !== 'redacted') return null
		const place = await events.placeOf(conversation, bytesToBase64url(row.item.by))
		const redact = place === null ? null : await events.at(place)
		return redact !== null && redacts(state, redact, row) ? redact : null
	}

	async function lookUp(id: EventId): Promise<Quote | null> {
		const known = kept.get(id)
		if (known !== undefined) return known
		const place = await events.placeOf(conversation, id)
		const row = place === null ? null : await events.at(place)
		if (row === null) return null
		const erased = await erasedBy(row)
		if (erased !== null) return { ...authorOf(row), content: { type: 'deleted', by: idToText(erased.row.author) } }
		const opened = await open([row])
		const [message] = foldEvents(
			opened.map(({ event }) => event),
			time.now(),
		).messages
		if (message === undefined) return null
		const quote = messageToQuote(message, self.idHash)
		// Only a text stays as it is: a key that is missing now may come.
		if (quote.content.type === 'text') kept.set(id, quote)
		const oldest = kept.keys().next()
		if (kept.size > keptMax && oldest.done !== true) kept.delete(oldest.value)
		return quote
	}

	async function of(shown: readonly Message[], waiting: readonly OutboxEntry[]): Promise<Quotes> {
		const answered = [
			...shown.flatMap(({ state }) => (state.type === 'shown' && state.replyTo !== null ? [state.replyTo] : [])),
			...waiting.flatMap(({ row: { content } }) =>
				content.kind === 'post' && content.replyTo !== null ? [content.replyTo] : [],
			),
		]
		const found = new Map<EventId, Quote>()
		if (answered.length === 0) return found
		const here = new Map(shown.flatMap((message) => message.ids.map((id) => [bytesToBase64url(id), message] as const)))
		for (const id of answered.map((one: Bytes) => bytesToBase64url(one))) {
			const message = here.get(id)
			const quote = message === undefined ? await lookUp(id) : messageToQuote(message, self.idHash)
			if (quote !== null) found.set(id, quote)
		}
		return found
	}

	return { of, forget: () => kept.clear() }
}
