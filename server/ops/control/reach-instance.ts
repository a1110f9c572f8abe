/** An instance for a command: the one that runs on the folder, else one that is opened for as long as the command takes. */
import type { WireErrorCode } from '#protocol/errors.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { Config } from '#server/config.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../log.ts'
import { runAct, type ActInput, type ActName, type ActOutput } from './acts.ts'
import { askRunning } from './control-socket.ts'
import { lockFolder, type FolderLock } from './folder-lock.ts'

/** Throws one sentence where the instance can be had in neither way. */
export async function askInstance<N extends ActName>(
	config: Config,
	act: N,
	input: ActInput<N>,
): Promise<Result<ActOutput<N>, WireErrorCode>> {
	mustBeInstance(config)
	const answered = await askRunning(config.data, act, input)
	return answered ?? (await askOwn(config, act, input))
}

export function mustBeInstance({ data, postgres }: Pick<Config, 'data' | 'postgres'>): void {
	if (!existsSync(join(data, postgres === null ? 'kith.sqlite' : 'secrets.json')))
		throw new Error(`${data} is not the data folder of a Kith: name it with --data or KITH_DATA.`)
}

const nobodyAlone: FolderLock = { release: () => undefined }

/** What works on the file of the database. */
export function mustBeSqlite({ postgres }: Pick<Config, 'postgres'>): void {
	if (postgres !== null)
		throw new Error('DATABASE_URL is set: this command works on SQLite, and PostgreSQL has tools of its own for it.')
}

async function askOwn<N extends ActName>(
	config: Config,
	act: N,
	input: ActInput<N>,
): Promise<Result<ActOutput<N>, WireErrorCode>> {
	// One of several nodes for a moment: the others are told of what it does.
	const lock = config.redis === null ? lockFolder(config.data) : nobodyAlone
	if (lock === null)
		throw new Error(
			`Another process works on ${config.data} and does not answer: wait until it has ended, or stop the server.`,
		)
	try {
		// The whole server, which a command that is answered by a running one does without.
		const { createInstance } = await import('#server/create-instance.ts')
		// What it logs would stand between the lines of the command.
		const instance = await createInstance({ config, log: createLog('silent') })
		try {
			const origin = config.origin ?? `http://localhost:${config.port}`
			const decided = await runAct({ domain: instance.domain, origin }, act, input)
			return decided.ok ? ok(decided.value as ActOutput<N>) : fail(decided.error.type)
		} finally {
			await instance.stop()
		}
	} finally {
		lock.release()
	}
}
