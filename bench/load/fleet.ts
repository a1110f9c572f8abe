/** The bench's side of the load: starts the processes, sets them off together, and reads the server's CPU beside them. */
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { monotonicMs, sleepUntil } from '../monotonic.ts'
import type { ServerProcess } from '../server-process.ts'
import type { FromLoad, LoadJob, LoadResult, ToLoad } from './job.ts'

export interface FleetResult extends LoadResult {
	/** Of the server, from the end of the warm-up to the end of the window (open loop: to the last delivery). */
	readonly cpuMs: number
	/** Length of that time, ms. */
	readonly wallMs: number
}

interface Worker {
	readonly child: ChildProcess
	readonly ready: Promise<void>
	readonly done: Promise<LoadResult>
}

function startWorker(job: LoadJob): Worker {
	const child = fork(join(import.meta.dirname, 'load-process.ts'), [], { serialization: 'advanced', execArgv: [] })
	const heard = <T extends FromLoad['t']>(t: T) =>
		new Promise<Extract<FromLoad, { t: T }>>((resolve, reject) => {
			child.on('message', (message: FromLoad) => {
				if (message.t === t) resolve(message as Extract<FromLoad, { t: T }>)
				if (message.t === 'failed') reject(new Error(`load: ${message.message}`))
			})
			child.once('exit', (code) => reject(new Error(`a load process ended with ${code}`)))
		})
	const ready = heard('ready').then(() => {})
	const done = heard('done').then(({ result }) => result)
	// Whoever awaits `ready` hears of the failure; `done` is not awaited by then.
	done.catch(() => {})
	tell(child, { t: 'job', job })
	return { child, ready, done }
}

function tell(child: ChildProcess, message: ToLoad): void {
	child.send(message)
}

/** What is asked of a server while it is measured. */
export type Measured = Pick<ServerProcess, 'cpuMs' | 'startProfile' | 'stopProfile'>

/**
 * All jobs are of one run: the same loop and start. `profile`: a file for the server's CPU profile of the measured time;
 * `begins`: that time begins.
 */
export async function runFleet(
	server: Measured,
	jobs: readonly LoadJob[],
	profile: string | null = null,
	begins: () => void = () => {},
): Promise<FleetResult> {
	const { loop } = jobs[0] as LoadJob
	const workers = jobs.map(startWorker)
	try {
		await Promise.all(workers.map(({ ready }) => ready))
		const start = monotonicMs() + 500
		for (const { child } of workers) tell(child, { t: 'start', at: start })
		await sleepUntil(start + loop.warmUpMs)
		if (profile !== null) await server.startProfile()
		begins()
		const before = { cpu: server.cpuMs(), at: monotonicMs() }
		if (loop.type === 'closed') await sleepUntil(start + loop.warmUpMs + loop.measureMs)
		else await Promise.all(workers.map(({ done }) => done))
		const after = { cpu: server.cpuMs(), at: monotonicMs() }
		if (profile !== null) await server.stopProfile(profile)
		const results = await Promise.all(workers.map(({ done }) => done))
		return { ...merged(results), cpuMs: after.cpu - before.cpu, wallMs: after.at - before.at }
	} finally {
		for (const { child } of workers) child.kill()
	}
}

function merged(results: readonly LoadResult[]): LoadResult {
	const sum = (count: (result: LoadResult) => number): number =>
		results.reduce((total, result) => total + count(result), 0)
	const latencies = Float32Array.from(results.flatMap((result) => [...result.latencies])).sort()
	return {
		deliveries: sum(({ deliveries }) => deliveries),
		latencies,
		lost: sum(({ lost }) => lost),
		repeated: sum(({ repeated }) => repeated),
		accepted: sum(({ accepted }) => accepted),
		notAccepted: sum(({ notAccepted }) => notAccepted),
		ranOut: results.some(({ ranOut }) => ranOut),
	}
}
