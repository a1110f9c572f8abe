/** Backups that a server makes by itself: when, how many are kept, and what is said when one fails. Time is the test's. */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BackupPlan } from '#server/config.ts'
import { backupName, backupsIn, startBackups, type ScheduledBackups } from '#server/ops/backup/scheduled.ts'
import { lookAtBackups } from '#server/ops/doctor/look-at-backups.ts'
import { fakeTime } from '#tests/support/fake-timers.ts'
import { runKith } from '#tests/support/kith-command.ts'
import { startTestServer, type LogLine, type TestServer } from '#tests/support/server.ts'

const hour = 60 * 60 * 1000
const noon = Date.UTC(2030, 0, 1, 12)

let server: TestServer
let folder: string
let running: ScheduledBackups | null
beforeEach(async () => {
	server = await startTestServer({ database: 'sqlite' })
	folder = await mkdtemp(join(tmpdir(), 'kith-backups-'))
	running = null
})
afterEach(async () => {
	await running?.stop()
	await server.close()
	await rm(folder, { recursive: true, force: true })
})

function begin(plan: Partial<BackupPlan> = {}) {
	const time = fakeTime(noon)
	const lines: LogLine[] = []
	const note =
		(level: LogLine['level']) =>
		(event: string, fields: LogLine['fields'] = {}) =>
			void lines.push({ level, event, fields })
	const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
	const instance = bytesToBase64url(server.domain.instance.serverId)
	const whole = { folder, everyHours: 24, keep: 2, passphraseFile: null, ...plan }
	const backups = startBackups({ plan: whole, data: server.data, instance, ...time, log })
	running = backups
	const events = () => lines.map(({ event }) => event)
	return { time, backups, events, lines, instance, plan: whole }
}

const patience = { timeout: 60_000, interval: 50 }

describe('scheduled backups', () => {
	it('[S3] are made when one is due, are whole, and the oldest go', async () => {
		// None of ours: another's folder of the same form, and files.
		await mkdir(join(folder, 'kith-20200101-000000'))
		await writeFile(join(folder, 'notes.txt'), 'mine')
		await mkdir(join(folder, `${backupName(noon - 48 * hour)}.partial-00000000`))
		const { time, backups, events, instance } = begin()
		await vi.waitFor(() => expect(events()).toEqual(['backup made']), patience)
		const first = backupName(noon)
		expect((await readdir(folder)).toSorted()).toEqual(['kith-20200101-000000', first, 'notes.txt'])
		expect(await runKith(['verify', join(folder, first)], { data: server.data })).toMatchObject({ code: 0 })

		await time.advance(23 * hour)
		expect(events()).toHaveLength(1)
		for (let days = 1; days <= 3; days++) {
			await vi.waitFor(async () => {
				await time.advance(hour / 2)
				expect(events()).toHaveLength(1 + days)
			}, patience)
			expect(backups.state()).toMatchObject({ failures: 0, lastAt: expect.any(Number) as number })
		}
		const kept = await backupsIn(folder, instance)
		expect(kept).toHaveLength(2)
		expect(kept.at(-1)?.at).toBeGreaterThanOrEqual(noon + 72 * hour)
		expect(await readdir(folder)).toEqual(expect.arrayContaining(['kith-20200101-000000', 'notes.txt']))
	})

	it('[S3] go on where the server before stopped, and count no backup of another instance', async () => {
		const first = begin()
		await vi.waitFor(() => expect(first.events()).toEqual(['backup made']), patience)
		await first.backups.stop()
		const second = begin()
		await vi.waitFor(() => expect(second.backups.state().lastAt).toBe(noon), patience)
		expect(second.events()).toEqual([])
		expect(await backupsIn(folder, 'A'.repeat(43))).toEqual([])
	})

	it('[S3] say so when they fail, try again within the hour, and leave nothing half done', async () => {
		const passphraseFile = join(folder, '../no-such-passphrase')
		const { time, backups, events, lines, instance, plan } = begin({ passphraseFile })
		await vi.waitFor(() => expect(events()).toEqual(['backup failed']), patience)
		expect(lines[0]).toMatchObject({ level: 'warn', fields: { code: 'backup-failed' } })
		expect(backups.state()).toEqual({ lastAt: null, failures: 1 })
		expect(await readdir(folder)).toEqual([])
		expect(await lookAtBackups(plan, instance, noon)).toMatchObject({ state: 'problem', is: `none in ${folder}` })
		await writeFile(passphraseFile, 'a passphrase of the operator\n')
		try {
			await time.advance(hour)
			await vi.waitFor(() => expect(events()).toEqual(['backup failed', 'backup made']), patience)
		} finally {
			await rm(passphraseFile)
		}
		const at = noon + hour
		expect(backups.state()).toEqual({ lastAt: at, failures: 1 })
		expect(await lookAtBackups(plan, instance, at + 48 * hour)).toMatchObject({ state: 'ok' })
		expect(await lookAtBackups(plan, instance, at + 49 * hour)).toMatchObject({ state: 'problem' })
		const secretless = { ...plan, passphraseFile: null }
		expect(await lookAtBackups(secretless, instance, at)).toMatchObject({ state: 'warning' })
		expect(await lookAtBackups(null, instance, at)).toMatchObject({ state: 'ok' })
	})

	it('a folder that is none stops no server', async () => {
		const path = join(folder, 'file')
		await writeFile(path, '')
		await chmod(path, 0o400)
		const { events } = begin({ folder: join(path, 'below') })
		await vi.waitFor(() => expect(events()).toEqual(['backup failed']), patience)
	})
})

describe('a server that is told to', () => {
	it('[S3] makes them, and says in its metrics when the last one was', async () => {
		const env = { KITH_BACKUP_FOLDER: folder, KITH_METRICS_TOKEN: 'a-token-of-prometheus' }
		const planned = await startTestServer({ env, database: 'sqlite' })
		try {
			await vi.waitFor(() => expect(planned.lines.map(({ event }) => event)).toContain('backup made'), patience)
			const headers = { authorization: `Bearer ${env.KITH_METRICS_TOKEN}` }
			const text = await (await fetch(`${planned.origin}/metrics`, { headers })).text()
			expect(Number(/^kith_backup_last_seconds (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(Date.now() / 1000 - 600)
		} finally {
			await planned.close()
		}
	})
})
