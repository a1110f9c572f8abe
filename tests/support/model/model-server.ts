/** A real server on a data folder that can stop, die and come back; everything of it is real but the moment of its death. */
import { join } from 'node:path'
import { readConfig } from '#server/config.ts'
import { createInstance } from '#server/create-instance.ts'
import type { Log } from '#server/domain/log.ts'
import { serve, type Serving } from '#server/serve.ts'
import { mortalData, storedEventIds, type DataFaults, type MortalData, type PowerCutMoment } from './mortal-data.ts'
import { testServerEnvironment } from '../server.ts'

export interface ModelServer {
	/** 0 while it is down. */
	readonly port: number
	/** What it logged as an error that was not provoked here. */
	readonly errors: readonly string[]
	readonly failures: number
	/** Nothing, where it is up. */
	start(): Promise<void>
	/** As by SIGTERM. */
	stop(): Promise<void>
	/** As by a power cut: nothing is written or told any more when this returns. `down`: when its file is closed. */
	crash(down: () => void): Promise<void>
	/** `then` is called at the moment of death; it must call `crash`. */
	crashAtCommit(commits: number, moment: PowerCutMoment, then: () => void): void
	failWrites(count: number): void
	failReads(count: number): void
	/** eventIds of all rows on the disk, one for each row. */
	storedEventIds(): string[]
}

interface Running {
	readonly serving: Serving
	readonly data: MortalData
	readonly life: { over: boolean }
}

/** Errors that the runs of the model provoke on purpose. */
const provoked = /disk is full|cannot be read/

async function run(folder: string, faults: DataFaults, errors: string[]): Promise<Running> {
	const environment = {
		...testServerEnvironment,
		PORT: '0',
		KITH_DATA: folder,
	}
	const config = readConfig(environment)
	if (!config.ok) throw new Error(config.error.sentence)
	const data = mortalData(faults)
	const life = { over: false }
	const error: Log['error'] = (event, fields) => {
		const line = `${event} ${String((fields?.error as Error)?.stack ?? '')}`
		if (!life.over && !provoked.test(line)) errors.push(line)
	}
	const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error }
	const instance = await createInstance({
		config: config.value,
		log,
		openData: async () => data.open(join(folder, 'kith.sqlite')),
	})
	return { serving: await serve(instance, config.value), data, life }
}

export function createModelServer(folder: string, faults: DataFaults): ModelServer {
	const errors: string[] = []
	let running: Running | null = null
	/** Up, or on its way down. */
	let newest: Running | null = null
	let failures = 0
	let last: Promise<unknown> = Promise.resolve()
	/** Starts and ends come one after the other, whoever asks for them. */
	const inTurn = (work: () => Promise<void>): Promise<void> => {
		const done = last.then(work)
		last = done.catch(() => undefined)
		return done
	}

	async function bury(): Promise<void> {
		const buried = running
		running = null
		if (buried === null) return
		const stopped = buried.serving.stop()
		if (buried.life.over) buried.serving.cut()
		await stopped
		failures += buried.data.failures
		newest = null
	}

	return {
		get port() {
			return running === null || running.life.over ? 0 : running.serving.port
		},
		errors,
		get failures() {
			return failures + (running?.data.failures ?? 0)
		},
		start: () =>
			inTurn(async () => {
				if (running === null) newest = running = await run(folder, faults, errors)
			}),
		stop: () => inTurn(bury),
		crash: (down) => {
			if (newest !== null) newest.life.over = true
			const closed = newest?.data.crash()
			return inTurn(async () => {
				await closed
				await bury()
				down()
			})
		},
		crashAtCommit: (...when) => running?.data.crashAtCommit(...when),
		failWrites: (count) => running?.data.failWrites(count),
		failReads: (count) => running?.data.failReads(count),
		storedEventIds: () => storedEventIds(join(folder, 'kith.sqlite')),
	}
}
