/** A limit that nobody tries to pass is a wish: each one is named where a test plays the attacker, or by the rule that it serves. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { limitNames, looseLimits, protocolLimits, unnamedLimits } from './limits.ts'
import { projectRoot, readSourceFiles } from './source-files.ts'
import { specRules } from './spec-rules.ts'

const homes = [
	...['server/sync/limits.ts', 'server/domain/rate-limits.ts', 'server/domain/feeds.ts'],
	...['server/http/large-bodies.ts', 'server/http/event-streams.ts', 'server/domain/kept-answers.ts'],
]

describe('limits of the server’s edge', async () => {
	const files = await readSourceFiles(['server', 'tests'])
	const tests = files.filter(({ path }) => path.startsWith('tests/') && !path.startsWith('tests/architecture/'))

	test.each(homes)('each limit of %s is named in a test', (home) => {
		const names = limitNames(files.find(({ path }) => path === home)?.text ?? '')
		expect(names.length).toBeGreaterThan(2)
		expect(unnamedLimits(names, tests)).toEqual([])
	})
})

describe('limits of the protocol', async () => {
	const home = 'src/lib/protocol/limits.ts'
	/** How wide a field is, is no limit. */
	const isLimit = ({ name }: { name: string }) => !name.endsWith('_LENGTH')

	test('each that is in use is named in a test, or says by which rule it holds', async () => {
		const files = await readSourceFiles(['src', 'server', 'tests'])
		const tests = files.filter(({ path }) => path.startsWith('tests/') && !path.startsWith('tests/architecture/'))
		const code = files.filter(({ path }) => !path.startsWith('tests/') && path !== home)
		const ids = new Set(
			specRules(readFileSync(join(projectRoot, 'src/lib/protocol/SPEC.md'), 'utf8')).map(({ id }) => id),
		)
		const limits = protocolLimits(files.find(({ path }) => path === home)?.text ?? '').filter(isLimit)
		expect(limits.length).toBeGreaterThan(60)
		expect(looseLimits(limits, { ids, code, tests })).toEqual([])
	})

	test('a planted gap is found', () => {
		const text = [
			'/** Held by a rule (ABC1). */',
			'export const ONE = 1',
			'export const TWO = 2',
			'',
			'/** By a rule that is none (ABC9). */',
			'export const THREE = 3',
			'/** Tried. */',
			'export const FOUR = 4',
			'/** Not in use. */',
			'export const FIVE = 5',
		].join('\n')
		const code = [{ path: 'src/a.ts', text: 'ONE TWO THREE FOUR' }]
		const tests = [{ path: 'tests/a.test.ts', text: 'expect(FOUR) // THREE' }]
		const loose = looseLimits(protocolLimits(text), { ids: new Set(['ABC1']), code, tests })
		expect(loose.map((problem) => problem.split(' ')[0])).toEqual(['THREE'])
	})
})

describe('a planted gap is found', () => {
	const source = [
		'export const socketLimits = {',
		'\t/** Why. */',
		'\tperDevice: 16,',
		'\tspeed: { perSecond: 1,\n\t\tburst: 2 },',
		'\tpauseMs: second,',
		'} as const',
		'const inner = {\n\tnobody: 1,\n}',
		'export const deviceRate: Rate = { perSecond: 200, burst: 2000 }',
	].join('\n')

	test('limits are read by their names', () => {
		expect(limitNames(source)).toEqual([
			'socketLimits.perDevice',
			'socketLimits.speed',
			'socketLimits.pauseMs',
			'deviceRate.perSecond',
			'deviceRate.burst',
		])
	})

	test('a limit without a test, and one that only a comment speaks of', () => {
		const text =
			'// socketLimits.pauseMs\nconst { perDevice } = socketLimits\nexpect(socketLimits.speed)\ndeviceRate.burst'
		const found = unnamedLimits(limitNames(source), [{ path: 'tests/a.test.ts', text }])
		expect(found.map((problem) => problem.split(' ')[0])).toEqual(['socketLimits.pauseMs', 'deviceRate.perSecond'])
	})
})
