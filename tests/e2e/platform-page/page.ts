/**
 * What tests/e2e/platform.e2e.ts and vectors.e2e.ts drive in the window: the real browser client over the fake core beside
 * this file, and the real crypto room.
 */
import type { KithApi } from '#core/api.ts'
import { browserSupport } from '#platform/browser/browser-support.ts'
import { createBrowserClient } from '#platform/browser/client.ts'
import { openIndexedDbStorage } from '#platform/browser/indexeddb-storage.ts'
import type { Trouble } from '#platform/browser/trouble.ts'
import { createCrypto } from '#crypto/suite.ts'
import { systemRandom } from '#platform/system-ports.ts'
import { checkCryptoVectors, type CryptoVectors } from '#tests/support/crypto-vectors.ts'
import { runEd25519Vectors, type Ed25519Vector } from '#tests/support/ed25519-vectors.ts'
import { storageContract } from '#tests/support/storage-contract.ts'
import type { FakeCoreApi } from './fake-core.ts'

export interface PageUnderTest {
	readonly support: ReturnType<typeof browserSupport>
	readonly troubles: Trouble[]
	/** Values of the one view, in order. */
	readonly seen: string[]
	readonly open: () => void
	readonly api: () => FakeCoreApi
	/** Title → null, or what went wrong. */
	readonly storageContract: () => Promise<Readonly<Record<string, string | null>>>
	readonly vectors: (input: VectorInput) => Promise<VectorResult>
}

export interface VectorInput {
	readonly webCryptoEd25519: 'auto' | 'off'
	readonly ed25519: readonly Ed25519Vector[]
	readonly crypto: CryptoVectors
}

export interface VectorResult {
	readonly by: 'webcrypto' | 'points'
	/** Titles of what was judged, opened or derived otherwise than frozen. */
	readonly wrong: readonly string[]
}

let client: FakeCoreApi | null = null

const pageUnderTest: PageUnderTest = {
	support: browserSupport(),
	troubles: [],
	seen: [],
	open: () => {
		const api: KithApi = createBrowserClient({ onTrouble: (trouble) => pageUnderTest.troubles.push(trouble) })
		client = api as unknown as FakeCoreApi
		client.watch('text', null, (text) => pageUnderTest.seen.push(text))
	},
	api: () => client as FakeCoreApi,
	storageContract: async () => {
		const results: Record<string, string | null> = {}
		for (const [i, { title, run }] of storageContract.entries()) {
			const name = `contract-${i}`
			indexedDB.deleteDatabase(name)
			const harness = {
				open: (options = { access: 'lead' as const }) => openIndexedDbStorage({ ...options, name }),
				laterTask: () => new Promise<void>((resolve) => setTimeout(resolve, 20)),
			}
			results[title] = await run(harness).then(
				() => null,
				(error: unknown) => String(error),
			)
		}
		return results
	},
	vectors: async ({ webCryptoEd25519, ed25519, crypto: frozen }) => {
		const crypto = await createCrypto({ random: systemRandom, webCryptoEd25519 })
		const wrong = [...(await runEd25519Vectors(crypto.verify, ed25519)), ...(await checkCryptoVectors(crypto, frozen))]
		return { by: crypto.ed25519.by, wrong }
	},
}

Object.assign(window, { pageUnderTest })
