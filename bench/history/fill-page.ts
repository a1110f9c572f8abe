/** The same in a page of the app's own origin, where its store and its key are. Bundled by fill-in-page.ts. */
import { createStorageWrap } from '../../src/lib/crypto/storage-wrap.ts'
import { createCrypto } from '../../src/lib/crypto/suite.ts'
import { openIndexedDbStorage } from '../../src/lib/platform/browser/indexeddb-storage.ts'
import { openKeyStore } from '../../src/lib/platform/browser/key-store.ts'
import { systemRandom } from '../../src/lib/platform/system-ports.ts'
import { fillHistory, type FillRange } from './fill.ts'

Object.assign(globalThis, {
	async fillHistory(range: FillRange): Promise<void> {
		const keys = await openKeyStore('kith-keys')
		const crypto = await createCrypto({ random: systemRandom })
		const wrap = createStorageWrap(crypto, await keys.storageKey())
		const storage = await openIndexedDbStorage({ name: 'kith', access: 'lead' })
		await fillHistory({ storage, wrap, crypto }, range)
		await storage.close()
		keys.close()
	},
})
