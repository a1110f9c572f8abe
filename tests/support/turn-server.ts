/** A real TURN server, coturn, on this machine alone, for as long as a test needs it. `.ci/run` installs it. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TurnServer {
	readonly port: number
	readonly secret: string
	/** What the server is told of it. */
	readonly env: Readonly<Record<string, string>>
	/** What it wrote so far. */
	readonly log: () => string
	readonly stop: () => Promise<void>
}

async function freePort(): Promise<number> {
	const socket = createSocket('udp4').bind(0, '127.0.0.1')
	await once(socket, 'listening')
	const { port } = socket.address() as AddressInfo
	socket.close()
	return port
}

export async function startTurnServer(secret = 'a secret of two servers'.replaceAll(' ', '-')): Promise<TurnServer> {
	const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'kith-turn-'))]
	const local = '127.0.0.1'
	const child = spawn(
		'turnserver',
		[
			...['-n', '--listening-ip', local, '--relay-ip', local, '--listening-port', String(port), '--realm', 'kith.test'],
			...['--use-auth-secret', '--static-auth-secret', secret, '--no-tls', '--no-dtls', '--no-cli', '--verbose'],
			// Both ends are on this machine.
			...['--allow-loopback-peers', '--log-file', 'stdout', '--simple-log', '--pidfile', join(folder, 'pid')],
			...['--userdb', join(folder, 'turndb')],
		],
		{ stdio: ['ignore', 'pipe', 'pipe'], cwd: folder },
	)
	const said: string[] = []
	const listening = new Promise<void>((resolve, reject) => {
		const hear = (text: string) => {
			said.push(text)
			if (said.join('').includes(`listener opened on : ${local}:${port}`)) resolve()
		}
		child.stdout.setEncoding('utf8').on('data', hear)
		child.stderr.setEncoding('utf8').on('data', hear)
		child.once('error', () => reject(new Error('no coturn here: install the package coturn')))
		child.once('exit', (code) => reject(new Error(`coturn ended with ${code}:\n${said.join('')}`)))
	})
	await listening
	return {
		...{ port, secret, log: () => said.join('') },
		env: { KITH_ICE_URLS: `turn:${local}:${port}`, KITH_TURN_SECRET: secret },
		stop: async () => {
			const ended = once(child, 'exit')
			child.kill('SIGKILL')
			await ended
			await rm(folder, { recursive: true, force: true })
		},
	}
}
