import { describe, expect, test } from 'vitest'
import { firstPaths, waysToApart } from './first-path.ts'
import { readSourceFiles, sourceFile } from './source-files.ts'

const files = await readSourceFiles(['src'])

describe.each(Object.entries(firstPaths))('%s', (_name, path) => {
	test('is where it is said to be, and so is what is loaded apart', () => {
		const known = new Set(files.map((file) => file.path))
		const named = [...path.entries, ...path.apart.filter((name) => name.startsWith('src/') && !name.endsWith('/'))]
		expect(named.filter((name) => !known.has(name))).toEqual([])
	})

	test('loads nothing that nobody needs to read: import() it where it is asked for', () => {
		expect(waysToApart(path, files)).toEqual([])
	})
})

test('finds what comes in over others, and leaves out types and what is loaded on demand', () => {
	const planted = [
		sourceFile('src/a.ts', "import './b.ts'\nimport type { C } from './c.ts'\nvoid import('./c.ts')"),
		sourceFile('src/b.ts', "import { x } from 'zod/mini'\nimport './d.ts'"),
		sourceFile('src/d.ts', "export { c } from './c.ts'"),
		sourceFile('src/c.ts', "import 'zod'"),
	]
	expect(waysToApart({ entries: ['src/a.ts'], apart: ['zod', 'src/c.ts'] }, planted)).toEqual([
		'src/a.ts → src/b.ts → zod/mini',
		'src/a.ts → src/b.ts → src/d.ts → src/c.ts',
	])
})
