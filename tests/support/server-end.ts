/**
 * The server's end of the socket as far as a client can tell: it speaks the real frames and the y-websocket protocol, keeps
 * rows, and gives verdicts. It judges nothing by itself; a test that plays a hostile server says anything through it.
 */
import { base64urlToBytes, bytesToUtf8, copyBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { decodeFrame, encodeFrame, hubChannel } from '#protocol/frames.ts'
import { guidOf } from '#protocol/guid.ts'
import { hubFromClient, type Ack, type HubFromClient, type HubFromServer } from '#protocol/hub.ts'
import { inUpdateOrder, type PageItem } from '#protocol/page-codec.ts'
import { decodePageMessage, encodePageMessage, type AwarenessState, type PageMessage } from '#protocol/page-messages.ts'
import type { Socket } from '#sync/connection.ts'

export interface StoredRow extends PageItem {
	readonly recv: number
	/** base64url. */
	readonly eventId: string
}

type Verdict =
	| { verdict: 'accept' }
	| Pick<Extract<Ack, { verdict: 'hold' }>, 'verdict' | 'code' | 'retryAfter'>
	| Pick<Extract<Ack, { verdict: 'refuse' }>, 'verdict' | 'code'>

export interface ServerEndOptions {
	/** eventId of an item, base64url. */
	readonly eventIdOf?: (item: PageItem) => string
	readonly now?: () => number
	readonly serverKey?: string
}

/** What the client's end of one connection has heard and said. */
class ClientSocket implements Socket {
	binaryType = ''
	onopen: Socket['onopen'] = null
	onmessage: Socket['onmessage'] = null
	onclose: Socket['onclose'] = null
	onerror: Socket['onerror'] = null
	readonly url: string
	readonly subprotocol: string
	isOpen = true
	readonly #end: (socket: ClientSocket, bytes: Bytes) => void

	constructor(url: string, subprotocol: string, end: (socket: ClientSocket, bytes: Bytes) => void) {
		this.url = url
		this.subprotocol = subprotocol
		this.#end = end
		queueMicrotask(() => this.onopen?.())
	}

	send(bytes: Bytes): void {
		if (this.isOpen) queueMicrotask(() => this.isOpen && this.#end(this, copyBytes(bytes)))
	}

	close(): void {
		this.isOpen = false
	}

	hear(data: unknown): void {
		queueMicrotask(() => this.isOpen && this.onmessage?.({ data }))
	}

	drop(code: number): void {
		if (!this.isOpen) return
		this.isOpen = false
		queueMicrotask(() => this.onclose?.({ code }))
	}
}

const nonce = 'A'.repeat(43)

export class ServerEnd {
	/** Every connection ever opened, the newest last. */
	readonly sockets: ClientSocket[] = []
	/** What clients said over the hub, and over pages. */
	readonly hub: HubFromClient[] = []
	readonly uploads: { readonly guid: string; readonly items: readonly PageItem[] }[] = []
	readonly awareness: AwarenessState[] = []
	/** Pages of which a client asked what it lacks. */
	readonly synced: string[] = []
	/** Null: nothing is taken from the socket (a dead line), and nobody notices. */
	reachable = true
	/** Whether hello and auth are answered. */
	welcomes = true
	/** Acks are sent; else the client never hears what became of its items. */
	acks = true
	current = 0
	verdict: (item: PageItem, guid: string) => Verdict = () => ({ verdict: 'accept' })
	readonly #options: ServerEndOptions
	readonly #rows = new Map<string, StoredRow[]>()
	readonly #channels = new Map<string, number>()
	#recv = 0

	constructor(options: ServerEndOptions = {}) {
		this.#options = options
	}

	readonly openSocket = (url: string, subprotocol: string): Socket => {
		const socket = new ClientSocket(
			url,
			subprotocol,
			(from, bytes) => this.reachable && from === this.socket && this.#receive(bytes),
		)
		this.sockets.push(socket)
		return socket
	}

	get socket(): ClientSocket {
		return this.sockets.at(-1) as ClientSocket
	}

	/** Rows of a page, as they were stored. */
	rows(guid: string): readonly StoredRow[] {
		return this.#rows.get(guid) ?? []
	}

	channelOf(guid: string): number {
		const number = this.#channels.get(guid) ?? this.#channels.size + 1
		this.#channels.set(guid, number)
		return number
	}

	/** Stores without telling anybody: what happened while the client was away. */
	put(guid: string, ...items: readonly PageItem[]): StoredRow[] {
		const rows = items.map((item) => ({ ...item, recv: ++this.#recv, eventId: this.#options.eventIdOf?.(item) ?? '' }))
		this.#rows.set(guid, [...this.rows(guid), ...rows])
		return rows
	}

	/** The server loses what it has: a restored backup. */
	forget(guid: string): void {
		this.#rows.delete(guid)
	}

	/** Somebody else's items: stored, and told to whoever hears the page. */
	publish(guid: string, ...items: readonly PageItem[]): void {
		this.send(guid, { type: 'update', items: this.put(guid, ...items) })
	}

	tell(message: HubFromServer): void {
		this.#frame(hubChannel, [], utf8ToBytes(JSON.stringify(message)))
	}

	/** A page message on its channel; recvSeqs are those of stored rows unless given. */
	send(guid: string, message: PageMessage, recv?: readonly number[]): void {
		const items = 'items' in message ? inUpdateOrder(message.items as readonly StoredRow[]) : []
		this.raw(guid, encodePageMessage(message), recv ?? items.map((item) => item.recv ?? 0))
	}

	raw(guid: string, payload: Bytes, recv: readonly number[] = []): void {
		this.#frame(this.channelOf(guid), recv, payload)
	}

	drop(code = 1006): void {
		this.socket.drop(code)
	}

	turnPage(conversation: Bytes): void {
		this.current++
		this.#tellFollowing(conversation)
	}

	#frame(channel: number, recv: readonly number[], payload: Bytes): void {
		this.socket.hear(encodeFrame({ channel, recv, payload }).buffer)
	}

	#receive(bytes: Bytes): void {
		const frame = decodeFrame(bytes)
		if (!frame.ok) throw new Error('the client sent no frame')
		const { channel, payload } = frame.value
		if (channel === hubChannel) {
			const said = hubFromClient(JSON.parse(bytesToUtf8(payload)))
			if (said === undefined) throw new Error('the client sent no message of the hub')
			return this.#heard(said)
		}
		const guid = [...this.#channels].find(([, number]) => number === channel)?.[0] ?? ''
		const message = decodePageMessage(payload)
		if (!message.ok) throw new Error(`the client sent no page message: ${message.error.reason}`)
		this.#page(guid, message.value as PageMessage)
	}

	#heard(message: HubFromClient): void {
		this.hub.push(message)
		const time = this.#options.now?.() ?? 0
		if (message.t === 'hello' && this.welcomes) {
			this.tell({
				t: 'challenge',
				serverNonce: nonce,
				serverKey: this.#options.serverKey ?? nonce,
				instanceEpoch: 'A'.repeat(22),
				time,
			})
		} else if (message.t === 'auth' && this.welcomes) {
			this.tell({ t: 'welcome', time })
		} else if (message.t === 'open') {
			this.tell({ t: 'opened', guid: message.guid, channel: this.channelOf(message.guid) })
			this.#greet(message.guid)
		} else if (message.t === 'follow') {
			this.#tellFollowing(base64urlToBytes(message.conversation) as Bytes)
		} else if (message.t === 'stream') {
			this.#stream(message)
		}
	}

	#tellFollowing(conversation: Bytes): void {
		const guid = guidOf({ conversation, page: this.current, part: 0 })
		this.tell({
			t: 'following',
			conversation: guid.slice(2, 24),
			current: this.current,
			guid,
			channel: this.channelOf(guid),
		})
		this.#greet(guid)
	}

	#greet(guid: string): void {
		const vector = new Map<number, number>()
		for (const { clientId, clock } of this.rows(guid))
			vector.set(clientId, Math.max(vector.get(clientId) ?? 0, clock + 1))
		this.send(guid, { type: 'step1', vector })
	}

	#stream({ guid, clientId }: { guid: string; clientId: number }): void {
		const last = this.rows(guid)
			.filter((row) => row.clientId === clientId)
			.at(-1)
		this.tell({
			t: 'stream',
			guid,
			clientId,
			next: last === undefined ? 0 : last.clock + 1,
			lastEventId: last?.eventId ?? null,
		})
	}

	#page(guid: string, message: PageMessage): void {
		switch (message.type) {
			case 'step1': {
				this.synced.push(guid)
				const items = this.rows(guid).filter(({ clientId, clock }) => clock >= (message.vector.get(clientId) ?? 0))
				return this.send(guid, { type: 'step2', items })
			}
			case 'step2':
			case 'update':
				if (message.items.length === 0) return
				this.uploads.push({ guid, items: message.items })
				return this.#acks(message.items.map((item) => this.#admit(guid, item)))
			case 'awareness':
				this.awareness.push(...message.states)
				return
			case 'auth':
			case 'query-awareness':
				return
		}
	}

	#acks(acks: Ack[]): void {
		if (this.acks) this.tell({ t: 'acks', acks })
	}

	#admit(guid: string, item: PageItem): Ack {
		const at = { guid, clientId: item.clientId, clock: item.clock }
		const eventId = this.#options.eventIdOf?.(item) ?? ''
		const stream = this.rows(guid).filter(({ clientId }) => clientId === item.clientId)
		const stored = stream.find(({ clock }) => clock === item.clock)
		if (stored !== undefined) {
			if (stored.eventId !== eventId) return { verdict: 'refuse', ...at, code: 'item-wrong-clock' }
			return { verdict: 'have', ...at, eventId, recv: stored.recv, at: 0 }
		}
		if (item.clock > stream.length) return { verdict: 'hold', ...at, code: 'hold-gap', retryAfter: 5_000 }
		const verdict = this.verdict(item, guid)
		if (verdict.verdict !== 'accept') return { ...verdict, ...at }
		const [row] = this.put(guid, item) as [StoredRow]
		return { verdict: 'accept', ...at, eventId, recv: row.recv, at: 0 }
	}
}
