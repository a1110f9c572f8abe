/** What may happen in a run, each with how often, and the hand that does it. */
import type { Chance } from './chance.ts'
import type { ModelDevice } from './model-device.ts'
import type { ModelWorld } from './model-world.ts'

type Tally = { -readonly [Name in 'reads' | 'cuts' | 'crashes' | 'reopened' | 'restarts' | 'powerCuts']: number }

export class Run {
	readonly world: ModelWorld
	readonly chance: Chance
	readonly tally: Tally = { reads: 0, cuts: 0, crashes: 0, reopened: 0, restarts: 0, powerCuts: 0 }
	readonly log: string[] = []
	readonly #under = new Set<Promise<unknown>>()

	constructor(world: ModelWorld, chance: Chance) {
		this.world = world
		this.chance = chance
	}

	/** Work that ends by itself. */
	later(work: Promise<unknown>): void {
		const watched = work.catch((error: unknown) =>
			this.world.oracle.violated('trouble', String((error as Error).stack)),
		)
		this.#under.add(watched)
		void watched.finally(() => this.#under.delete(watched))
	}

	async settled(): Promise<void> {
		while (this.#under.size > 0) await Promise.all(this.#under)
	}

	write(device: ModelDevice, conversation = this.chance.pick(device.conversations)): void {
		const { api } = device
		if (api === null) return
		const post = this.world.oracle.writes(device.name, conversation)
		this.later(
			Promise.race([
				api.post({ conversation, text: post.text }).then((answer) => {
					if (answer.ok) post.isPromised = true
					else this.world.oracle.violated('trouble', `${device.name} may not write: ${JSON.stringify(answer.error)}`)
				}),
				// A client that died answers nobody.
				device.gone(api),
			]),
		)
	}

	read(device: ModelDevice): void {
		const conversation = this.chance.pick(device.conversations)
		const last = device.seen.get(conversation)?.messages.at(-1)
		const { api } = device
		if (api === null || last === undefined) return
		this.tally.reads++
		this.later(Promise.race([api.markRead({ conversation, key: last.key }), device.gone(api)]))
	}

	crash(device: ModelDevice): Promise<void> {
		this.tally.crashes++
		return device.crash()
	}

	async powerCut(): Promise<void> {
		this.tally.powerCuts++
		await this.world.powerCut()
		await this.world.server.start()
	}

	async restart(): Promise<void> {
		this.tally.restarts++
		await this.world.server.stop()
		await this.world.server.start()
	}
}

/** Turns of the loop: time for sockets and disks, without a clock. */
async function turns(count: number): Promise<void> {
	for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}

interface StepKind {
	readonly weight: number
	readonly run: (run: Run) => Promise<string> | string
}

/** At one of its next writes, on either side of the commit. */
function crashSoon(run: Run, device: ModelDevice): string {
	if (device.api === null) return `${device.name} is closed`
	const moment = run.chance.pick(['before-commit', 'after-commit'] as const)
	const at = run.chance.pick(['any-write', 'placing'] as const)
	const writes = 1 + run.chance.below(at === 'placing' ? 3 : 10)
	device.disk.crashSoon({ in: writes, at, moment, then: () => run.later(run.crash(device)) })
	return `${device.name} will crash ${moment}, ${at} ${writes}`
}

/** First words are the most delicate: nothing of a stream is there yet, here or on the server. */
export function begin(run: Run): void {
	for (const device of run.world.devices) {
		if (run.chance.percent(40)) run.log.push(crashSoon(run, device))
		for (let i = run.chance.below(5); i > 0; i--) run.write(device)
	}
}

const anyone = ({ world, chance }: Run) => chance.pick(world.devices)

const stepKinds: readonly StepKind[] = [
	{
		weight: 40,
		run: (run) => {
			const device = anyone(run)
			const count = 1 + run.chance.below(4)
			for (let i = 0; i < count; i++) run.write(device)
			return `${device.name} writes ${count}`
		},
	},
	{
		weight: 10,
		run: (run) => {
			const device = anyone(run)
			run.read(device)
			return `${device.name} reads`
		},
	},
	{
		weight: 9,
		run: (run) => {
			const device = anyone(run)
			run.tally.cuts++
			device.line.cut()
			return `${device.name} is cut off`
		},
	},
	{
		weight: 12,
		run: (run) => {
			const device = anyone(run)
			device.line.resume()
			return `${device.name} has its line back`
		},
	},
	{
		weight: 10,
		run: (run) => {
			const device = anyone(run)
			const way = run.chance.percent(60) ? 'down' : 'up'
			device.line.hold(way)
			return `${device.name} is held ${way}`
		},
	},
	{
		weight: 10,
		run: (run) => {
			const held = run.world.devices.filter(({ line }) => line.isHeld('down') || line.isHeld('up'))
			if (held.length === 0) return 'nobody is held'
			const { name, line } = run.chance.pick(held)
			for (const way of ['up', 'down'] as const) line.release(way, way === 'down' ? run.chance : null)
			return `${name} is released`
		},
	},
	{
		weight: 6,
		run: (run) => {
			const device = anyone(run)
			if (device.api === null) return `${device.name} is closed`
			run.later(run.crash(device))
			return `${device.name} crashes`
		},
	},
	{
		weight: 8,
		run: (run) => crashSoon(run, anyone(run)),
	},
	{
		weight: 16,
		run: async (run) => {
			const closed = run.world.devices.filter(({ api }) => api === null)
			if (closed.length === 0) return 'nobody is closed'
			const device = run.chance.pick(closed)
			await run.settled()
			if (device.api === null) await device.open()
			run.tally.reopened++
			return `${device.name} opens again`
		},
	},
	{
		weight: 3,
		run: async (run) => {
			const device = anyone(run)
			await run.settled()
			await device.close()
			return `${device.name} closes`
		},
	},
	{
		weight: 3,
		run: async (run) => {
			await run.restart()
			return 'the server restarts'
		},
	},
	{
		weight: 3,
		run: async (run) => {
			await run.powerCut()
			return 'the power goes'
		},
	},
	{
		weight: 4,
		run: (run) => {
			const moment = run.chance.pick(['before-commit', 'after-commit', 'after-publish'] as const)
			const commits = 1 + run.chance.below(8)
			run.world.server.crashAtCommit(commits, moment, () => run.later(run.powerCut()))
			return `the power will go ${moment} ${commits}`
		},
	},
	{
		weight: 6,
		run: (run) => {
			const count = 1 + run.chance.below(3)
			run.world.server.failWrites(count)
			return `the disk of the server fails ${count} times`
		},
	},
	{
		weight: 4,
		run: (run) => {
			const count = 1 + run.chance.below(3)
			run.world.server.failReads(count)
			return `the disk of the server cannot be read ${count} times`
		},
	},
]

const totalWeight = stepKinds.reduce((sum, { weight }) => sum + weight, 0)

/** The next step of the schedule, and a while until the one after it. */
export async function takeStep(run: Run): Promise<void> {
	let left = run.chance.below(totalWeight)
	const kind = stepKinds.find(({ weight }) => (left -= weight) < 0) as StepKind
	run.log.push(await kind.run(run))
	await turns(run.chance.below(run.chance.percent(15) ? 300 : 40))
}
