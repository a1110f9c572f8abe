import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createCrypto } from '#crypto/suite.ts'
import { storageKeyFile } from '#platform/node/storage-key-file.ts'
import { systemRandom } from '#platform/system-ports.ts'

test('the key of a Node store is made once, by whoever comes first, and is the owner’s alone', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'kith-key-'))
	const path = join(folder, 'bot.sqlite.key')
	const crypto = await createCrypto({ random: systemRandom, keyForm: 'seed' })
	const keys = await Promise.all([1, 2, 3].map(() => storageKeyFile(crypto, path)))
	keys.push(await storageKeyFile(crypto, path))
	expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1)
	expect(keys[0]).toHaveLength(32)
	expect((await stat(path)).mode & 0o777).toBe(0o600)
	expect(await readdir(folder)).toEqual(['bot.sqlite.key'])
	await rm(folder, { recursive: true })
})
