/**
 * B3: what a connected device costs the server that says nothing. Ours: each proven, each following its 20 conversations. The
 * peers: each in one document, which is all that a socket of y-websocket can hear. Then some post, to show that it arrives.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { CrowdDevice, CrowdJob, CrowdPost, FromCrowd, ToCrowd } from './load/crowd.ts'
import { rounded, say, type Line } from './lines.ts'
import { monotonicMs, sleepUntil } from './monotonic.ts'
import type { BenchOptions } from './options.ts'
import { withServer, type Running } from './running.ts'
import { mixedGroups } from './seed/seed.ts'
import type { WorldWish } from './seed/world.ts'
import type { SystemName } from './systems/system.ts'

const conversationsEach = 20
const loadProcesses = 2
const itemBytes = 400
const postsOfProof = 50
const arrivalMs = 10_000
/** The first of so many devices are not counted: a server that has served nobody yet has not loaded all of its code. */
const warmUpShare = 20

type Shape = Omit<WorldWish, 'data'> & { readonly members: number }

export async function idle({ systems, devices, members }: BenchOptions): Promise<Line[]> {
	const lines: Line[] = []
	for (const system of systems) {
		const world = mixedGroups(devices, system === 'kith' ? conversationsEach : 1, members)
		const wish = { system, world, store: 'memory' } as const
		lines.push(await withServer(wish, (running) => measure(system, { ...world, members }, running)))
	}
	return lines
}

async function measure(system: SystemName, shape: Shape, { server, world }: Running): Promise<Line> {
	const { members } = shape
	const followed = conversationsByAccount(shape)
	const devices = followed.map((conversations, index): CrowdDevice => {
		return { index, conversations, kith: world?.accounts[index] ?? null }
	})
	const common = { system, port: server.port, conversations: world?.conversations ?? [], itemBytes }
	const jobs = Array.from({ length: loadProcesses }, (_, process): CrowdJob => {
		return { ...common, devices: devices.filter(({ index }) => index % loadProcesses === process) }
	})
	const crowds = jobs.map(startCrowd)
	const connect = (count: number) => Promise.all(crowds.map((crowd) => ask(crowd, { t: 'connect', count }, 'ready')))
	try {
		crowds.forEach((crowd, i) => crowd.send({ t: 'job', job: jobs[i] as CrowdJob } satisfies ToCrowd))
		const warm = Math.floor(devices.length / warmUpShare / loadProcesses)
		await connect(warm)
		const before = await server.settledMemory()
		await connect(devices.length)
		const counted = devices.length - warm * loadProcesses
		say(`${system}: ${devices.length} devices are connected`)
		const after = await server.settledMemory()
		const proof = await prove(crowds, shape)
		return {
			...{ bench: 'idle', system },
			kb_per_device: rounded((after.rssKb - before.rssKb) / counted),
			devices: devices.length,
			heap_kb_per_device: rounded((after.heapKb - before.heapKb) / counted),
			...{ conversations_each: followed.flat().length / devices.length, members, ...proof },
		}
	} finally {
		for (const crowd of crowds) crowd.kill()
	}
}

function conversationsByAccount({ accounts, conversations }: Shape): number[][] {
	const followed = Array.from({ length: accounts }, (): number[] => [])
	conversations.forEach((members, index) => members.forEach((account) => void followed[account]?.push(index)))
	return followed
}

function startCrowd(): ChildProcess {
	return fork(join(import.meta.dirname, 'load/crowd-process.ts'), [], { serialization: 'advanced', execArgv: [] })
}

function ask<T extends FromCrowd['t']>(
	crowd: ChildProcess,
	message: ToCrowd,
	answer: T,
): Promise<Extract<FromCrowd, { t: T }>> {
	return new Promise((resolve, reject) => {
		const hear = (told: FromCrowd): void => {
			if (told.t === 'failed') reject(new Error(`load: ${told.message}`))
			if (told.t !== answer) return
			crowd.off('message', hear)
			resolve(told as Extract<FromCrowd, { t: T }>)
		}
		crowd.on('message', hear)
		crowd.send(message)
	})
}

/** One post in each of some conversations, spread over all of them, is heard by all other members. */
async function prove(crowds: readonly ChildProcess[], { conversations }: Shape) {
	const step = Math.max(1, Math.floor(conversations.length / postsOfProof))
	const chosen = conversations.flatMap((members, index) => (index % step === 0 ? [{ members, index }] : []))
	const posts = chosen.map(({ members, index }): CrowdPost => ({
		device: members[0] as number,
		conversation: index,
		n: 0,
	}))
	await Promise.all(
		crowds.map((crowd, process) => {
			const own = posts.filter(({ device }) => device % crowds.length === process)
			return ask(crowd, { t: 'post', posts: own }, 'posted')
		}),
	)
	const expected = chosen.reduce((sum, { members }) => sum + members.length - 1, 0)
	const deadline = monotonicMs() + arrivalMs
	for (;;) {
		const answers = await Promise.all(crowds.map((crowd) => ask(crowd, { t: 'report' }, 'heard')))
		const heard = answers.reduce((sum, { count }) => sum + count, 0)
		const closed = answers.reduce((sum, answer) => sum + answer.closed, 0)
		if (heard >= expected || monotonicMs() > deadline) return { posts: posts.length, lost: expected - heard, closed }
		await sleepUntil(monotonicMs() + 50)
	}
}
