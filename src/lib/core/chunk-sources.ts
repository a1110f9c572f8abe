/** Devices that may have some of a file, as whoever fetches it sees them. */
import type { Bytes } from '#protocol/bytes.ts'
import type { ChunkSet } from '#protocol/chunk-set.ts'
import type { ConversationId, DeviceId } from './api.ts'

export interface WantedBlob {
	readonly conversation: ConversationId
	readonly blobId: Bytes
	/** Chunks, and the bytes of each as it is sealed. */
	readonly count: number
	readonly lengthOf: (index: number) => number
}

export interface SaidOfBlob {
	readonly chunks: ChunkSet
	/** More of it may come to that device. */
	readonly fetching: boolean
}

export interface ChunkSource {
	readonly device: DeviceId
	/** Null: it has not answered yet. */
	readonly said: () => SaidOfBlob | null
	/** So many chunks more may be asked for now. */
	readonly room: () => number
	/** As it is sealed, or so that device says; null where it does not come. */
	readonly fetch: (index: number) => Promise<Bytes | null>
	/** It gave what no honest device has. */
	readonly bar: () => void
}

export interface BlobSources {
	readonly now: () => readonly ChunkSource[]
	/** It is not wanted any more. */
	readonly leave: () => void
}

export const noSources: BlobSources = { now: () => [], leave: () => undefined }

/** What of a file is here for others. */
export interface Holding {
	/** Bytes of the blob. */
	readonly length: number
	/** Null: all of them. */
	readonly chunks: Bytes | null
	readonly fetching: boolean
	/** Ciphertext; null where it is not here any more. */
	readonly read: (start: number, end: number) => Promise<Bytes | null>
}
