/** What every shelf promises (core/deps.ts); the browser's is held to it by tests/e2e/files.e2e.ts. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { FileShelf } from '#core/deps.ts'
import { memoryShelf } from '#core/memory-shelf.ts'
import { openFolderShelf } from '#platform/node/folder-shelf.ts'

async function inFolder(): Promise<FileShelf> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-shelf-'))
	onTestFinished(() => rm(folder, { recursive: true, force: true }))
	return openFolderShelf(join(folder, 'files'))
}

const shelves: readonly (readonly [string, () => Promise<FileShelf>])[] = [
	['memory', async () => memoryShelf()],
	['a folder', inFolder],
]

describe.each(shelves)('a shelf in %s', (_, open) => {
	test('appends, reads any part, and forgets', async () => {
		const shelf = await open()
		expect([await shelf.size('a'), await shelf.list()]).toEqual([0, []])
		const piece = Uint8Array.of(1, 2, 3)
		await shelf.append('a', piece)
		piece[0] = 9
		await shelf.append('a', Uint8Array.of(4, 5))
		await shelf.append('b', Uint8Array.of(7))
		expect([await shelf.size('a'), (await shelf.list()).toSorted()]).toEqual([5, ['a', 'b']])
		expect([...(await shelf.read('a', 0, 5))]).toEqual([1, 2, 3, 4, 5])
		expect([...(await shelf.read('a', 2, 4))]).toEqual([3, 4])
		expect([...new Uint8Array(await (await shelf.part('a', 2, 4)).arrayBuffer())]).toEqual([3, 4])
		await expect(shelf.read('a', 4, 6)).rejects.toThrow()
		await expect(shelf.part('a', 4, 6)).rejects.toThrow()
		await expect(shelf.read('c', 0, 1)).rejects.toThrow()
		await shelf.remove('a')
		await shelf.remove('a')
		expect([await shelf.size('a'), await shelf.list()]).toEqual([0, ['b']])
	})

	test('takes parts in any order, and one over another', async () => {
		const shelf = await open()
		const far = 600_000
		await shelf.write('a', far, Uint8Array.of(7, 8))
		expect(await shelf.size('a')).toBe(far + 2)
		await shelf.write('a', 0, new Uint8Array(far).fill(1))
		await shelf.write('a', far - 1, Uint8Array.of(5, 6))
		await shelf.append('a', Uint8Array.of(9))
		expect([...(await shelf.read('a', far - 2, far + 3))]).toEqual([1, 5, 6, 8, 9])
		expect([...(await shelf.read('a', 262_143, 262_145))]).toEqual([1, 1])
	})
})
