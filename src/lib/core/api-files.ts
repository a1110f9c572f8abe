/** Files of messages: what goes with one, what is shown of one, and how far those came that move. */
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Result } from '#protocol/result.ts'
import type { ConversationId, KithError } from './api-basics.ts'

/** What a browser's Blob and File are, and what Node opens from disk: read piece by piece. */
export interface FileSource {
	readonly size: number
	slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> }
}

export interface PictureFacts {
	/** Pixels. */
	readonly width: number
	readonly height: number
	/** May be empty. */
	readonly thumbhash: Uint8Array<ArrayBuffer>
}

export interface SoundFacts {
	readonly durationMs: number
	/** One byte for each bar; may be empty. */
	readonly waveform: Uint8Array<ArrayBuffer>
}

export interface FileFacts {
	readonly name: string
	readonly mime: string
	readonly picture: PictureFacts | null
	readonly sound: SoundFacts | null
}

export interface NewFile extends FileFacts {
	readonly file: FileSource
}

/** A file of a message. */
export interface FileView extends FileFacts {
	/** Names it in commands, and in transfers. */
	readonly blob: string
	/** Bytes of the file. */
	readonly size: number
}

/** no-answer: the request came to nothing. */
export type TransferTrouble = WireErrorCode | 'no-answer'

/** A file that moves now, or would. */
export interface TransferView {
	readonly blob: string
	readonly direction: 'up' | 'down'
	/** Bytes as they travel. */
	readonly done: number
	readonly total: number
	/** Why it stands still; it is tried again by itself, and at once by `retry` of its message. Null while it moves. */
	readonly stalled: TransferTrouble | null
}

/** Bytes of files that are sealed for a message before it is written. */
export interface PreparingView {
	readonly done: number
	readonly total: number
}

export interface FilePiece {
	/** Browsers keep Blobs outside of the memory of a page. */
	readonly piece: Blob
	/** It is the last. */
	readonly final: boolean
}

export interface FileCommands {
	/** Ends what is sealed for messages of this conversation: `post` is refused as interrupted, and nothing of it stays. */
	stopPreparing(input: { conversation: ConversationId }): Promise<Result<null, KithError>>
	/**
	 * All of it on this device, from the server where it is not: resolves when it is. Refused: not-here, offline, interrupted,
	 * damaged-file, and what the server says.
	 */
	fetchFile(input: { conversation: ConversationId; blob: string }): Promise<Result<null, KithError>>
	/** Stops a download; what came so far stays, and the next `fetchFile` goes on with it. */
	stopFile(input: { blob: string }): Promise<Result<null, KithError>>
	/** After `fetchFile`: the file in pieces, from 0 on, until `final`. */
	readFile(input: { conversation: ConversationId; blob: string; index: number }): Promise<Result<FilePiece, KithError>>
}
