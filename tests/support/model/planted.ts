/** Faults that are planted in a seam: each makes the model test fail, and as what it is said to. */
import { expect } from 'vitest'
import { print } from './model-suite.ts'
import type { Faults } from './model-world.ts'
import type { ViolationKind } from './oracle.ts'
import { runModel } from './run-model.ts'
import type { Template } from './template.ts'

export interface Planted {
	readonly name: string
	readonly faults: Faults
	/** As what it shows itself; anything else that goes wrong does not count. */
	readonly shows: readonly ViolationKind[]
	/** A seed that shows it soon. */
	readonly soon: number
}

export const planted: readonly Planted[] = [
	{ name: 'a server that acks before its commit', faults: { acksBeforeCommit: true }, shows: ['not-durable'], soon: 1 },
	{
		name: 'a repository without the duplicate check',
		...{ faults: { noDuplicateCheck: true }, shows: ['stored-twice'], soon: 4 },
	},
	{ name: 'a client that drops a hold', faults: { dropsHolds: true }, shows: ['never-settled'], soon: 1 },
	{ name: 'outbox rows lost in a crash', faults: { losesOutbox: true }, shows: ['lost'], soon: 1 },
	{
		name: 'a stream that begins at clock 0 again',
		...{ faults: { forgetsStreams: true }, shows: ['lost', 'twice', 'order', 'failed'], soon: 1 },
	},
]

/** Fails where none of the seeds shows it: a seed gives the schedule, not every interleaving. */
export async function expectCaught(
	template: Template,
	{ name, faults, shows }: Planted,
	seeds: readonly number[],
): Promise<void> {
	for (const number of seeds) {
		const seed = `fault ${number}`
		const { violations } = await runModel(template, { seed, steps: 50, faults, patience: 3_000, stopsAtFirst: true })
		const caught = violations.find(({ kind }) => shows.includes(kind))
		if (caught === undefined) continue
		return print(`${name}: caught by seed "${seed}": ${caught.kind}, ${caught.says.slice(0, 200)}`)
	}
	expect.unreachable(`${name} passed ${seeds.length} seeds`)
}
