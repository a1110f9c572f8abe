/**
 * One open page: a Y.Doc as the sync adapter, a stock `WebsocketProvider`, and the gate in front of it.
 * The rows in the store are the truth; the Y.Doc is filled from them, forgotten with them, and never written by
 * its API (SPEC EV): own items come as bytes of our codec with the origin 'outbox'.
 */
import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { Frame } from '#protocol/frames.ts'
import { encodeUpdate, type PageItem } from '#protocol/page-codec.ts'
import { decodePageMessage, encodePageMessage } from '#protocol/page-messages.ts'
import type { Timers } from '#protocol/ports.ts'
import type { Channels } from './channels.ts'
import { pageSocketClass } from './page-socket.ts'

export interface ReceivedItem {
	readonly item: PageItem
	/** recvSeq of the server's row, 0 where the frame carried none. */
	readonly recv: number
}

export interface PageHandler {
	/** The rows of this page that the store holds. */
	readonly load: () => Promise<readonly PageItem[]>
	/**
	 * Judges and stores; resolves, after the commit, to the items that may enter the Y.Doc. When it rejects, the page
	 * syncs anew.
	 */
	readonly check: (received: readonly ReceivedItem[]) => Promise<readonly PageItem[]>
	/** Everything that the server had when the page opened is stored. */
	readonly synced: () => void
	/** Sealed awareness values by awareness clientID; own one left out. */
	readonly awareness: (values: ReadonlyMap<number, Bytes>) => void
}

export interface PageSession {
	readonly guid: string
	/** Random, for awareness only: it changes at every opening and names nobody (trap 1). */
	readonly awarenessId: number
	/** Own items: into the Y.Doc, and out as soon as there is a connection. */
	readonly place: (items: readonly PageItem[]) => void
	/** After a hold: offers the same items again. */
	readonly offer: (items: readonly PageItem[]) => void
	/** After a refusal or a repair: the Y.Doc is made anew from these rows. */
	readonly rebuild: (items: readonly PageItem[]) => void
	readonly setAwareness: (sealed: Bytes | null) => void
	readonly close: () => void
}

export interface PageDeps {
	readonly channels: Channels
	readonly timers: Timers
}

function sealedStates(provider: WebsocketProvider): Map<number, Bytes> {
	const values = new Map<number, Bytes>()
	for (const [id, state] of provider.awareness.getStates()) {
		const sealed = id === provider.awareness.clientID ? null : (state as { v?: unknown }).v
		const bytes = typeof sealed === 'string' ? base64urlToBytes(sealed) : null
		if (bytes !== null) values.set(id, bytes)
	}
	return values
}

async function gate(frame: Frame, handler: PageHandler): Promise<readonly Bytes[]> {
	const decoded = decodePageMessage(frame.payload)
	if (!decoded.ok) return []
	const message = decoded.value
	if (message.type !== 'step2' && message.type !== 'update')
		return message.type === 'auth' ? [] : [encodePageMessage(message)]
	const received = message.items.map((item, index) => ({ item, recv: frame.recv[index] ?? 0 }))
	const accepted = received.length === 0 ? [] : await handler.check(received)
	return [encodePageMessage({ type: message.type, items: accepted })]
}

export async function openPage(deps: PageDeps, guid: string, handler: PageHandler): Promise<PageSession> {
	let live = connect(deps, guid, { handler, items: await handler.load() })

	return {
		guid,
		get awarenessId() {
			return live.provider.awareness.clientID
		},
		place: (items) => Y.applyUpdate(live.doc, encodeUpdate(items), 'outbox'),
		offer: (items) => void deps.channels.send(guid, encodePageMessage({ type: 'update', items })),
		rebuild: (items) => {
			live.destroy()
			live = connect(deps, guid, { handler, items })
		},
		setAwareness: (sealed) =>
			live.provider.awareness.setLocalState(sealed === null ? null : { v: bytesToBase64url(sealed) }),
		close: () => live.destroy(),
	}
}

interface LivePage {
	readonly doc: Y.Doc
	readonly provider: WebsocketProvider
	readonly destroy: () => void
}

function connect(deps: PageDeps, guid: string, page: { handler: PageHandler; items: readonly PageItem[] }): LivePage {
	const { handler, items } = page
	const doc = new Y.Doc({ guid })
	if (items.length > 0) Y.applyUpdate(doc, encodeUpdate(items), 'store')
	const WebSocketPolyfill = pageSocketClass({ ...deps, guid, gate: (frame) => gate(frame, handler) })
	// It has the instance side of a WebSocket that the provider uses, not the static side that the type asks for.
	const provider = new WebsocketProvider('mux:', guid, doc, {
		WebSocketPolyfill: WebSocketPolyfill as never,
		disableBc: true,
		connect: false,
	})
	provider.awareness.setLocalState(null)
	provider.on('sync', (synced: boolean) => {
		if (synced) handler.synced()
	})
	provider.awareness.on('change', () => handler.awareness(sealedStates(provider)))
	provider.connect()
	const destroy = () => {
		provider.destroy()
		doc.destroy()
	}
	return { doc, provider, destroy }
}
