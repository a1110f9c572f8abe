/** B2: 20 conversations × 5 members, closed loop from two processes: deliveries a second when the server has no rest. */
import { runFleet } from './load/fleet.ts'
import { jobsOf } from './load/split.ts'
import { rounded, type Line } from './lines.ts'
import { profileOf, type BenchOptions } from './options.ts'
import { withServer } from './running.ts'
import { separateGroups } from './seed/seed.ts'
import type { SystemName } from './systems/system.ts'

const conversations = 20
const members = 5
const itemBytes = 400
const underWay = 20
const warmUpMs = 2000
const loadProcesses = 2
/** Prepared for each conversation and second: more than any of the systems moves on this kind of machine. */
const messagesPerSecond = 600

export async function saturate({ systems, seconds, profile }: BenchOptions): Promise<Line[]> {
	const measureMs = seconds * 1000
	const messages = Math.ceil((messagesPerSecond * (warmUpMs + measureMs)) / 1000)
	const lines: Line[] = []
	for (const system of systems) lines.push(await measure(system, { messages, measureMs, profile }))
	return lines
}

interface Shape {
	readonly messages: number
	readonly measureMs: number
	readonly profile: string | null
}

function measure(system: SystemName, { messages, measureMs, profile }: Shape): Promise<Line> {
	const wish = { system, world: separateGroups(conversations, members), store: 'sqlite' } as const
	return withServer(wish, async ({ server, world }) => {
		const loop = { type: 'closed', underWay, warmUpMs, measureMs } as const
		const jobs = jobsOf({ system, server, world, conversations, members, messages, itemBytes, loop }, loadProcesses)
		const { deliveries, cpuMs, wallMs, lost, repeated, notAccepted, ranOut } = await runFleet(
			server,
			jobs,
			profileOf(profile, `saturate-${system}`),
		)
		return {
			...{ bench: 'saturate', system },
			deliveries_per_s: Math.round((deliveries * 1000) / measureMs),
			cpu_us_per_delivery: rounded((cpuMs * 1000) / deliveries),
			...{ cpu_share: rounded(cpuMs / wallMs), lost, repeated, not_accepted: notAccepted, ran_out: ranOut },
		}
	})
}
