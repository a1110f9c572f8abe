import { expect, test } from 'vitest'
import type { ImportStep } from '#core/api.ts'
import { OpenArchive } from '#ui/state/open-archive.svelte.ts'
import { fakeKithApi } from '../../support/fake-kith-api.ts'

const file = new File(['sealed'], 'all.kith')
const imported = { copies: ['a', 'b'], known: 0, refused: 0 }

/** An archive of so many steps, the last of which says what came of it. */
function archiveOf(steps: number, between: (left: number) => void = () => {}) {
	const { api, calls, answer } = fakeKithApi()
	let left = steps
	let isGone = false
	answer('beginImport', { ok: true, value: { key: 'k' } })
	const step = () => {
		if (isGone) return { ok: false, error: { type: 'not-here' } }
		between(--left)
		const value: ImportStep = { done: steps - left, total: steps, imported: left === 0 ? imported : null }
		return { ok: true, value }
	}
	const stepped = new Proxy(api, {
		get: (target, name) => (name === 'nextOfImport' ? async () => step() : Reflect.get(target, name)),
	})
	return { archive: new OpenArchive(stepped), calls, answer, refuse: () => void (isGone = true) }
}

test('an archive is open when a step says what came of it', async () => {
	const { archive } = archiveOf(3)
	const opening = archive.open(file, 'words')
	expect(archive.isOpening).toBe(true)
	expect(await opening).toEqual(imported)
	expect([archive.isOpening, archive.error]).toEqual([false, null])
})

test('how far it is follows the bytes that were read', async () => {
	const seen: number[] = []
	const { archive } = archiveOf(4, () => seen.push(archive.percent))
	await archive.open(file, 'words')
	expect(seen).toEqual([0, 25, 50, 75])
})

test('who stops is told of no error, and the core hears of it', async () => {
	const { archive, calls, refuse } = archiveOf(3, (left) => {
		if (left !== 2) return
		archive.stop()
		refuse()
	})
	expect(await archive.open(file, 'words')).toBe(null)
	expect(calls.map(({ command }) => command)).toEqual(['beginImport', 'endImport'])
	expect(archive.error).toBe(null)
})

test('a passphrase that is wrong is said, and the next one is tried', async () => {
	const { archive, answer } = archiveOf(1)
	answer('beginImport', { ok: false, error: { type: 'wrong-passphrase' } })
	expect(await archive.open(file, 'other words')).toBe(null)
	expect(archive.error).toEqual({ type: 'wrong-passphrase' })
	answer('beginImport', { ok: true, value: { key: 'k' } })
	expect(await archive.open(file, 'words')).toEqual(imported)
	expect(archive.error).toBe(null)
})
