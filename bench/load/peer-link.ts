/** A client of a peer's server in one document: y-websocket's protocol, and Hocuspocus's, which names the document first. */
import { WebSocket } from 'ws'
import { randomBytes } from 'node:crypto'
import { encodePageMessage } from '../../src/lib/protocol/page-messages.ts'
import { VarWriter } from '../../src/lib/protocol/varuint.ts'
import type { SystemName } from '../systems/system.ts'
import { writeMarker } from './marker.ts'
import type { Spot } from './plan.ts'

export type PeerName = Exclude<SystemName, 'kith'>

const hocuspocusAuth = 2
const hocuspocusToken = 0

export class PeerLink {
	readonly #socket: WebSocket
	readonly #prefix: Uint8Array
	readonly #peer: PeerName
	readonly #document: string
	onFrame: (frame: Buffer) => void = () => {}
	onClose: (code: number) => void = () => {}

	constructor(peer: PeerName, port: number, document: string) {
		this.#peer = peer
		this.#document = document
		this.#prefix = peer === 'hocuspocus' ? addressed(document).finish() : new Uint8Array(0)
		const path = peer === 'hocuspocus' ? '' : document
		this.#socket = new WebSocket(`ws://127.0.0.1:${port}/${path}`, { perMessageDeflate: false })
		this.#socket.on('message', (data: Buffer) => this.onFrame(data))
		this.#socket.on('close', (code) => this.onClose(code))
		this.#socket.on('error', () => {})
	}

	/** Connected, and the server has answered a state vector: from here on it sends what others write. */
	async enter(): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			this.#socket.once('open', resolve)
			this.#socket.once('error', reject)
		})
		const synced = new Promise<void>((resolve, reject) => {
			this.onFrame = (frame) => {
				if (isStep2(frame.subarray(this.#prefix.length))) resolve()
			}
			this.onClose = (code) => reject(new Error(`closed with ${code}`))
		})
		if (this.#peer === 'hocuspocus') this.#socket.send(authOf(this.#document))
		this.#send(encodePageMessage({ type: 'step1', vector: new Map() }))
		await synced
		this.onFrame = () => {}
		this.onClose = () => {}
	}

	#send(message: Uint8Array): void {
		this.#socket.send(this.#prefix.length === 0 ? message : Buffer.concat([this.#prefix, message]))
	}

	send(update: Uint8Array): void {
		this.#send(update)
	}
}

function addressed(document: string): VarWriter {
	const writer = new VarWriter()
	writer.text(document)
	return writer
}

function authOf(document: string): Uint8Array {
	const writer = addressed(document)
	writer.uint(hocuspocusAuth)
	writer.uint(hocuspocusToken)
	writer.text('anybody')
	return writer.finish()
}

/** sync 0, step2 1. */
function isStep2(message: Uint8Array): boolean {
	return message[0] === 0 && message[1] === 1
}

export interface PeerDraft {
	readonly conversation: number
	readonly n: number
	readonly spot: Spot
	readonly itemBytes: number
}

/** A Y.Map entry under a fresh key, as ours are: the same number of bytes, which nobody checks. */
export function updateMessage({ conversation, n, spot, itemBytes }: PeerDraft): Uint8Array {
	const content = new Uint8Array(randomBytes(itemBytes))
	writeMarker(content.subarray(itemBytes >> 1), conversation, n)
	const clientId = 1_000_000 + spot.sender
	return encodePageMessage({ type: 'update', items: [{ clientId, clock: spot.clock, content }] })
}
