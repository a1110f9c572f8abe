/**
 * One run: a schedule that follows from the seed, then peace, then a last word of everybody while the server's disk fails
 * a little, then the question whether every promise was kept. What happens between two steps is real time and real sockets:
 * a seed gives the schedule again, not every interleaving.
 */
import { chanceOf } from './chance.ts'
import type { Shown, Violation } from './oracle.ts'
import { openModelWorld, type Faults } from './model-world.ts'
import type { ModelDevice } from './model-device.ts'
import { begin, Run, takeStep } from './steps.ts'
import type { Template } from './template.ts'

export interface Counts {
	readonly writes: number
	readonly promised: number
	readonly reads: number
	readonly cuts: number
	readonly broken: number
	readonly framesHeld: number
	readonly reordered: number
	readonly crashes: number
	readonly reopened: number
	readonly restarts: number
	readonly powerCuts: number
	readonly failures: number
	readonly holds: number
}

export interface ModelOutcome {
	readonly seed: string
	readonly counts: Counts
	readonly violations: readonly Violation[]
	/** The schedule as it went. */
	readonly steps: readonly string[]
}

export interface ModelRun {
	readonly seed: string
	readonly steps: number
	readonly faults?: Faults
	/** Without any movement for this long nothing will come any more, ms. */
	readonly patience?: number
	/** What is wrong already is enough. */
	readonly stopsAtFirst?: boolean
}

/** Everything works again. */
async function heal(run: Run): Promise<void> {
	const { devices, server } = run.world
	server.failWrites(0)
	server.failReads(0)
	server.crashAtCommit(Infinity, 'before-commit', () => {})
	await run.settled()
	await server.start()
	for (const device of devices) {
		device.disk.forgive()
		if (device.api === null) await device.open()
		device.line.resume()
	}
}

function shownBy(devices: readonly ModelDevice[]): Shown[] {
	return devices.flatMap(({ name, conversations, seen }) =>
		conversations.map((conversation) => ({
			device: name,
			conversation,
			messages: seen.get(conversation)?.messages ?? [],
		})),
	)
}

/** Everybody is online, has sent everything and shows what the others show. */
function isAtPeace({ world: { devices, oracle } }: Run): boolean {
	if (!devices.every(({ online }) => online)) return false
	const lists = new Map<string, string>()
	for (const { conversation, messages } of shownBy(devices)) {
		if (messages.some(({ mark }) => mark === 'queued')) return false
		const list = JSON.stringify(messages.map(({ event }) => event))
		if ((lists.get(conversation) ?? list) !== list) return false
		lists.set(conversation, list)
		const promised = oracle.posts.filter((post) => post.conversation === conversation && post.isPromised)
		if (promised.length > messages.length) return false
	}
	return true
}

/** False when nothing moves any more before that. */
async function peace(run: Run, patience: number): Promise<boolean> {
	while (!isAtPeace(run)) if (!(await run.world.nextMove(patience))) return isAtPeace(run)
	return true
}

function why({ world: { devices } }: Run): string {
	const waiting = devices.flatMap(({ name, seen, online }) => [
		...(online ? [] : [`${name} is not online with an empty outbox`]),
		...[...seen.values()].flatMap(({ messages }) =>
			messages.flatMap(({ mark, content }) =>
				mark === 'queued' ? [`${name} still has ${JSON.stringify(content)} queued`] : [],
			),
		),
	])
	return waiting.length > 0 ? waiting.join('; ') : 'the lists stay different'
}

/** A client tells of it, and tries again by itself. */
function isSaid(trouble: string): boolean {
	return trouble.includes('the catch-up did not come to its end')
}

async function toTheEnd(run: Run, patience: number): Promise<void> {
	const { oracle, devices, server } = run.world
	await heal(run)
	const settled = await peace(run, patience)
	if (!settled) oracle.violated('never-settled', why(run))
	// A last word of everybody, on lines that stay: what is held must come by itself.
	server.failWrites(4)
	if (settled)
		for (const device of devices) for (const conversation of device.conversations) run.write(device, conversation)
	await run.settled()
	if (settled && !(await peace(run, patience))) oracle.violated('never-settled', why(run))
	for (const { troubles } of devices) {
		for (const trouble of troubles) if (!isSaid(trouble)) oracle.violated('trouble', trouble)
	}
	for (const error of server.errors) oracle.violated('trouble', `server: ${error}`)
	oracle.checkEnd(server.storedEventIds(), shownBy(devices))
}

export async function runModel(
	template: Template,
	{ seed, steps, faults = {}, patience = 8_000, stopsAtFirst = false }: ModelRun,
): Promise<ModelOutcome> {
	const world = await openModelWorld(template, faults)
	const run = new Run(world, chanceOf(seed))
	try {
		begin(run)
		for (let i = 0; i < steps && !(stopsAtFirst && world.oracle.violations.length > 0); i++) await takeStep(run)
		if (!stopsAtFirst || world.oracle.violations.length === 0) await toTheEnd(run, patience)
	} finally {
		await world.close()
	}
	const { posts, violations } = world.oracle
	const { held, reordered, broken } = world.lineCounts
	const counts: Counts = {
		...run.tally,
		...{ writes: posts.length, promised: posts.filter(({ isPromised }) => isPromised).length },
		...{ framesHeld: held, reordered, broken, failures: world.server.failures, holds: world.holds },
	}
	return { seed, counts, violations, steps: run.log }
}
