/** The model test over a list of seeds, with what each did on a line of its own and in the end how much it was. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemRandom } from '#platform/system-ports.ts'
import { bytesToHex } from '#protocol/bytes.ts'
import { makeTemplate, type Template } from './template.ts'
import { runModel, type Counts, type ModelOutcome } from './run-model.ts'

export interface SuiteSize {
	readonly seeds: readonly string[]
	/** Seeds that nobody has seen before: printed, so that one that fails can be pinned. */
	readonly fresh: number
	readonly steps: number
	/** Of all runs together. */
	readonly atLeast: Partial<Counts>
}

export const print = (line: string) => void process.stdout.write(`${line}\n`)

/** What a failure shows: what was promised and not kept, and how it came to it. */
function report({ seed, violations, steps }: ModelOutcome): string {
	const said = violations.slice(0, 20).map(({ kind, says }) => `  ${kind}: ${says}`)
	const more = violations.length > said.length ? [`  and ${violations.length - said.length} more`] : []
	return [`seed ${seed}`, ...said, ...more, 'after', ...steps.map((step) => `  ${step}`)].join('\n')
}

export function modelSuite({ seeds, fresh, steps, atLeast }: SuiteSize): void {
	let template: Template
	const total: Record<string, number> = {}
	beforeAll(async () => {
		template = await makeTemplate()
	}, 120_000)
	afterAll(() => template.remove())

	const freshSeeds = Array.from({ length: fresh }, () => bytesToHex(systemRandom(4)))
	for (const seed of [...seeds, ...freshSeeds]) {
		test(
			`[L1][L2] seed ${seed}: what was posted is everywhere once, in order, and no mark goes back`,
			{ timeout: 180_000 },
			async () => {
				const outcome = await runModel(template, { seed, steps })
				print(`model seed ${seed}: ${JSON.stringify(outcome.counts)}`)
				for (const [name, count] of Object.entries(outcome.counts)) total[name] = (total[name] ?? 0) + count
				expect(outcome.violations, report(outcome)).toEqual([])
			},
		)
	}

	test('these runs were rough enough to say something', () => {
		print(`model of ${seeds.length + fresh} seeds: ${JSON.stringify(total)}`)
		for (const [name, count] of Object.entries(atLeast)) expect(total[name], name).toBeGreaterThanOrEqual(count)
	})
}
