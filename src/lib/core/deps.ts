/** What the core needs from the outer ring; platform/browser and platform/node each give their own. */
import type { OpaqueClient, Stretching } from '#crypto/opaque-client.ts'
import type { StorageWrap } from '#crypto/storage-wrap.ts'
import type { Crypto } from '#crypto/suite.ts'
import { STRETCHING } from '#protocol/limits.ts'
import type { Bytes } from '#protocol/bytes.ts'
import type { Clock, Timers } from '#protocol/ports.ts'
import type { Storage } from '#store/storage.ts'
import type { Fetch } from '#sync/http-client.ts'
import type { Socket } from '#sync/connection.ts'
import type { PeerTransport } from '#sync/peers/transport.ts'

/** Numbers of argon2id by their version. A server names a version; the numbers are ours. */
export type Stretchings = ReadonlyMap<number, Stretching>

/** A server that could ask for less would have passwords that it can guess (protocol.md §6). */
export const fixedStretchings: Stretchings = new Map([
	[
		STRETCHING.version,
		{ iterations: STRETCHING.iterations, memory: STRETCHING.memoryKiB, parallelism: STRETCHING.parallelism },
	],
])

/**
 * Where CryptoKeys that no script can read are kept: IndexedDB clones them, the store holds bytes only.
 * Platforms without it keep device keys as wrapped bytes (`keyForm: 'seed'`).
 */
export interface KeyHandles {
	readonly keep: (name: string, handle: CryptoKey) => Promise<void>
	readonly get: (name: string) => Promise<CryptoKey | null>
	readonly clear: () => Promise<void>
}

/**
 * Ciphertext of files: too large for rows, and worth nothing without the keys in them. Names are base64url. One writer, as of
 * the storage. Whatever goes wrong throws.
 */
export interface FileShelf {
	/** 0 where there is nothing. */
	readonly size: (name: string) => Promise<number>
	/** At its end. On the disk when it resolves. */
	readonly append: (name: string, bytes: Bytes) => Promise<void>
	/** At `at`, over what lies there; before it, what was never written is anything. On the disk when it resolves. */
	readonly write: (name: string, at: number, bytes: Bytes) => Promise<void>
	/** Exactly `[start, end)`. */
	readonly read: (name: string, start: number, end: number) => Promise<Bytes>
	/** The same, to be read when it is sent: where the runtime can, it never comes into this process. */
	readonly part: (name: string, start: number, end: number) => Promise<Blob>
	/** Also where there is nothing. */
	readonly remove: (name: string) => Promise<void>
	readonly list: () => Promise<readonly string[]>
}

export interface CoreDeps {
	readonly storage: Storage
	readonly shelf: FileShelf
	/** Values at rest, under the device's storage key. */
	readonly wrap: StorageWrap
	readonly keyHandles: KeyHandles
	readonly crypto: Crypto
	readonly fetch: Fetch
	/** To other devices without the server, loaded when the server is there to tell whom to reach; not given where there is no such way. */
	readonly peerTransport?: () => Promise<PeerTransport>
	readonly openSocket: (url: string, subprotocol: string) => Socket
	/** `https://kith.example`: where links point, and whose server this is. */
	readonly origin: string
	readonly timers: Timers
	/** The device's clock; core corrects it by the server's. */
	readonly clock: Clock
	/** In the browser a worker of its own, loaded when somebody signs in or up. */
	readonly opaque: OpaqueClient
	/** What a server may ask of OPAQUE, by version: never weaker than is fixed. Default: `fixedStretchings`. */
	readonly stretchings?: Stretchings
	/** Events under one epoch key until the next is due. Default: EPOCH_DUE_EVENTS. */
	readonly epochDueEvents?: number
	/** How refresh tokens travel: an HttpOnly cookie in browsers, the body elsewhere. */
	readonly transport: 'cookie' | 'body'
	/** Resolves when the first screen stands: what needs the network waits for it. Not given: nobody looks. */
	readonly firstScreen?: Promise<void>
	/** Tells when there is no point in waiting for a timer: the network came back, somebody looks at the screen again. */
	readonly onWake?: (listener: () => void) => () => void
	/** Unexpected failures: ids and codes only, never content. */
	readonly failed: (where: string, error: unknown) => void
}
