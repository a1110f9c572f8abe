/** Assembles the core in a worker: storage, keys, crypto, network, OPAQUE. */
import type { KithApi } from '#core/api.ts'
import { createCore } from '#core/core.ts'
import type { CoreDeps } from '#core/deps.ts'
import { createStorageWrap } from '#crypto/storage-wrap.ts'
import { createCrypto } from '#crypto/suite.ts'
import type { Socket } from '#sync/connection.ts'
import { systemClock, systemRandom, systemTimers } from '../system-ports.ts'
import { openIndexedDbStorage } from './indexeddb-storage.ts'
import { openKeyStore } from './key-store.ts'
import { createOpaqueWorkerClient } from './opaque-worker-client.ts'
import { openOpfsShelf } from './opfs-shelf.ts'
import { limitScriptAddresses } from './script-addresses.ts'
import { keyStoreName, shelfName, storageName } from './storage-names.ts'

/** Long enough for the recovery words between the two halves of a sign-up not to matter, short enough to free the memory. */
const opaqueIdleMs = 30_000

type StartCoreOptions = Required<Pick<CoreDeps, 'failed' | 'onWake' | 'firstScreen' | 'peerTransport'>>

export interface RunningCore {
	readonly api: KithApi
	readonly close: () => Promise<void>
}

/** Throws StorageError. The newest storage generation is ours from then on. */
export async function startCore(options: StartCoreOptions): Promise<RunningCore> {
	limitScriptAddresses()
	const keys = await openKeyStore(keyStoreName)
	const crypto = await createCrypto({ random: systemRandom })
	const wrap = createStorageWrap(crypto, await keys.storageKey())
	const storage = await openIndexedDbStorage({ name: storageName, access: 'lead' })
	const api = await createCore({
		storage,
		shelf: openOpfsShelf(shelfName),
		wrap,
		keyHandles: keys.deviceKeys,
		crypto,
		fetch: (url, request) => fetch(url, request),
		// `onmessage` of a WebSocket takes a MessageEvent, of which a Socket's reads only `data`.
		openSocket: (url, subprotocol) => new WebSocket(url, subprotocol) as unknown as Socket,
		origin: location.origin,
		timers: systemTimers,
		clock: systemClock,
		opaque: createOpaqueWorkerClient({
			spawn: () =>
				new Worker(new URL('./worker/opaque-worker.ts', import.meta.url), { type: 'module', name: 'kith-opaque' }),
			timers: systemTimers,
			idleMs: opaqueIdleMs,
		}),
		transport: 'cookie',
		...options,
	})
	return {
		api,
		close: async () => {
			await api.close()
			keys.close()
		},
	}
}
