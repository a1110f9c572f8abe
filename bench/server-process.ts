/**
 * A server in a process of its own, measured from outside: all its threads count, and it knows nothing of it. Linux only,
 * because /proc says it without a word from the server.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'

export interface ServerCommand {
	/** Arguments of Node: flags, program, arguments. */
	readonly args: readonly string[]
	readonly env?: Readonly<Record<string, string>>
	/** The line on stdout that says it listens; its first group, if it has one, is the port. */
	readonly ready: RegExp
	/** Where it was told to listen, when it does not say. */
	readonly port?: number
}

export interface Memory {
	readonly rssKb: number
	/** V8's heap, and what lies outside it for JavaScript's sake. */
	readonly heapKb: number
}

export interface ServerProcess {
	readonly port: number
	/** User and system time of all threads so far, ms; /proc counts in steps of 10. */
	cpuMs(): number
	/** After a collection of garbage; only where the command loads servers/measured.js, as for profiles. */
	settledMemory(): Promise<Memory>
	startProfile(): Promise<void>
	stopProfile(path: string): Promise<void>
	/** SIGKILL. */
	readonly kill: () => void
	/** SIGTERM, and waits for the end. */
	stop(): Promise<void>
}

const msPerTick = 10
const startTimeoutMs = 60_000

export async function startServer({ args, env = {}, ready, port }: ServerCommand): Promise<ServerProcess> {
	const child = spawn(process.execPath, [...args], {
		env: { ...process.env, ...env },
		stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
	})
	// What a server has to say is of interest when it fails.
	const said: string[] = []
	child.stderr?.on('data', (chunk: Buffer) => void said.push(chunk.toString()))
	const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
	const listening = await readyPort(child, ready).catch((error: Error) => {
		child.kill('SIGKILL')
		throw new Error(`${error.message}\n${said.join('').slice(-2000)}`)
	})
	let stopping = false
	child.once('exit', (code, signal) => {
		if (!stopping) process.stderr.write(`the server ended with ${signal ?? code}\n${said.join('').slice(-2000)}`)
	})
	const stat = `/proc/${child.pid}/stat`
	return {
		port: listening ?? (port as number),
		cpuMs: () => ticksIn(readFileSync(stat, 'utf8')) * msPerTick,
		settledMemory: () => settledMemory(child),
		startProfile: async () => void (await ask(child, 'profile')),
		stopProfile: async (path) => void (await ask(child, { profile: path })),
		kill: () => {
			stopping = true
			child.kill('SIGKILL')
		},
		stop: async () => {
			stopping = true
			child.kill('SIGTERM')
			await ended
		},
	}
}

/** utime and stime, fields 14 and 15; the name before them may hold anything but ends with the last bracket. */
function ticksIn(stat: string): number {
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
	return Number(fields[11]) + Number(fields[12])
}

/** Null where the line names no port. */
function readyPort(child: ChildProcess, ready: RegExp): Promise<number | null> {
	return new Promise((resolve, reject) => {
		let output = ''
		const late = setTimeout(() => reject(new Error('The server did not start in time.')), startTimeoutMs)
		child.once('exit', (code) => reject(new Error(`The server ended with ${code} before it listened.`)))
		child.stdout?.on('data', (chunk: Buffer) => {
			if (output.length > 10_000) return
			output += chunk.toString()
			const found = ready.exec(output)
			if (found === null) return
			clearTimeout(late)
			resolve(found[1] === undefined ? null : Number(found[1]))
		})
	})
}

function ask(child: ChildProcess, question: string | object): Promise<unknown> {
	const answer = new Promise<unknown>((resolve) => child.once('message', resolve))
	child.send(question)
	return answer
}

async function settledMemory(child: ChildProcess): Promise<Memory> {
	const { heapUsed, external } = (await ask(child, 'collect')) as { heapUsed: number; external: number }
	const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
	return { rssKb: Number(rss?.[1]), heapKb: (heapUsed + external) / 1024 }
}

/** A port that was free just now, for servers that must be told one. */
export function freePort(): Promise<number> {
	const server = createServer()
	return new Promise((resolve, reject) => {
		server.once('error', reject)
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address() as AddressInfo
			server.close(() => resolve(port))
		})
	})
}
