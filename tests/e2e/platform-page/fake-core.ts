/** Stands in for core/core.ts: one text in the store, wrapped at rest, and a way to reach every port of the browser. */
import type { CoreDeps } from '#core/deps.ts'
import { bytesToUtf8, utf8ToBytes } from '#protocol/bytes.ts'

export interface FakeCoreApi {
	/** Answers with the generation of the storage that it wrote to. */
	append(text: string): Promise<number | null>
	/** Keeps the worker busy, as nothing of ours should; says `blocked` on the channel `test` when it begins. */
	block(ms: number): Promise<void>
	/** What lies in the store, as it lies there. */
	raw(): Promise<number[]>
	opaque(password: string): Promise<string>
	/** 64 bytes signed with a device key that is kept as a handle; made at the first call. */
	sign(): Promise<{ extractable: boolean; length: number }>
	wipe(): Promise<void>
	watch(view: 'text', of: null, listener: (text: string) => void): () => void
	close(): Promise<void>
}

const at = { store: 'meta', key: 'text' } as const

export async function createCore({ storage, wrap, keyHandles, opaque, clock }: CoreDeps): Promise<FakeCoreApi> {
	const listeners = new Set<(text: string) => void>()
	const rawBytes = () => storage.transaction('read', ['meta'], (tx) => tx.get('meta', at.key))
	async function read(): Promise<string> {
		const sealed = await rawBytes()
		const opened = sealed === null ? null : await wrap.open(at.store, at.key, sealed)
		return opened === null ? '' : bytesToUtf8(opened)
	}
	async function tell(): Promise<void> {
		const text = await read()
		for (const listener of listeners) listener(text)
	}
	return {
		append: async (text) => {
			const sealed = await wrap.seal(at.store, at.key, utf8ToBytes((await read()) + text))
			await storage.transaction('write', ['meta'], (tx) => tx.put('meta', at.key, sealed))
			await tell()
			return storage.generation
		},
		block: async (ms) => {
			new BroadcastChannel('test').postMessage('blocked')
			const until = clock() + ms
			while (clock() < until);
		},
		raw: async () => [...((await rawBytes()) ?? [])],
		opaque: async (password) => (await opaque.startRegistration(password)).request,
		sign: async () => {
			let key = await keyHandles.get('sign')
			if (key === null) {
				const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
				key = pair.privateKey
				await keyHandles.keep('sign', key)
			}
			const signature = await crypto.subtle.sign('Ed25519', key, utf8ToBytes('x'))
			return { extractable: key.extractable, length: signature.byteLength }
		},
		wipe: () => storage.transaction('write', ['meta'], (tx) => tx.clear('meta')),
		watch: (_view, _of, listener) => {
			listeners.add(listener)
			void tell()
			return () => void listeners.delete(listener)
		},
		close: async () => listeners.clear(),
	}
}
