import { expect, test } from 'vitest'
import type { KithApi } from '#core/api.ts'
import { copyName } from '#ui/state/copy-name.ts'
import { SaveCopy } from '#ui/state/save-copy.svelte.ts'

const wish = { conversation: null, as: 'json', files: true } as const

/** A copy of so many pieces; what was asked, and what became of it, is written down. */
function copyOf(pieces: number, roomFor = pieces) {
	const asked: string[] = []
	let left = pieces
	const api = {
		beginExport: () => Promise.resolve({ ok: true, value: { key: 'k' } }),
		nextOfExport: () => {
			asked.push('next')
			const bytes = new Uint8Array(left-- > 0 ? 3 : 0)
			return Promise.resolve({ ok: true, value: { bytes, done: pieces - Math.max(0, left), total: pieces } })
		},
		endExport: () => {
			asked.push('end')
			return Promise.resolve({ ok: true, value: null })
		},
	} as unknown as KithApi
	const note = (what: string) => () => {
		asked.push(what)
		return Promise.resolve()
	}
	const write = () => (roomFor-- > 0 ? note('write')() : Promise.reject(new Error('full')))
	return { copy: new SaveCopy(api), asked, sink: { write, close: note('close'), abort: note('abort') } }
}

test('a copy is whole when an empty piece comes, and each piece is away before the next is asked for', async () => {
	const { copy, asked, sink } = copyOf(2)
	expect(await copy.make(wish, sink)).toBe(true)
	expect(asked).toEqual(['next', 'write', 'next', 'write', 'next', 'close'])
	expect(copy.isMaking).toBe(false)
})

test('who stops a copy gets none, and no piece is made any more', async () => {
	const { copy, asked, sink } = copyOf(3)
	const write = () => {
		copy.stop()
		return sink.write()
	}
	expect(await copy.make(wish, { ...sink, write })).toBe(false)
	expect(asked).toEqual(['next', 'end', 'write', 'next', 'abort'])
	expect(copy.error).toBe(null)
})

test('where there is no room for it, it says so and leaves nothing', async () => {
	const { copy, asked, sink } = copyOf(3, 1)
	expect(await copy.make(wish, sink)).toBe(false)
	expect(copy.error).toEqual({ type: 'no-room' })
	expect(asked).toEqual(['next', 'write', 'next', 'abort', 'end'])
})

test('a file has a name that any system takes', () => {
	expect(copyName('a/b: "c" <d>…', Date.UTC(2026, 2, 9))).toBe('a b c d … 2026-03-09')
	expect(copyName('..', 0)).toBe('kith 1970-01-01')
})
