/** The server as people start it: `server/start.js` in a process of its own, which builds the app when that is needed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import process from 'node:process'

export interface ServerProcess {
	readonly origin: string
	readonly port: number
	readonly pid: number
	/** What it prints for the first administrator, as long as there is none. */
	readonly setupLink: () => Promise<string>
	/** Its log: what it wrote to standard error so far. */
	readonly log: () => string
	/** SIGTERM, and the end of the process; its exit code. */
	readonly stop: () => Promise<number | null>
	readonly kill: () => Promise<void>
}

export interface ServerProcessOptions {
	readonly data: string
	readonly port?: number
	readonly env?: Readonly<Record<string, string>>
	/** Another copy of the project. */
	readonly root?: string
	/** What starts it; `npm start` in a clone. */
	readonly command?: readonly [string, ...string[]]
}

/** The server alone, without the app and its build; begun as server/start.js begins it. */
export const serverAlone = ['--import', './server/ops/known-modules.js', 'server/main.ts'] as const

const root = resolve(import.meta.dirname, '../..')
/** A build takes half a minute on a slow machine, ms. */
const patience = 300_000

interface Output {
	readonly read: () => string
	readonly log: () => string
}

function firstMatch(child: ChildProcess, { read, log }: Output, pattern: RegExp): Promise<RegExpExecArray> {
	return new Promise((found, failed) => {
		const timer = setTimeout(() => failed(new Error(`the server did not start:\n${read()}${log()}`)), patience)
		const look = () => {
			const match = pattern.exec(read())
			if (match === null) return
			clearTimeout(timer)
			child.stdout?.off('data', look)
			found(match)
		}
		child.stdout?.on('data', look)
		look()
		child.once('exit', (code) => {
			clearTimeout(timer)
			failed(new Error(`the server ended with ${code}:\n${read()}${log()}`))
		})
	})
}

export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
	const { data, port = 0, env = {}, root: folder = root, command = [process.execPath, 'server/start.js'] } = options
	const [program, ...args] = command
	const child = spawn(program, args, {
		cwd: folder,
		env: { ...process.env, PORT: String(port), KITH_DATA: data, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
		// A group of its own: npm starts children that a signal to npm alone may not reach.
		detached: true,
	})
	const [printed, logged]: [string[], string[]] = [[], []]
	child.stdout.setEncoding('utf8').on('data', (text: string) => printed.push(text))
	child.stderr.setEncoding('utf8').on('data', (text: string) => logged.push(text))
	const read = () => printed.join('')
	const log = () => logged.join('')
	const match = (pattern: RegExp) => firstMatch(child, { read, log }, pattern)
	const signal = async (name: NodeJS.Signals): Promise<number | null> => {
		if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
		const ended = once(child, 'exit') as Promise<[number | null]>
		process.kill(-(child.pid ?? 0), name)
		return (await ended)[0]
	}
	const [, origin = ''] = await match(/^Kith runs at (\S+)$/m)
	return {
		...{ origin, port: Number(new URL(origin).port), pid: child.pid ?? 0, log },
		setupLink: async () => (await match(/(\S+\/setup#\S+)\n/))[1] ?? '',
		stop: () => signal('SIGTERM'),
		kill: async () => void (await signal('SIGKILL')),
	}
}
