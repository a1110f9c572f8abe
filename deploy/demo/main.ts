/**
 * `npm run demo`: the server of `npm start` over a folder of its own, with a few people who have known each other for days
 * and one who answers. Started again it goes on where it was; remove the folder to begin anew.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { wakeAlan } from './alan.ts'
import { alanStore, makeWorld } from './make-world.ts'
import { demoPassword } from './story.ts'

const root = resolve(import.meta.dirname, '../..')

async function main(): Promise<void> {
	const data = resolve(process.env['KITH_DATA'] || join(root, 'data-demo'))
	if (!existsSync(data)) {
		console.log('Making a small world: three people, five days …')
		await makeWorld(data)
	} else if (!existsSync(alanStore(data))) {
		throw new Error(`${data} is not the folder of a demo: set KITH_DATA to one that does not exist yet.`)
	}
	const server = startServer(data)
	const ended = once(server, 'exit') as Promise<[number | null]>
	stopTogether(server)
	const origin = await originOf(server)
	const alan = await wakeAlan({ serverUrl: origin, store: alanStore(data) })
	console.log(invitation(origin))
	const [code] = await ended
	await alan.close()
	process.exitCode = code ?? 0
}

/** The password is known to all: unless somebody says otherwise, nobody else on the network is let in. */
function startServer(data: string): ChildProcess {
	const defaults = { HOST: '127.0.0.1', KITH_NAME: 'Kith demo', KITH_LOG: 'warn', KITH_SIGN_UP: 'open' }
	return spawn(process.execPath, [join(root, 'server/start.js')], {
		cwd: root,
		// Its people live in its own folder, whatever database the machine's Kith uses.
		env: { ...defaults, ...process.env, KITH_DATA: data, DATABASE_URL: '' },
		stdio: ['ignore', 'pipe', 'inherit'],
	})
}

/** A signal to this process reaches the server, which says goodbye and ends; so do we. */
function stopTogether(server: ChildProcess): void {
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill(signal))
}

async function originOf(server: ChildProcess): Promise<string> {
	if (server.stdout === null) throw new Error('The server has no output.')
	for await (const line of createInterface({ input: server.stdout })) {
		const [, origin] = /^Kith runs at (\S+)$/.exec(line) ?? []
		if (origin === undefined) continue
		server.stdout.resume()
		return origin
	}
	throw new Error('The server did not start.')
}

function invitation(origin: string): string {
	return [
		'',
		`Kith runs at ${origin}`,
		'',
		`Sign in as ada, grace or alan with the password: ${demoPassword}`,
		'Ada and Grace have history. Alan is online: write to him, he answers.',
		'Two people at once: open a second browser profile or a private window.',
		'Ctrl+C ends it.',
	].join('\n')
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
	process.exit(1)
})
