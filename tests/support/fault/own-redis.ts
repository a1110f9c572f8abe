/** A Redis of one's own, which may be killed: a process on a free port that keeps nothing. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import process from 'node:process'
import { freePort } from '../reverse-proxy.ts'

const program = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'].find((path) => existsSync(path))

/** Skipped where it is not installed; with CI=true that is a failure. */
export const mayOwnRedis = process.env['CI'] === 'true' || program !== undefined

export interface OwnRedis {
	readonly url: string
	kill(): Promise<void>
	start(): Promise<void>
}

export async function startOwnRedis(): Promise<OwnRedis> {
	if (program === undefined) throw new Error('redis-server is not installed')
	const port = await freePort()
	const run = () => spawn(program, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' })
	let child = run()
	await answersUntil(port)
	return {
		url: `redis://127.0.0.1:${port}`,
		kill: async () => {
			const ended = once(child, 'exit')
			if (child.kill('SIGKILL')) await ended
		},
		start: async () => {
			child = run()
			await answersUntil(port)
		},
	}
}

const patience = 30_000

async function answersUntil(port: number): Promise<void> {
	const ends = Date.now() + patience
	while (!(await answers(port))) if (Date.now() > ends) throw new Error('Redis does not answer')
}

function answers(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ port, host: '127.0.0.1' })
		socket.once('connect', () => {
			socket.destroy()
			resolve(true)
		})
		socket.once('error', () => setTimeout(() => resolve(false), 20))
	})
}
