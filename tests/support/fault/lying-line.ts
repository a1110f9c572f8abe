/**
 * A server that lies: everything between one real client and the real server passes here, and whatever the server says may
 * be left out, changed, or made up. What the client says may be kept from the server.
 */
import { bytesToUtf8, copyBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { decodeFrame, encodeFrame, hubChannel, type Frame } from '#protocol/frames.ts'
import type { HubFromClient, HubFromServer } from '#protocol/hub.ts'
import { decodePageMessage, encodePageMessage, type PageMessage } from '#protocol/page-messages.ts'
import { openNodeSocket } from '#platform/node/node-socket.ts'
import type { Socket } from '#sync/connection.ts'

/** A message of a page, with one recvSeq for each item. */
export interface PageWord {
	readonly guid: string
	readonly message: PageMessage
	readonly recv: readonly number[]
}

export interface Lies {
	/** Instead of what the server says over the hub. */
	readonly hub?: (message: HubFromServer) => readonly HubFromServer[]
	/** Instead of what it says in a page. */
	readonly page?: (word: PageWord) => readonly PageWord[]
	/** Instead of what it answers; `path` without `/api/v1`. */
	readonly http?: (path: string, answer: unknown, asked: URLSearchParams) => unknown
	/** True: what the client says in a page never reaches the server. */
	readonly swallows?: (word: PageWord) => boolean
}

export class LyingLine {
	#lies: Lies = {}
	#inner: Socket | null = null
	#outer: Socket | null = null
	readonly #guids = new Map<number, string>()
	/** What the server really said. */
	readonly said: PageWord[] = []
	readonly hub: HubFromServer[] = []
	/** What the client said over the hub. */
	readonly answered: HubFromClient[] = []

	/** Answers to what the true server knows nothing about, by path without `/api/v1`; null where it is asked. */
	answers: (path: string) => object | null = () => null

	/** From now on. */
	lie(lies: Lies): void {
		this.#lies = lies
	}

	/** No more lies, and the connection breaks, as connections do. */
	truth(): void {
		this.#lies = {}
		this.cut()
	}

	cut(code = 1006): void {
		const [outer, inner] = [this.#outer, this.#inner]
		this.#outer = this.#inner = null
		inner?.close()
		outer?.onclose?.({ code })
	}

	/** Said to the client, whatever the server says. */
	tell(message: HubFromServer): void {
		this.#deliver({ channel: hubChannel, recv: [], payload: utf8ToBytes(JSON.stringify(message)) })
	}

	/** A page of the server's choice, under a number of its choice. */
	opens(guid: string, channel: number): void {
		this.#guids.set(channel, guid)
		this.tell({ t: 'opened', guid, channel })
	}

	page({ guid, message, recv }: PageWord): void {
		this.raw(guid, encodePageMessage(message), recv)
	}

	raw(guid: string, payload: Bytes, recv: readonly number[] = []): void {
		const channel = [...this.#guids].find(([, known]) => known === guid)?.[0]
		if (channel === undefined) throw new Error(`the client has not opened ${guid}`)
		this.#deliver({ channel, recv, payload })
	}

	#deliver(frame: Frame): void {
		this.#outer?.onmessage?.({ data: encodeFrame(frame).slice().buffer })
	}

	readonly openSocket = (url: string, subprotocol: string): Socket => {
		const inner = openNodeSocket(url, subprotocol)
		const outer: Socket = {
			...{ binaryType: 'arraybuffer', onopen: null, onmessage: null, onclose: null, onerror: null },
			send: (bytes) => {
				if (!this.#isSwallowed(copyBytes(bytes))) inner.send(bytes)
			},
			close: (code) => inner.close(code),
		}
		const ifOpen = (run: () => void) => () => void (this.#outer === outer && run())
		inner.binaryType = 'arraybuffer'
		inner.onopen = ifOpen(() => outer.onopen?.())
		inner.onerror = (event) => void (this.#outer === outer && outer.onerror?.(event))
		inner.onclose = ({ code }) => void (this.#outer === outer && outer.onclose?.({ code }))
		inner.onmessage = ({ data }) => void (this.#outer === outer && this.#heard(new Uint8Array(data as ArrayBuffer)))
		this.#inner = inner
		this.#outer = outer
		// Numbers are the connection's: a page may have another one now.
		this.#guids.clear()
		return outer
	}

	#heard(bytes: Bytes): void {
		const decoded = decodeFrame(bytes)
		if (!decoded.ok) throw new Error('the server sent no frame')
		const frame = decoded.value
		if (frame.channel === hubChannel) return this.#heardHub(JSON.parse(bytesToUtf8(frame.payload)) as HubFromServer)
		const word = this.#wordOf(frame)
		if (word === null) return this.#deliver(frame)
		this.said.push(word)
		for (const told of this.#lies.page?.(word) ?? [word]) this.page(told)
	}

	#heardHub(message: HubFromServer): void {
		if (message.t === 'opened' || message.t === 'following') this.#guids.set(message.channel, message.guid)
		this.hub.push(message)
		for (const told of this.#lies.hub?.(message) ?? [message]) this.tell(told)
	}

	#wordOf({ channel, recv, payload }: Frame): PageWord | null {
		const guid = this.#guids.get(channel)
		const message = decodePageMessage(payload)
		return guid === undefined || !message.ok ? null : { guid, message: message.value as PageMessage, recv }
	}

	#isSwallowed(bytes: Bytes): boolean {
		const frame = decodeFrame(bytes)
		if (frame.ok && frame.value.channel === hubChannel)
			this.answered.push(JSON.parse(bytesToUtf8(frame.value.payload)) as HubFromClient)
		const word = frame.ok && frame.value.channel !== hubChannel ? this.#wordOf(frame.value) : null
		return word !== null && this.#lies.swallows?.(word) === true
	}

	readonly fetch: typeof fetch = async (input, init) => {
		const url = new URL(input instanceof Request ? input.url : input)
		const made = this.answers(url.pathname.replace('/api/v1', ''))
		if (made !== null) return Response.json(made)
		const response = await fetch(input, init)
		if (this.#lies.http === undefined || !response.ok) return response
		const told = this.#lies.http(url.pathname.replace('/api/v1', ''), await response.json(), url.searchParams)
		return new Response(JSON.stringify(told), {
			status: response.status,
			headers: { 'content-type': 'application/json' },
		})
	}
}
