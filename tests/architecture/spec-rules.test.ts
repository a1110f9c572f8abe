import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot, readSourceFiles } from './source-files.ts'
import { specProblems, specRules, testedIds } from './spec-rules.ts'

const isTest = (path: string) => /\.(test|e2e)\.ts$/.test(path) && !path.startsWith('tests/architecture/')

describe('src/lib/protocol/SPEC.md', () => {
	test('every rule is held by a test titled by it, or says which version brings it', async () => {
		const rules = specRules(readFileSync(join(projectRoot, 'src/lib/protocol/SPEC.md'), 'utf8'))
		const files = (await readSourceFiles(['tests'])).filter(({ path }) => isTest(path))
		const tested = new Set(files.flatMap(({ text }) => [...testedIds(text)]))
		expect(rules.length).toBeGreaterThan(80)
		expect(specProblems(rules, tested)).toEqual([])
	})
})

describe('a planted gap is found', () => {
	const spec = '- **ACC1** a\n- **ACC2** b\n\n## Behaviour later\n\n### 0.2: more\n\n- **ACC3** c\n'

	test('rules are read, later ones with their version', () => {
		expect(specRules(spec)).toEqual([
			{ id: 'ACC1', later: null },
			{ id: 'ACC2', later: null },
			{ id: 'ACC3', later: '0.2' },
		])
	})

	test('titles are read from tests, tables of tests and groups, not from comments', () => {
		const source = `
			// test of [ACC9]
			test('[ACC1] one', run)
			test.each(rows.map((row) => [row.name, row] as const))('[ACC2] %s', run)
			describe("[ACC3][ACC4] two", run)
			test('none [ACC5]', run)`
		expect([...testedIds(source)].sort()).toEqual(['ACC1', 'ACC2', 'ACC3', 'ACC4'])
	})

	test('a rule without test, a test without rule, a rule that is built already, and a double id', () => {
		const problems = specProblems(specRules(`- **ACC1** again\n${spec}`), new Set(['ACC1', 'ACC3', 'ACC7', 'A1']))
		expect(problems.map((problem) => problem.split(' ').slice(0, 5).join(' '))).toEqual([
			'ACC1 stands twice in SPEC.md:',
			'ACC2 has no test titled',
			'ACC3 is tested but stands',
			'A test is titled "[ACC7]',
		])
	})
})
