/** Fills the store of a client without a browser; the client is closed meanwhile. */
import { createStorageWrap, importStorageKey } from '../../src/lib/crypto/storage-wrap.ts'
import { createCrypto } from '../../src/lib/crypto/suite.ts'
import { openNodeStorage } from '../../src/lib/platform/node/node-storage.ts'
import { storageKeyFile } from '../../src/lib/platform/node/storage-key-file.ts'
import { systemRandom } from '../../src/lib/platform/system-ports.ts'
import { fillHistory, type FillRange } from './fill.ts'

export async function fillNode(path: string, range: FillRange): Promise<void> {
	const crypto = await createCrypto({ random: systemRandom, keyForm: 'seed' })
	const wrap = createStorageWrap(crypto, await importStorageKey(crypto, await storageKeyFile(crypto, `${path}.key`)))
	const storage = await openNodeStorage({ path, access: 'lead' })
	await fillHistory({ storage, wrap, crypto }, range)
	await storage.close()
}
