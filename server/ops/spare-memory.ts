/**
 * Gives the system back what V8 keeps after busy times. It keeps emptied pages, and a young generation of up to 128 MiB, for work to
 * come, and looks at them again only while it allocates: a server that has become quiet would hold them for ever.
 */
import type { Log } from '#server/domain/log.ts'
import type { Timers } from '#protocol/ports.ts'
import { performance, type EventLoopUtilization } from 'node:perf_hooks'
import process from 'node:process'

/** What a process uses, bytes. */
export interface MemoryUse {
	/** Of memory, for whatever it is there. */
	readonly resident: number
	/** By JavaScript, alive or not collected yet. */
	readonly used: number
}

export interface SpareMemoryPorts {
	readonly timers: Timers
	readonly log: Log
	readonly memory: () => MemoryUse
	/** Share of the time since it was last asked in which the event loop worked, 0 to 1. */
	readonly busy: () => number
	/** Collects garbage and returns free pages; nothing else runs meanwhile. */
	readonly collect: () => Promise<void>
}

const MiB = 1024 * 1024

/** Between two looks, ms. */
const lookEvery = 60_000
/** Nobody is held up who would notice. */
const quiet = 0.05
/** Not for less than this beyond what was left the last time. */
const worthwhile = 32 * MiB
/** On a busy machine collecting took 0.6 s for 40 to 115 MiB in use, and 1.2 s for 233: beyond this, people would wait too long for it. */
const usedMax = 128 * MiB

/** The answer stops it. */
export function giveBackSpareMemory({ timers, log, memory, busy, collect }: SpareMemoryPorts): () => void {
	let left = 0
	let cancel = (): void => {}

	const spare = (): number => {
		const { resident, used } = memory()
		return resident - used
	}
	const look = async (): Promise<void> => {
		const isQuiet = busy() < quiet
		if (!isQuiet || memory().used > usedMax || spare() < left + worthwhile) return
		await collect()
		left = spare()
	}
	const lookAgain = (): void => {
		cancel = timers.after(lookEvery, () => {
			look().then(lookAgain, (error: unknown) => log.warn('memory-not-given-back', { error }))
		})
	}
	lookAgain()
	return () => cancel()
}

export function memoryOfProcess(): MemoryUse {
	const { rss, heapUsed, external } = process.memoryUsage()
	return { resident: rss, used: heapUsed + external }
}

export function busyShare(): () => number {
	let before: EventLoopUtilization = performance.eventLoopUtilization()
	return () => {
		const now = performance.eventLoopUtilization()
		const { utilization } = performance.eventLoopUtilization(now, before)
		before = now
		return utilization
	}
}

/** The one documented way to ask V8 for this without a flag. Some builds of Node have no inspector: then it rejects. */
export async function collectAndReturn(): Promise<void> {
	const { Session } = await import('node:inspector/promises')
	const session = new Session()
	session.connect()
	try {
		await session.post('HeapProfiler.collectGarbage')
	} finally {
		session.disconnect()
	}
}
