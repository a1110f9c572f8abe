/** Secrets that are set by a variable, or lie in a file, drawn anew as docs/hosting.md says: the new one works, the old one does not. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startMailServer } from '../../support/mail-server.ts'
import { runKith } from '../../support/kith-command.ts'
import { describeOnRedis } from '../../support/on-redis.ts'
import { redisUrl } from '../../support/redis.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { startTurnServer } from '../../support/turn-server.ts'

const run = promisify(execFile)

let folder: string
const servers: TestServer[] = []
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kith-anew-'))
})
afterEach(async () => {
	for (const server of servers.splice(0).toReversed()) await server.close()
	await rm(folder, { recursive: true, force: true })
})

async function start(options: Parameters<typeof startTestServer>[0]): Promise<TestServer> {
	const server = await startTestServer(options)
	servers.push(server)
	return server
}

const isReady = async ({ origin }: TestServer) => (await fetch(`${origin}/readyz`)).status === 200

/** What `kith doctor` finds about one thing. */
async function stateOf(about: string, { data }: TestServer, env: Readonly<Record<string, string>>) {
	const findings = (await runKith(['doctor', '--json'], { data, env })).document()['findings']
	return (findings as { about: string; state: string }[]).find((one) => one.about === about)?.state
}

/** SHA-256 fingerprint of what a server shows. */
function certificateAt(port: number): Promise<string> {
	return new Promise((found, failed) => {
		const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
			found(socket.getPeerCertificate().fingerprint256)
			socket.destroy()
		})
		socket.once('error', failed)
	})
}

async function drawCertificate(to: { readonly key: string; readonly certificate: string }): Promise<void> {
	const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
	await run('openssl', ['req', ...kind, '-subj', '/CN=localhost', '-keyout', to.key, '-out', to.certificate])
}

test('a new certificate and its key are shown after a restart', async () => {
	const files = { key: join(folder, 'tls.key'), certificate: join(folder, 'tls.crt') }
	await copyFile('tests/fixtures/tls/localhost.crt', files.certificate)
	await copyFile('tests/fixtures/tls/localhost.key', files.key)
	const first = await start({
		database: 'sqlite',
		env: { KITH_TLS_CERT: files.certificate, KITH_TLS_KEY: files.key },
	})
	const before = await certificateAt(first.port)
	await drawCertificate(files)
	const second = await first.restart()
	servers.push(second)
	expect(await certificateAt(second.port)).not.toBe(before)
})

test('mail goes with the new password, and not with the old one', async () => {
	const account = { user: 'kith', password: 'the old one' }
	const mail = await startMailServer(account)
	const at = new URL(mail.env['KITH_SMTP_URL'] ?? '')
	at.username = account.user
	const doctor = (password: string) => {
		at.password = password
		return stateOf('mail', server, { ...mail.env, KITH_SMTP_URL: at.href })
	}
	const server = await start({ database: 'sqlite' })
	expect(await doctor('the old one')).toBe('ok')
	account.password = 'the new one'
	expect(await doctor('the old one')).toBe('problem')
	expect(await doctor('the new one')).toBe('ok')
	await mail.close()
})

test('the relay takes the new secret once both have it', async () => {
	const [before, after] = [await startTurnServer(), await startTurnServer('a-new-secret-of-two-servers')]
	const server = await start({ database: 'sqlite' })
	const doctor = (secret: string) => stateOf('direct', server, { ...after.env, KITH_TURN_SECRET: secret })
	expect(await doctor(before.secret)).toBe('problem')
	expect(await doctor(after.secret)).toBe('ok')
	await Promise.all([before.stop(), after.stop()])
})

test('the next backup has the new passphrase, and the one before keeps its own', async () => {
	const server = await start({ database: 'sqlite' })
	const [old, anew] = [join(folder, 'old'), join(folder, 'anew')]
	await writeFile(old, 'long enough to guess in vain')
	await writeFile(anew, 'another, and as long as that one')
	const backUp = (to: string, file: string) => runKith(['backup', to, '--passphrase-file', file], { data: server.data })
	const verify = async (backup: string, file: string) =>
		(await runKith(['verify', backup, '--passphrase-file', file], { data: server.data })).code
	const [first, second] = [join(folder, 'first'), join(folder, 'second')]
	expect((await backUp(first, old)).code).toBe(0)
	expect((await backUp(second, anew)).code).toBe(0)
	expect([await verify(first, old), await verify(second, anew)]).toEqual([0, 0])
	expect([await verify(first, anew), await verify(second, old)]).not.toContain(0)
})

describeOnRedis('the password in REDIS_URL', () => {
	test('is replaced one server after the other, and nobody waits', async () => {
		const [admin, user] = [new Redis(redisUrl), `kith-${randomUUID()}`]
		const urlWith = (password: string) => {
			const url = new URL(redisUrl)
			url.username = user
			url.password = password
			return url.href
		}
		await admin.call('ACL', 'SETUSER', user, 'on', '>old', '~*', '&*', '+@all')
		const first = await start({ database: 'postgres', env: { REDIS_URL: urlWith('old') } })
		const beside = { data: first.data, env: first.env }
		const second = await start({ ...beside, env: { ...beside.env, REDIS_URL: urlWith('old') } })
		await admin.call('ACL', 'SETUSER', user, '>new')
		await second.stop()
		const anew = await start({ ...beside, env: { ...beside.env, REDIS_URL: urlWith('new') } })
		expect([await isReady(first), await isReady(anew)]).toEqual([true, true])
		await first.stop()
		const both = await start({ ...beside, env: { ...beside.env, REDIS_URL: urlWith('new') } })
		await admin.call('ACL', 'SETUSER', user, '<old')
		expect([await isReady(anew), await isReady(both)]).toEqual([true, true])
		await expect(start({ ...beside, env: { ...beside.env, REDIS_URL: urlWith('old') } })).rejects.toThrow(
			'a Redis that does not answer',
		)
		await admin.call('ACL', 'DELUSER', user)
		admin.disconnect()
	})
})
