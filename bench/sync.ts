/**
 * B1: 20 pages × 5 members at 2,000 messages a second, and 1 × 200 members at 100, open loop, 400-byte items. Ours checks
 * each item and commits before it delivers; the peers hold documents in memory and check nothing.
 */
import { jobsOf } from './load/split.ts'
import { runFleet } from './load/fleet.ts'
import { percentile, rounded, type Line } from './lines.ts'
import { profileOf, type BenchOptions } from './options.ts'
import { withServer } from './running.ts'
import { separateGroups } from './seed/seed.ts'
import type { SystemName } from './systems/system.ts'

const itemBytes = 400
/** Of every system alike. After seven seconds of 2,000 messages a second V8's compilers still took a seventh of our server's CPU. */
const warmUpMs = 20_000
const loadProcesses = 2

interface Scenario {
	readonly name: string
	readonly conversations: number
	readonly members: number
	/** Messages a second, of all conversations together. */
	readonly rate: number
}

const scenarios: readonly Scenario[] = [
	{ name: '20x5', conversations: 20, members: 5, rate: 2000 },
	{ name: '1x200', conversations: 1, members: 200, rate: 100 },
]

/** Scenario by scenario, so that the systems that are compared run right after one another. */
export async function sync(options: BenchOptions): Promise<Line[]> {
	const lines: Line[] = []
	const chosen = scenarios.filter(({ name }) => options.scenario === null || name === options.scenario)
	if (chosen.length === 0) throw new Error(`There is no scenario "${options.scenario}".`)
	for (const scenario of chosen) {
		for (const system of options.systems) lines.push(await measure(system, scenario, options))
	}
	return lines
}

function measure(system: SystemName, scenario: Scenario, { quick, seconds, profile }: BenchOptions): Promise<Line> {
	const { name, conversations, members } = scenario
	const rate = quick ? scenario.rate / 10 : scenario.rate
	const everyMs = (1000 * conversations) / rate
	const messages = Math.ceil((warmUpMs + seconds * 1000) / everyMs)
	const wish = { system, world: separateGroups(conversations, members), store: 'memory' } as const
	return withServer(wish, async ({ server, world }) => {
		const loop = { type: 'open', everyMs, conversations, warmUpMs } as const
		const jobs = jobsOf({ system, server, world, conversations, members, messages, itemBytes, loop }, loadProcesses)
		const { deliveries, latencies, cpuMs, wallMs, lost, repeated, notAccepted } = await runFleet(
			server,
			jobs,
			profileOf(profile, `sync-${name}-${system}`),
		)
		return {
			...{ bench: 'sync', scenario: name, system },
			cpu_us_per_delivery: rounded((cpuMs * 1000) / deliveries),
			p50_ms: rounded(percentile(latencies, 0.5)),
			p99_ms: rounded(percentile(latencies, 0.99)),
			lost,
			...{ deliveries, cpu_share: rounded(cpuMs / wallMs), repeated, not_accepted: notAccepted },
		}
	})
}
