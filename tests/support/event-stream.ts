/** A reader of /api/v1/events as any program would write one: fetch, lines, and the id of what came last. */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { decodeItem, eventHashOf, eventIdOf } from '#protocol/envelope.ts'
import { nodeHash } from './crypto-ports.ts'

export interface StreamEvent {
	readonly type: string
	readonly id: string | null
	readonly data: Readonly<Record<string, unknown>>
}

export interface EventReader {
	readonly status: number
	/** Of a refusal. */
	readonly code: string | null
	readonly headers: Headers
	/** All that came, in order. */
	readonly events: StreamEvent[]
	/** What stands behind the last `id`. */
	lastId(): string | null
	/** Resolves with the first event that fits, also one that came before. */
	next(fits: (event: StreamEvent) => boolean): Promise<StreamEvent>
	/** recv of all items of a conversation, as they came. */
	recvs(conversation: string): number[]
	/** Ids of the events in it, for one author, as they came. */
	eventIds(conversation: string, author: string): string[]
	/** The server has said all that it will. */
	readonly ended: Promise<void>
	cut(): void
}

export interface ReaderWish {
	readonly token?: string
	readonly lastEventId?: string | null
	/** Behind `?`. */
	readonly query?: string
}

export async function readEvents(
	{ port }: { readonly port: number },
	{ token, lastEventId, query }: ReaderWish,
): Promise<EventReader> {
	const cutter = new AbortController()
	const response = await fetch(`http://127.0.0.1:${port}/api/v1/events${query === undefined ? '' : `?${query}`}`, {
		headers: {
			...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
			...(lastEventId === undefined || lastEventId === null ? {} : { 'last-event-id': lastEventId }),
		},
		signal: cutter.signal,
	})
	const events: StreamEvent[] = []
	const waiting = new Set<() => void>()
	const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
	const code = isStream ? null : ((await response.json()) as { code: string }).code
	const take = (event: StreamEvent) => {
		events.push(event)
		for (const look of [...waiting]) look()
	}
	const ended = isStream ? follow(response, take).catch(() => undefined) : Promise.resolve()
	const items = (conversation: string) =>
		events.filter(({ type, data }) => type === 'item' && data['conversation'] === conversation)
	return {
		...{ status: response.status, code, headers: response.headers, events, ended },
		lastId: () => events.findLast(({ id }) => id !== null)?.id ?? null,
		next: (fits) =>
			new Promise((resolve) => {
				const look = () => {
					const found = events.find(fits)
					if (found === undefined) return
					waiting.delete(look)
					resolve(found)
				}
				waiting.add(look)
				look()
			}),
		recvs: (conversation) => items(conversation).map(({ data }) => data['recv'] as number),
		eventIds: (conversation, author) => items(conversation).map(({ data }) => idOf(data, { conversation, author })),
		cut: () => cutter.abort(),
	}
}

async function follow(response: Response, take: (event: StreamEvent) => void): Promise<void> {
	const decoder = new TextDecoder()
	let text = ''
	for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
		text += decoder.decode(chunk, { stream: true })
		const whole = text.split('\n\n')
		text = whole.pop() ?? ''
		for (const block of whole) {
			const fields = new Map(
				block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
			)
			const type = fields.get('event')
			if (type !== undefined)
				take({
					type,
					id: fields.get('id') ?? null,
					data: JSON.parse(fields.get('data') ?? '{}') as StreamEvent['data'],
				})
		}
	}
}

function idOf(data: StreamEvent['data'], { conversation, author }: { conversation: string; author: string }): string {
	const item = decodeItem(base64urlToBytes(data['item'] as string) as Bytes)
	if (!item.ok) throw new Error('an item that does not decode')
	const [conv, idHash] = [conversation, author].map(base64urlToBytes) as [Bytes, Bytes]
	return bytesToBase64url(eventIdOf(eventHashOf(nodeHash, item.value, { convId: conv, idHash })))
}
