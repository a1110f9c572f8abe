import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blockMax, RowBlocks, type RowBlock } from '#ui/state/row-blocks.ts'
import type { Row } from '#ui/state/timeline.ts'

/** A block looks at keys and types, and compares objects. */
const made = new Map<string, Row>()
function row(name: number | string): Row {
	const key = String(name)
	const known = made.get(key) ?? ({ type: key.startsWith('day') ? 'day' : 'message', key } as Row)
	made.set(key, known)
	return known
}
const rows = (...names: (number | string)[]) => names.map(row)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)
const keysOf = (blocks: readonly RowBlock[]) => blocks.flatMap((block) => block.rows.map(({ key }) => key))
const sizes = (blocks: readonly RowBlock[]) => blocks.map((block) => block.rows.length)

describe('the blocks of a list', () => {
	test('hold a few messages each, and what stands above a message stands in its block', () => {
		const blocks = new RowBlocks().take(rows('day 1', ...range(0, 7), 'day 2', ...range(7, 20)))
		expect(keysOf(blocks)).toEqual(['day 1', ...range(0, 7), 'day 2', ...range(7, 20)].map(String))
		for (const block of blocks) {
			expect(block.rows.filter(({ type }) => type === 'message').length).toBeLessThanOrEqual(blockMax)
			expect(block.rows.at(-1)?.type).toBe('message')
		}
	})

	test('stay what they are while rows come and go at the ends', () => {
		const list = new RowBlocks()
		const before = list.take(rows(...range(100, 148)))
		const grown = list.take(rows(...range(97, 149)))
		expect(sizes(grown)).toEqual([3, ...sizes(before), 1])
		expect(grown.slice(1, -1)).toEqual(before)
		grown.slice(1, -1).forEach((block, index) => expect(block).toBe(before[index]))
		const further = list.take(rows(...range(93, 130)))
		expect(sizes(further).slice(0, 2)).toEqual([7, 8])
		expect(further[0]?.key).toBe(grown[0]?.key)
		expect(further[1]).toBe(grown[1])
	})

	test('take a row that comes in between without moving another', () => {
		const list = new RowBlocks()
		const before = list.take(rows(...range(0, 16)))
		const after = list.take(rows(...range(0, 4), 50, ...range(4, 16)))
		expect(after.map(({ key }) => key)).toEqual(before.map(({ key }) => key))
		expect(sizes(after)).toEqual([9, 8])
		expect(after[1]).toBe(before[1])
	})

	test('whatever becomes of the rows, all stand once and in order, and no two blocks share a key', () => {
		const lists = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 50 }), { maxLength: 8 })
		fc.assert(
			fc.property(lists, (steps) => {
				const list = new RowBlocks()
				for (const step of steps) {
					const blocks = list.take(rows(...step))
					expect(keysOf(blocks)).toEqual(step.map(String))
					expect(new Set(blocks.map(({ key }) => key)).size).toBe(blocks.length)
					expect(blocks.every((block) => block.rows.length > 0)).toBe(true)
				}
			}),
		)
	})
})
