/** The process itself: what it prints, what it leaves on disk, what it says when it cannot start, how it ends. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, connect, type AddressInfo } from 'node:net'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { describeOnPostgres } from '../../support/postgres.ts'
import { testDatabase } from '../../support/test-database.ts'
import { serverAlone } from '../../support/server-process.ts'
import { testServerEnvironment } from '../../support/server.ts'

const certificate = {
	KITH_TLS_CERT: 'tests/fixtures/tls/localhost.crt',
	KITH_TLS_KEY: 'tests/fixtures/tls/localhost.key',
}

let data: string
const children: ChildProcess[] = []
beforeEach(async () => {
	data = await mkdtemp(join(tmpdir(), 'kith-start-'))
})
afterEach(async () => {
	for (const child of children.splice(0)) child.kill('SIGKILL')
	await rm(data, { recursive: true, force: true })
})

interface Run {
	readonly child: ChildProcess
	/** Resolves with the exit code. */
	readonly exit: Promise<number | null>
	readonly out: () => string
	readonly err: () => string
	/** Resolves with the origin that was printed. */
	readonly origin: Promise<string>
}

function start(env: Record<string, string> = {}): Run {
	const base = {
		PATH: process.env['PATH'] ?? '',
		...testServerEnvironment,
		PORT: '0',
	}
	const child = spawn(process.execPath, serverAlone, {
		env: { ...base, KITH_DATA: data, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	})
	children.push(child)
	let [out, err] = ['', '']
	const origin = new Promise<string>((found, failed) => {
		child.stdout?.on('data', (chunk: Buffer) => {
			out += chunk.toString()
			const match = /runs at (\S+)/.exec(out)
			if (match !== null && out.endsWith('\n')) found(match[1] as string)
		})
		child.once('exit', () => failed(new Error(`the server ended: ${err}`)))
	})
	origin.catch(() => undefined)
	child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
	const exit = once(child, 'exit').then(([code]) => code as number | null)
	return { child, exit, origin, out: () => out, err: () => err }
}

/** The one sentence of a start that failed. */
async function refusal(env: Record<string, string>): Promise<string> {
	const run = start(env)
	expect(await run.exit).toBe(1)
	expect(run.out()).toBe('')
	return run.err()
}

const setupLink = (run: Run) => /setup#(\S+)/.exec(run.out())?.[1]

describe('a start', () => {
	it('prints the address and the set-up link, keeps secrets to itself, and prints a new link next time', async () => {
		const first = start()
		const origin = await first.origin
		expect(origin).toMatch(/^http:\/\/localhost:\d+$/)
		expect((await fetch(`${origin}/readyz`)).status).toBe(200)
		expect(first.out()).toContain(`${origin}/setup#`)
		const token = setupLink(first)
		expect((await stat(join(data, 'secrets.json'))).mode & 0o777).toBe(0o600)
		const secrets = await readFile(join(data, 'secrets.json'), 'utf8')
		const key = (await (await fetch(`${origin}/api/v1/instance`)).json()) as { serverKey: string }
		first.child.kill('SIGTERM')
		expect(await first.exit).toBe(0)
		const second = start()
		const again = (await (await fetch(`${await second.origin}/api/v1/instance`)).json()) as { serverKey: string }
		expect(again.serverKey).toBe(key.serverKey)
		expect(await readFile(join(data, 'secrets.json'), 'utf8')).toBe(secrets)
		expect(setupLink(second)).toBeTruthy()
		expect(setupLink(second)).not.toBe(token)
		for (const value of Object.values(JSON.parse(secrets) as Record<string, unknown>)) {
			if (typeof value === 'string')
				expect(first.out() + first.err() + second.out() + second.err()).not.toContain(value)
		}
	})

	it('makes a data folder for its owner alone', async () => {
		const inside = join(data, 'new', 'folder')
		await start({ KITH_DATA: inside }).origin
		expect((await stat(inside)).mode & 0o777).toBe(0o700)
	})

	it('speaks HTTPS with a certificate', async () => {
		const origin = await start(certificate).origin
		expect(origin).toMatch(/^https:/)
		const ca = await readFile(certificate.KITH_TLS_CERT)
		const headers = await new Promise<Record<string, unknown>>((found, failed) => {
			httpsRequest(`${origin}/healthz`, { ca }, (response) => found(response.resume().headers))
				.on('error', failed)
				.end()
		})
		expect(headers['strict-transport-security']).toBe('max-age=31536000')
	})
})

describe('a start that cannot be', () => {
	it.each([
		[{ PORT: 'abc' }, 'PORT is "abc": it must be a whole number from 0 to 65535.\n'],
		[
			{ KITH_TLS_CERT: 'nowhere.pem', KITH_TLS_KEY: 'nowhere.key' },
			/^KITH_TLS_CERT names .*nowhere.pem, which cannot be read.\n$/,
		],
		[
			{ ...certificate, KITH_TLS_KEY: certificate.KITH_TLS_CERT },
			/^KITH_TLS_CERT and KITH_TLS_KEY do not hold a certificate and its key in PEM.\n$/,
		],
	])('names the variable: %j', async (env, sentence) => {
		expect(await refusal(env as unknown as Record<string, string>)).toEqual(
			typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
		)
	})

	it('names the port that is in use', async () => {
		const other = createServer().listen(0, '127.0.0.1')
		await once(other, 'listening')
		const { port } = other.address() as AddressInfo
		expect(await refusal({ PORT: String(port) })).toBe(`PORT ${port} is in use: stop what uses it, or set another.\n`)
		other.close()
	})

	it('says what to do about damaged secrets, and touches nothing', async () => {
		await writeFile(join(data, 'secrets.json'), '{"version":1}')
		expect(await refusal({})).toMatch(
			/secrets\.json is damaged: put back its backup; without it nobody can sign in\.\n$/,
		)
		expect(await readFile(join(data, 'secrets.json'), 'utf8')).toBe('{"version":1}')
	})
})

describe('a stop', () => {
	it('says goodbye to sockets with 1012 and ends by itself', async () => {
		const run = start()
		const origin = await run.origin
		const socket = new WebSocket(`${origin.replace('http', 'ws')}/sync`, ['kith.mux.1'])
		await once(socket, 'open')
		const closed = once(socket, 'close')
		run.child.kill('SIGTERM')
		expect((await closed)[0]).toBe(1012)
		expect(await run.exit).toBe(0)
	})

	it('lets a request under way end', async () => {
		const run = start()
		const { port } = new URL(await run.origin)
		const half = connect(Number(port), '127.0.0.1')
		const body = '{"name":"alice"}'
		half.write(
			`POST /api/v1/auth/recovery/start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
		)
		half.write(body.slice(0, 5))
		// The request has been begun when the server has answered another one that came after it.
		await fetch(`${await run.origin}/healthz`)
		run.child.kill('SIGINT')
		half.write(body.slice(5))
		const [answer] = (await once(half, 'data')) as [Buffer]
		expect(answer.toString()).toMatch(/^HTTP\/1\.1 200/)
		expect(await run.exit).toBe(0)
	})

	it('does not wait when asked twice', async () => {
		const run = start()
		const { port } = new URL(await run.origin)
		const stuck = connect(Number(port), '127.0.0.1')
		stuck.on('error', () => undefined)
		stuck.write('POST /api/v1/auth/recovery/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{')
		await fetch(`${await run.origin}/healthz`)
		run.child.kill('SIGTERM')
		// Refused connections say that the first signal has been heard.
		while (
			await fetch(`${await run.origin}/healthz`).then(
				() => true,
				() => false,
			)
		);
		run.child.kill('SIGTERM')
		expect(await run.exit).toBe(1)
		stuck.destroy()
	})
})

describe('lost secrets', () => {
	it('stop the start beside a database that belongs to them, and none are drawn in their place', async () => {
		const first = start()
		await first.origin
		first.child.kill('SIGTERM')
		await first.exit
		const path = join(data, 'secrets.json')
		const kept = await readFile(path)
		await rm(path)
		const second = start()
		expect(await second.exit).toBe(1)
		expect(second.err()).toMatch(
			/secrets\.json is missing, and there is a database that belongs to it: put back its copy/,
		)
		await expect(stat(path)).rejects.toThrow('ENOENT')
		await writeFile(path, kept)
		expect(await start().origin).toContain('http')
	})

	describeOnPostgres('on PostgreSQL', () => {
		it('stop it too; and a kith.sqlite that is not used is named in the log', async () => {
			const database = await testDatabase()
			const env = { DATABASE_URL: database.url }
			try {
				await writeFile(join(data, 'kith.sqlite'), '')
				const first = start(env)
				await first.origin
				first.child.kill('SIGTERM')
				await first.exit
				expect(first.err()).toContain('sqlite-not-used')
				await rm(join(data, 'secrets.json'))
				const second = start(env)
				expect(await second.exit).toBe(1)
				expect(second.err()).toContain('secrets.json is missing')
			} finally {
				await database.drop()
			}
		})
	})
})
