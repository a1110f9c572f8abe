/** The key that rows of a Node store are wrapped with: a file of its own beside the store, readable by its owner only. */
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { newStorageKey } from '#crypto/storage-wrap.ts'
import type { Crypto } from '#crypto/suite.ts'
import { bytesToHex, copyBytes, type Bytes } from '#protocol/bytes.ts'

/** 32 bytes: of `path`, which is made when it is not there. Who starts first has made it for all. */
export async function storageKeyFile(crypto: Crypto, path: string): Promise<Bytes> {
	// Written whole under another name, then linked: nobody ever reads half a key, after a crash either.
	const fresh = `${path}.${bytesToHex(crypto.random(8))}`
	await writeFile(fresh, newStorageKey(crypto), { mode: 0o600, flush: true })
	try {
		await link(fresh, path)
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
	} finally {
		await rm(fresh)
	}
	return copyBytes(await readFile(path))
}
