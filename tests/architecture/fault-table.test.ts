/** The table of attacks in tests/fault/README.md names tests that are there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot, readSourceFiles } from './source-files.ts'

/** Rows of the table: what is attacked, and the titles in each of its two doors. */
function attackRows(text: string): { attack: string; doors: { titles: string[]; says: string }[] }[] {
	const rows = text.slice(text.indexOf('| attack |')).split('\n').slice(2)
	return rows
		.filter((row) => row.startsWith('| '))
		.map((row) => {
			const [attack = '', ...cells] = row.slice(2, -2).split(' | ')
			return { attack, doors: cells.map((says) => ({ says, titles: titlesIn(says) })) }
		})
}

const titlesIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, title]) => title as string)

test('every attack has a test at both doors, or a reason why not, and every title is one', async () => {
	const files = (await readSourceFiles(['tests'])).filter(({ path }) => !path.startsWith('tests/architecture/'))
	const code = files.map(({ text }) => text).join('\n')
	const rows = attackRows(readFileSync(join(projectRoot, 'tests/fault/README.md'), 'utf8'))
	expect(rows.length).toBeGreaterThan(30)
	const titles = rows.flatMap(({ doors }) => doors.flatMap((door) => door.titles))
	// A title that needs no quotes as a member of a record is followed by a colon.
	const isThere = (title: string) => code.includes(title.includes(' ') ? title : `${title}:`)
	expect(titles.filter((title) => !isThere(title))).toEqual([])
	const bare = rows.flatMap(({ attack, doors }) => (doors.length === 2 && doors.every(isAnswered) ? [] : [attack]))
	expect(bare).toEqual([])
})

const isAnswered = ({ titles, says }: { titles: string[]; says: string }) => titles.length > 0 || says.startsWith('–')

test('a planted gap is found', () => {
	const rows = attackRows(
		'| attack | a | b |\n|---|---|---|\n| clock | `one`, `two` | – why not |\n| key | `three` |  |',
	)
	expect(rows.map(({ attack, doors }) => [attack, doors.map(isAnswered)])).toEqual([
		['clock', [true, true]],
		['key', [true, false]],
	])
})
