/** The command line and the server as processes: who may work on a folder, and how a command ends. */
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { controlLimits, controlPath, openControl } from '#server/ops/control/control-socket.ts'
import { lockFolder } from '#server/ops/control/folder-lock.ts'
import { runKith } from '../../support/kith-command.ts'
import { serverAlone, startServerProcess, type ServerProcess } from '../../support/server-process.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

let data: string
const servers: ServerProcess[] = []
beforeEach(async () => {
	data = await mkdtemp(join(tmpdir(), 'kith-cli-'))
})
afterEach(async () => {
	for (const server of servers.splice(0)) await server.kill()
	await rm(data, { recursive: true, force: true })
})

async function start(): Promise<ServerProcess> {
	const env = { NODE_ENV: 'test', KITH_OPAQUE_STRETCHING: 'cheap', HOST: '127.0.0.1', KITH_LOG: 'warn' }
	const server = await startServerProcess({ data, env, command: [process.execPath, ...serverAlone] })
	servers.push(server)
	return server
}

describe('a running server', () => {
	it('carries out commands over a socket that is its owner’s alone, also after it was killed', async () => {
		const killed = await start()
		expect((await stat(controlPath(data))).mode & 0o777).toBe(0o600)
		const first = (await runKith(['admin', 'create', '--json'], { data })).document() as { url: string }
		expect(first.url).toContain(`${killed.origin}/setup#`)
		await killed.kill()
		await start()
		const second = (await runKith(['admin', 'create', '--json'], { data })).document() as { url: string }
		expect(second.url).not.toBe(first.url)
	})

	it('has its folder for itself', async () => {
		const server = await start()
		expect(lockFolder(data)).toBeNull()
		await expect(start()).rejects.toThrow('Another Kith, or a command of it, works on')
		const migrating = await runKith(['migrate'], { data })
		expect(migrating).toMatchObject({ code: 0, out: 'The database is of this version.\n' })
		await server.stop()
		const lock = lockFolder(data)
		expect(lock).not.toBeNull()
		const waiting = await runKith(['stats'], { data })
		expect(waiting).toMatchObject({ code: 1, out: '' })
		expect(waiting.err).toContain('Another process works on')
		await expect(start()).rejects.toThrow('Another Kith, or a command of it, works on')
		lock?.release()
		expect(await runKith(['stats'], { data })).toMatchObject({ code: 0, err: '' })
	})

	it('lets only one of two commands open the folder at a time, and loses neither', async () => {
		const server = await start()
		await server.stop()
		const ends = await Promise.all(Array.from({ length: 3 }, () => runKith(['stats', '--json'], { data })))
		expect(ends.filter(({ code }) => code === 0).length).toBeGreaterThan(0)
		for (const { code, out } of ends.filter((end) => end.code !== 0)) {
			expect(code).toBe(1)
			expect(out).toContain('Another process works on')
		}
	})
})

describe('a command', () => {
	it.each([
		[['nonsense'], 2],
		[['user', 'disable'], 2],
		[['invite', '--uses', 'many'], 2],
		[['backup', '--help'], 0],
		[['stats'], 1],
		[['backup'], 1],
		[['verify', 'nowhere'], 1],
		[['backup', '--passphrase-file', 'nowhere'], 1],
	])('ends as it must: %j with %d', async (args, code) => {
		const end = await runKith(args as string[], { data, cwd: data })
		expect(end.code).toBe(code)
		// One clear sentence, no stack.
		expect(end.err).not.toContain('    at ')
	})

	it('says what is wrong in JSON too', async () => {
		const end = await runKith(['stats', '--json'], { data })
		expect(end).toMatchObject({ code: 1, err: '' })
		expect(end.document()).toEqual({ error: expect.stringContaining('is not the data folder of a Kith') as string })
	})
})

describe('the control socket', () => {
	let server: TestServer
	beforeEach(async () => {
		server = await startTestServer({ data })
	})
	afterEach(() => server.stop())

	/** All that comes back. */
	async function say(...chunks: readonly string[]): Promise<string> {
		const socket = connect(controlPath(data))
		let text = ''
		socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
		socket.on('error', () => {})
		for (const chunk of chunks) socket.write(chunk)
		await new Promise((resolve) => socket.once('close', resolve))
		return text
	}

	it('answers what it knows and nothing else', async () => {
		const control = await openControl(data, server)
		expect(await say('{"act":"stats","input":{}}\n')).toContain('"ok":true')
		expect(await say('{"act":"stats"', ',"input":{}}\n')).toContain('"ok":true')
		for (const line of [
			'nonsense',
			'{}',
			'{"act":"toString","input":{}}',
			'{"act":"invite","input":{"uses":0}}',
			'null',
		])
			expect(JSON.parse(await say(`${line}\n`))).toEqual({ ok: false, code: 'malformed' })
		await control.close()
	})

	it(`takes a line of controlLimits.requestBytes, controlLimits.connections at a time`, async () => {
		const control = await openControl(data, server)
		expect(await say('x'.repeat(controlLimits.requestBytes + 1))).toContain('too-large')
		const silent = Array.from({ length: controlLimits.connections }, () =>
			connect(controlPath(data)).on('error', () => {}),
		)
		await Promise.all(silent.map((socket) => once(socket, 'connect')))
		expect(await say('{"act":"stats","input":{}}\n')).toBe('')
		await control.close()
		for (const socket of silent) socket.destroy()
	})

	it('lets go of whoever says nothing for controlLimits.silence', async () => {
		const control = await openControl(data, server, controlLimits.silence / 1000)
		expect(await say('{"act":')).toBe('')
		await control.close()
	})
})

describe('the doctor', () => {
	it('says what is wrong and what to do', async () => {
		const server = await start()
		const env = { KITH_ORIGIN: server.origin }
		const well = await runKith(['doctor', '--json'], { data, env })
		const { findings } = well.document() as { findings: readonly { about: string; state: string }[] }
		expect(Object.fromEntries(findings.map(({ about, state }) => [about, state]))).toEqual({
			...{ database: 'ok', writing: 'ok', clock: 'ok', files: 'ok', secrets: 'ok', permissions: 'ok', disk: 'ok' },
			...{ origin: 'ok', websocket: 'ok', proxy: 'ok', mail: 'ok', backups: 'ok' },
			...{ direct: 'ok', notifications: 'ok' },
		})
		expect(well.code).toBe(0)
		await server.stop()
		await writeFile(join(data, 'secrets.json'), '{}', { mode: 0o644 })
		const ill = await runKith(['doctor'], { data, env })
		expect(ill.code).toBe(1)
		expect(ill.out).toMatch(/PROBLEM\s+secrets .*damaged/)
		expect(ill.out).toMatch(/PROBLEM\s+origin .*does not answer \(ECONNREFUSED\)/)
		expect(ill.out).toContain('→ Put back its copy')
	})
})
