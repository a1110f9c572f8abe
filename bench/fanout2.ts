/**
 * B12: two nodes on PostgreSQL and Redis beside one on SQLite, the same load: 20 conversations × 5 members, every second member of
 * each at the other node. Then each node is killed in the middle of such a load: what was acked must stand in the database.
 */
import { redisUrl } from '../tests/support/redis.ts'
import { testDatabase, type TestDatabase } from '../tests/support/test-database.ts'
import { percentile, rounded, type Line } from './lines.ts'
import { runFleet, type FleetResult } from './load/fleet.ts'
import { jobsAcross } from './load/split.ts'
import type { BenchOptions } from './options.ts'
import { seedFolder, separateGroups } from './seed/seed.ts'
import type { SeededWorld } from './seed/world.ts'
import type { ServerProcess } from './server-process.ts'
import { startKith } from './systems/start.ts'

const conversations = 20
const members = 5
const itemBytes = 400
/** Messages a second, of all conversations: half of what one node takes on two cores, which two nodes, the database and the load share. */
const rate = 500
const warmUpMs = 10_000
const everyMs = (1000 * conversations) / rate

interface Nodes {
	readonly nodes: readonly ServerProcess[]
	readonly world: SeededWorld
	/** Messages that are stored; of two nodes. */
	readonly stored: () => Promise<number>
}

export async function fanout2({ seconds }: BenchOptions): Promise<Line[]> {
	const one = await onOneNode((running) => load(running, { seconds, watched: running.nodes }))
	const two = await onTwoNodes((running) => load(running, { seconds, watched: running.nodes }))
	const lost: number[] = []
	for (const node of [0, 1]) lost.push(await onTwoNodes((running) => lostByKilling(running, node, seconds)))
	return [lineOf('one-node', one, {}), lineOf('two-nodes', two, { lost_by_killing: Math.max(...lost) })]
}

function lineOf(
	system: string,
	{ cpuMs, deliveries, latencies, lost, repeated, notAccepted }: FleetResult,
	more: Line,
) {
	return {
		...{ bench: 'fanout2', system },
		cpu_us_per_delivery: rounded((cpuMs * 1000) / deliveries),
		p50_ms: rounded(percentile(latencies, 0.5)),
		p99_ms: rounded(percentile(latencies, 0.99)),
		...{ lost, ...more, deliveries, repeated, not_accepted: notAccepted },
	}
}

interface LoadRun {
	readonly seconds: number
	/** Whose CPU is counted. */
	readonly watched: readonly ServerProcess[]
	readonly begins?: () => void
}

function load({ nodes, world }: Nodes, { seconds, watched, begins }: LoadRun): Promise<FleetResult> {
	const messages = Math.ceil((warmUpMs + seconds * 1000) / everyMs)
	const loop = { type: 'open', everyMs, conversations, warmUpMs } as const
	const shape = { system: 'kith', world, conversations, members, messages, itemBytes, loop } as const
	const [first, second = first] = nodes as readonly [ServerProcess, ServerProcess?]
	const measured = { ...first, cpuMs: () => watched.reduce((sum, node) => sum + node.cpuMs(), 0) }
	return runFleet(measured, jobsAcross(shape, [first.port, second.port]), null, begins)
}

/** Acked, and not in the database. */
async function lostByKilling({ nodes, world, stored }: Nodes, node: number, seconds: number): Promise<number> {
	const dying = nodes[node] as ServerProcess
	const watched = nodes.filter((other) => other !== dying)
	const begins = (): void => void setTimeout(dying.kill, (seconds * 1000) / 2)
	const { accepted } = await load({ nodes, world, stored }, { seconds, watched, begins })
	for (const living of watched) await living.stop()
	return Math.max(0, accepted - (await stored()))
}

async function onOneNode<T>(measure: (running: Nodes) => Promise<T>): Promise<T> {
	const { data, world, remove } = await seedFolder(separateGroups(conversations, members))
	const node = await startKith(data)
	try {
		return await measure({ nodes: [node], world, stored: () => Promise.resolve(0) })
	} finally {
		await node.stop()
		await remove()
	}
}

async function onTwoNodes<T>(measure: (running: Nodes) => Promise<T>): Promise<T> {
	const database = await testDatabase()
	const { data, world, remove } = await seedFolder({
		...separateGroups(conversations, members),
		database: database.url,
	})
	const env = { DATABASE_URL: database.url, REDIS_URL: redisUrl }
	const nodes = [await startKith(data, env), await startKith(data, env)]
	try {
		return await measure({ nodes, world, stored: () => storedIn(database) })
	} finally {
		for (const node of nodes) await node.stop()
		await remove()
		await database.drop()
	}
}

async function storedIn(database: TestDatabase): Promise<number> {
	const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM events')
	return row?.count ?? 0
}
