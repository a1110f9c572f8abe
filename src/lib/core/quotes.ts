/**
 * What messages answer: looked up by id, wherever it stands, and opened alone, so that an answer to an old message costs one
 * row and not a page. A message whose page is in memory is quoted as the fold shows it.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { foldEvents, type Message } from '#protocol/fold.ts'
import type { ConversationId, EventId } from './api.ts'
import type { ConversationContext } from './context.ts'
import { messageToQuote, type Quotes } from './message-views.ts'
import { createOpener } from './opener.ts'
import type { OutboxEntry } from './outbox.ts'

type Quote = Quotes extends ReadonlyMap<EventId, infer Q> ? Q : never

/** Quotes of messages outside of what is shown that stay known; the oldest go first. */
const keptMax = 500

export function createQuotes(
	conversation: ConversationId,
	context: ConversationContext,
): (shown: readonly Message[], waiting: readonly OutboxEntry[]) => Promise<Quotes> {
	const { events, self, time } = context
	const open = createOpener(conversation, context)
	const kept = new Map<EventId, Quote>()

	async function lookUp(id: EventId): Promise<Quote | null> {
		const known = kept.get(id)
		if (known !== undefined) return known
		const place = await events.placeOf(conversation, id)
		const row = place === null ? null : await events.at(place)
		if (row === null) return null
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

	return async (shown, waiting) => {
		const answered = [
			...shown.flatMap(({ state }) => (state.type === 'shown' && state.replyTo !== null ? [state.replyTo] : [])),
			...waiting.flatMap(({ row }) => (row.replyTo === null ? [] : [row.replyTo])),
		]
		const quotes = new Map<EventId, Quote>()
		if (answered.length === 0) return quotes
		const here = new Map(shown.flatMap((message) => message.ids.map((id) => [bytesToBase64url(id), message] as const)))
		for (const id of answered.map((one: Bytes) => bytesToBase64url(one))) {
			const message = here.get(id)
			const quote = message === undefined ? await lookUp(id) : messageToQuote(message, self.idHash)
			if (quote !== null) quotes.set(id, quote)
		}
		return quotes
	}
}
