/**
 * Kith without a browser: the same core over Node's storage, sockets and crypto. Bots, load generators, scenario tests and
 * demo data are this client.
 */
import type { KithApi } from '#core/api.ts'
import { createCore } from '#core/core.ts'
import type { FileShelf, KeyHandles, Stretchings } from '#core/deps.ts'
import { memoryShelf } from '#core/memory-shelf.ts'
import { createOpaqueClient } from '#crypto/opaque-client.ts'
import { createStorageWrap, importStorageKey, newStorageKey, type StorageWrap } from '#crypto/storage-wrap.ts'
import { createCrypto, type Crypto } from '#crypto/suite.ts'
import type { Clock, RandomBytes, Timers } from '#protocol/ports.ts'
import { openMemoryStorage } from '#store/memory-storage.ts'
import type { Storage } from '#store/storage.ts'
import type { PeerTransport } from '#sync/peers/transport.ts'
import { systemClock, systemRandom, systemTimers } from '../system-ports.ts'
import { openFolderShelf } from './folder-shelf.ts'
import { openNodeSocket } from './node-socket.ts'
import { openNodeStorage } from './node-storage.ts'
import { storageKeyFile } from './storage-key-file.ts'

export interface NodeClientOptions {
	/** `https://kith.example`, without a path. */
	readonly serverUrl: string
	/** Path of a file that lives on (beside it lies `<path>.key`), or memory that ends with the client. */
	readonly storage?: { readonly path: string } | 'memory'
	readonly clock?: Clock
	readonly timers?: Timers
	readonly random?: RandomBytes
	/** For tests against a server with cheap stretching. */
	readonly stretchings?: Stretchings
	/** For tests: events under one epoch key until the next is due. */
	readonly epochDueEvents?: number
	/** Unexpected failures: ids and codes only. Default: a process warning. */
	readonly failed?: (where: string, error: unknown) => void
	readonly openSocket?: typeof openNodeSocket
	readonly fetch?: typeof fetch
	/** To other devices without the server. Default: none. */
	readonly peerTransport?: PeerTransport
}

/** Node cannot keep a CryptoKey: device keys are wrapped bytes (`keyForm: 'seed'`), so nothing is ever kept here. */
const noKeyHandles: KeyHandles = {
	keep: async (name) => {
		throw new Error(`Node keeps no key handles, and ${name} came as one`)
	},
	get: async () => null,
	clear: async () => undefined,
}

function warn(where: string, error: unknown): void {
	process.emitWarning(`${where}: ${error instanceof Error ? error.message : 'failed'}`, 'KithWarning')
}

interface Kept {
	readonly shelf: FileShelf
	readonly storage: Storage
	readonly wrap: StorageWrap
}

async function openKept(crypto: Crypto, where: { readonly path: string } | 'memory'): Promise<Kept> {
	const bytes = where === 'memory' ? newStorageKey(crypto) : await storageKeyFile(crypto, `${where.path}.key`)
	const wrap = createStorageWrap(crypto, await importStorageKey(crypto, bytes))
	const storage = where === 'memory' ? await openMemoryStorage() : await openNodeStorage({ ...where, access: 'lead' })
	const shelf = where === 'memory' ? memoryShelf() : await openFolderShelf(`${where.path}.files`)
	return { storage, wrap, shelf }
}

/** Throws StorageError. `close` of the answer ends the connection and closes the storage, for ever if that is memory. */
export async function createNodeClient(options: NodeClientOptions): Promise<KithApi> {
	const { random = systemRandom, peerTransport } = options
	const crypto = await createCrypto({ random, keyForm: 'seed' })
	const { storage, wrap, shelf } = await openKept(crypto, options.storage ?? 'memory')
	return createCore({
		storage,
		shelf,
		wrap,
		keyHandles: noKeyHandles,
		crypto,
		fetch: options.fetch ?? fetch,
		openSocket: options.openSocket ?? openNodeSocket,
		origin: new URL(options.serverUrl).origin,
		timers: options.timers ?? systemTimers,
		clock: options.clock ?? systemClock,
		opaque: await createOpaqueClient(),
		transport: 'body',
		...(peerTransport === undefined ? {} : { peerTransport: async () => peerTransport }),
		...(options.stretchings === undefined ? {} : { stretchings: options.stretchings }),
		...(options.epochDueEvents === undefined ? {} : { epochDueEvents: options.epochDueEvents }),
		failed: options.failed ?? warn,
	})
}
