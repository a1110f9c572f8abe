import { expect, test } from 'vitest'
import { createStorageWrap, importStorageKey } from '#crypto/storage-wrap.ts'
import type { FoldEvent } from '#protocol/fold-events.ts'
import { corePeople } from '#tests/support/core-people.ts'
import { annotate, edit, post, redact } from '#tests/support/folding.ts'
import { searchedPages } from '#tests/support/searching.ts'

const at = (page: number) => ({ conversation: 'talk', page })
const now = 1_000_000
const includes = (rows: readonly { bytes: Uint8Array }[], word: string) =>
	rows.some(({ bytes }) => Buffer.from(bytes).includes(word))

async function pagesOf(pages: FoldEvent[][], options: Partial<Parameters<typeof searchedPages>[1]> = {}) {
	const index = await searchedPages(({ page }) => pages[page] ?? [], { now, ...options })
	await index.changed(pages.map((_, page) => at(page)))
	await index.settle()
	return index
}

test('[M5] what was deleted or edited stands in no row any more, also of a segment of many pages', async () => {
	const pages = [
		[post('a', 'Alice', { says: { text: 'marmalade' } }), post('b', 'Alice', { clock: 1, says: { text: 'quince' } })],
		[post('c', 'Alice', { page: 1, says: { text: 'rhubarb' } })],
	]
	const index = await pagesOf(pages)
	expect(await index.segments()).toBe(1)
	for (const word of ['marmalade', 'quince', 'rhubarb']) expect(includes(await index.rows(), word)).toBe(true)
	pages[0]!.push(redact('r', 'Alice', { clock: 2, of: ['a'] }))
	pages[0]!.push(annotate('e', 'Alice', { clock: 3, on: 'b', action: edit('zucchini') }))
	await index.changed([at(0)])
	await index.settle()
	for (const word of ['marmalade', 'quince']) expect(includes(await index.rows(), word)).toBe(false)
	for (const word of ['zucchini', 'rhubarb']) expect(includes(await index.rows(), word)).toBe(true)
	expect(await index.find({ prefixes: ['quin'] })).toEqual([])
	expect(await index.find({ prefixes: ['zucc'] })).toMatchObject([{ post: { clock: 1 }, edit: { clock: 3 } }])
})

test('[M5] a page of which something was deleted is looked at before all others that wait', async () => {
	const pages = Array.from({ length: 12 }, (_, page) => [
		post(`a${page}`, 'Alice', { page, says: { text: `word${page}` } }),
	])
	pages[0]?.push(post('b', 'Alice', { clock: 1, says: { text: 'marmalade' } }))
	const index = await pagesOf(pages)
	expect(includes(await index.rows(), 'marmalade')).toBe(true)
	pages[0]?.push(redact('r', 'Alice', { clock: 2, of: ['b'] }))
	index.hurry(at(0))
	await index.changed(pages.map((_, page) => at(page)))
	await index.step()
	expect(includes(await index.rows(), 'marmalade')).toBe(false)
	expect(index.progress().done).toBeLessThan(pages.length)
})

test('[M5] a page that changed is not answered from before it is looked at again', async () => {
	const pages = [[post('a', 'Alice', { says: { text: 'marmalade' } })]]
	const index = await pagesOf(pages)
	await index.changed([at(0)])
	expect(await index.find({ prefixes: ['marm'] })).toEqual([])
	expect(index.progress()).toEqual({ done: 0, total: 1 })
	await index.restart()
	expect(await index.find({ prefixes: ['marm'] })).toEqual([])
	await index.settle()
	expect(await index.find({ prefixes: ['marm'] })).toHaveLength(1)
	expect(index.progress()).toEqual({ done: 1, total: 1 })
})

test('[M5] what expires is not found from then on', async () => {
	const index = await pagesOf([[post('a', 'Alice', { expiresAt: now + 10, says: { text: 'marmalade' } })]])
	expect(await index.find({ prefixes: ['marm'], now: now + 9 })).toHaveLength(1)
	expect(await index.find({ prefixes: ['marm'], now: now + 10 })).toEqual([])
})

test('[M5] a row that is damaged or gone is made again from the messages', async () => {
	const pages = [[post('a', 'Alice', { says: { text: 'marmalade' } })]]
	for (const bytes of [new Uint8Array([9, 9, 9]), null])
		for (const part of ['filters', 'block', 'places']) {
			const index = await pagesOf(pages)
			await index.restart()
			const row = (await index.rows()).find(({ key }) => key.startsWith(part))
			await index.damage(row!.key, bytes)
			expect(await index.find({ prefixes: ['marm'] })).toEqual([])
			await index.settle()
			expect(await index.find({ prefixes: ['marm'] })).toHaveLength(1)
		}
})

test('[M5] rows at rest show no word, and neither do their names', async () => {
	const { crypto } = await corePeople('search')
	const wrap = createStorageWrap(crypto, await importStorageKey(crypto, crypto.random(32)))
	const index = await pagesOf([[post('a', 'Alice', { says: { text: 'marmalade' } })]], { wrap })
	const rows = await index.rows()
	expect(rows.map(({ key }) => key).toSorted()).toEqual(
		['block', 'filters', 'head', 'places'].map((part) => `${part}/00000001/00000000`),
	)
	expect(includes(rows, 'marm')).toBe(false)
	expect(await index.find({ prefixes: ['marm'] })).toHaveLength(1)
})

test('[M5] however messages come, segments stay few', async () => {
	const pages: FoldEvent[][] = []
	const index = await searchedPages(({ page }) => pages[page] ?? [], { now })
	for (let page = 0; page < 300; page++) {
		pages.push(
			Array.from({ length: 10 }, (_, i) =>
				post(`${page} ${i}`, 'Alice', { page, clock: i, at: 1_000 + page * 10 + i }),
			),
		)
		await index.changed([at(page)])
		await index.settle()
	}
	expect(await index.segments()).toBeLessThan(12)
	expect(await index.find({ prefixes: ['text'] })).toHaveLength(3_000)
})
