import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { missingStories, productRows } from './product-rows.ts'
import { projectRoot } from './source-files.ts'

const rows = productRows(readFileSync(join(projectRoot, 'docs/product.md'), 'utf8'))

function readStory(path: string): string | null {
	try {
		return readFileSync(join(projectRoot, path), 'utf8')
	} catch {
		return null
	}
}

/** What was agreed: a row is finished or it stays, it does not vanish. */
const agreed: Readonly<Record<string, number>> = { A: 6, F: 4, C: 6, M: 9, L: 4, N: 2, S: 5, P: 6 }

describe('docs/product.md', () => {
	test('every finished row has its story', () => {
		expect(missingStories(rows, readStory)).toEqual([])
	})

	test('no row was lost', () => {
		const ids = rows.map((row) => row.id)
		const expected = Object.entries(agreed).flatMap(([letter, count]) =>
			Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
		)
		expect(expected.filter((id) => !ids.includes(id))).toEqual([])
		expect(new Set(ids).size).toBe(ids.length)
	})
})

describe('a planted gap is found', () => {
	const text =
		'- **C1** talk.\n  Stories: `tests/e2e/talk.e2e.ts`,\n  `tests/scenario/talk.test.ts`\n- **C2** groups.\n'

	test('rows and stories are read', () => {
		expect(productRows(text)).toEqual([
			{ id: 'C1', stories: ['tests/e2e/talk.e2e.ts', 'tests/scenario/talk.test.ts'] },
			{ id: 'C2', stories: [] },
		])
	})

	test('a story that does not exist', () => {
		expect(missingStories(productRows(text), () => null)[0]).toContain('does not exist')
	})

	test('a file without a test of the row', () => {
		const found = missingStories(productRows(text), () => "test('[C2] other', run) // [C1] is mentioned only")
		expect(found).toHaveLength(2)
		expect(found[0]).toContain('no test titled "[C1] …"')
	})

	test('a story is recognised', () => {
		expect(missingStories(productRows(text), () => "test('[F1][C1] they talk', run)")).toEqual([])
	})
})
