/** One device of somebody: its disk, its line, and the client that runs on them now, if any. */
import { openFolderShelf } from '#platform/node/folder-shelf.ts'
import { createCore } from '#core/core.ts'
import type { AccountId, ConversationId, ConversationView, KithApi } from '#core/api.ts'
import type { KeyHandles } from '#core/deps.ts'
import { createOpaqueClient, type OpaqueClient } from '#crypto/opaque-client.ts'
import { createStorageWrap, importStorageKey } from '#crypto/storage-wrap.ts'
import { createCrypto, type Crypto } from '#crypto/suite.ts'
import { storageKeyFile } from '#platform/node/storage-key-file.ts'
import { systemClock, systemRandom } from '#platform/system-ports.ts'
import type { Timers } from '#protocol/ports.ts'
import type { Disk } from './disk.ts'
import type { Line, LineEnd } from './line.ts'

export interface ModelDevice {
	readonly name: string
	readonly account: AccountId
	/** The conversations that its account is in. */
	readonly conversations: readonly ConversationId[]
	readonly line: Line
	readonly disk: Disk
	/** Null while no client runs. */
	readonly api: KithApi | null
	open(): Promise<void>
	/** As a person closes it. */
	close(): Promise<void>
	/** Discarded without a word. */
	crash(): Promise<void>
	/** The last value that each conversation had on screen. */
	readonly seen: ReadonlyMap<ConversationId, ConversationView>
	readonly online: boolean
	/** Resolves when this client is no longer the device's: it answers nothing any more. */
	gone(api: KithApi): Promise<void>
	/** What a client would tell as an unexpected failure. */
	readonly troubles: readonly string[]
}

export interface ModelDeviceOptions {
	readonly name: string
	readonly account: AccountId
	readonly conversations: readonly ConversationId[]
	readonly line: Line
	readonly disk: Disk
	readonly sees: (device: string, view: ConversationView) => void
	/** Told of everything that changes. */
	readonly moved: () => void
}

const noKeyHandles: KeyHandles = {
	keep: () => Promise.reject(new Error('Node keeps no key handles')),
	get: async () => null,
	clear: async () => undefined,
}

let shared: Promise<{ crypto: Crypto; opaque: OpaqueClient }> | undefined
function suite() {
	shared ??= Promise.all([createCrypto({ random: systemRandom, keyForm: 'seed' }), createOpaqueClient()]).then(
		([crypto, opaque]) => ({ crypto, opaque }),
	)
	return shared
}

/** Waits pass 20 times as fast, those for an answer of the server 4 times: nothing is tested by sitting through them. */
function fastTimers(life: { readonly dead: boolean }): Timers {
	return {
		after: (ms, run) => {
			const timer = setTimeout(() => life.dead || run(), ms < 10_000 ? ms / 20 : ms / 4)
			return () => clearTimeout(timer)
		},
	}
}

export function createModelDevice(options: ModelDeviceOptions): ModelDevice {
	const { name, account, conversations, line, disk } = options
	const seen = new Map<ConversationId, ConversationView>()
	const troubles: string[] = []
	let run: { api: KithApi; end: LineEnd; life: { dead: boolean }; gone: PromiseWithResolvers<void> } | null = null
	/** Of a client that is on its way out. */
	let closing: PromiseWithResolvers<void> | null = null
	let online = false

	function watch(api: KithApi, life: { readonly dead: boolean }): void {
		api.watch('connection', null, (view) => {
			if (life.dead) return
			online = view.type === 'online' && view.waiting === 0
			options.moved()
		})
		for (const id of conversations) {
			api.watch('conversation', id, (view) => {
				if (life.dead || view === null) return
				seen.set(id, view)
				options.sees(name, view)
				options.moved()
			})
		}
	}

	return {
		...{ name, account, conversations, line, disk, seen, troubles },
		get api() {
			return run?.api ?? null
		},
		get online() {
			return online
		},
		gone: async (api) => (run?.api === api ? run.gone.promise : undefined),
		open: async () => {
			const { crypto, opaque } = await suite()
			const life = { dead: false }
			const end = line.end()
			const key = await storageKeyFile(crypto, `${disk.path}.key`)
			const api = await createCore({
				storage: await disk.open(),
				wrap: createStorageWrap(crypto, await importStorageKey(crypto, key)),
				shelf: await openFolderShelf(`${disk.path}.files`),
				keyHandles: noKeyHandles,
				...{ crypto, opaque, clock: systemClock, timers: fastTimers(life), transport: 'body' },
				...{ fetch: end.fetch, openSocket: end.openSocket, onWake: end.onWake },
				// The line finds the port.
				origin: 'http://127.0.0.1:1',
				failed: (where, error) => {
					if (!life.dead) troubles.push(`${name}: ${where}: ${error instanceof Error ? error.stack : String(error)}`)
				},
			})
			run = { api, end, life, gone: Promise.withResolvers() }
			watch(api, life)
		},
		close: async () => {
			const ending = run
			run = null
			online = false
			if (ending === null) return
			// Its disk may die under what it still writes: then it closes no more.
			closing = ending.gone
			await Promise.race([ending.api.close(), closing.promise])
			closing = null
			ending.life.dead = true
			ending.end.kill()
			ending.gone.resolve()
		},
		crash: async () => {
			const dying = run
			run = null
			online = false
			closing?.resolve()
			if (dying !== null) {
				dying.life.dead = true
				dying.end.kill()
				dying.gone.resolve()
			}
			await disk.crash()
		},
	}
}
