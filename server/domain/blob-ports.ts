/** Ports of files beside the messages (SPEC BLB): rows that say whose they are, and where their bytes lie. */
import type { Bytes } from '#protocol/bytes.ts'

export interface BlobRow {
	readonly blob: Bytes
	readonly conversation: Bytes
	readonly account: Bytes
	readonly device: Bytes
	/** Of the whole; counts from the first request on. */
	readonly length: number
	/** Bytes that are stored for good; the next ones go on here. */
	readonly received: number
	/** When something came last, ms. */
	readonly usedAt: number
	/** The message that it belongs to, once its author has said so. */
	readonly event: Bytes | null
}

export interface BlobRows {
	byId(blob: Bytes): Promise<BlobRow | null>
	/** Bytes of all blobs of an account, whole or not. */
	usage(account: Bytes): Promise<number>
	/** False, and nothing stored, when the id is taken. */
	insert(row: BlobRow): Promise<boolean>
	/** False, and nothing changed, when it has not come to `from`. */
	advance(blob: Bytes, moved: { readonly from: number; readonly to: number; readonly at: number }): Promise<boolean>
	setEvent(blob: Bytes, event: Bytes): Promise<void>
	delete(blob: Bytes): Promise<void>
	/** Those of these messages; their rows are gone. */
	deleteOf(conversation: Bytes, events: readonly Bytes[]): Promise<Bytes[]>
	/** The same, by where the messages stand: the number of their conversation, and recv. */
	deleteAt(places: readonly { readonly id: number; readonly recv: number }[]): Promise<Bytes[]>
	/** Unfinished and not used since `unfinished`, or whole, of no message, and not used since `unnamed`; their rows are gone. */
	deleteStale(before: { readonly unfinished: number; readonly unnamed: number }): Promise<Bytes[]>
	/** Of all blobs. */
	total(): Promise<{ readonly count: number; readonly bytes: number }>
}

/** The bytes cannot be had or kept just now: nothing was lost, and a later try may do. */
export class BlobFilesUnavailable extends Error {
	override readonly name = 'BlobFilesUnavailable'
	/** A word for the log. */
	readonly code: string
	/** It stays so until somebody changes something. */
	readonly isFinal: boolean

	constructor(code: string, isFinal = false) {
		super(code)
		this.code = code
		this.isFinal = isFinal
	}
}

/** Where the bytes lie: a folder, or a store that speaks S3. Who may have them is not its question. */
export interface BlobFiles {
	/** Durable when it resolves. Writes over what lies there beyond `offset`. */
	write(blob: Bytes, offset: number, bytes: Bytes): Promise<void>
	/** All of it is written: once, before anybody reads. */
	finish(blob: Bytes, length: number): Promise<void>
	/** Exactly `[start, end)`; throws where that is not there. */
	read(blob: Bytes, start: number, end: number): Promise<Bytes>
	/** Nothing is left of it; also where there was nothing. */
	remove(blob: Bytes): Promise<void>
	/** All that lie there, whole or not. */
	list(): AsyncIterable<Bytes>
}
