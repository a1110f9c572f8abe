/** SIGKILL leaves what the kernel has taken; against a power cut only `synchronous = FULL` helps: 2 in SQLite's own count. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openNodeStorage } from '#platform/node/node-storage.ts'
import { openSqlite } from '#server/data/sqlite/connection.ts'
import { startTestServer } from '#tests/support/server.ts'

const full = 2

/** Every connection that was opened since. */
function openedConnections(): () => readonly Database.Database[] {
	const opened = new Set<Database.Database>()
	const pragma = Database.prototype.pragma
	vi.spyOn(Database.prototype, 'pragma').mockImplementation(function (this: Database.Database, ...args) {
		opened.add(this)
		return pragma.apply(this, args)
	})
	return () => [...opened]
}

const levelOf = (database: Database.Database) => database.pragma('synchronous', { simple: true })
const writes = (database: Database.Database) => database.pragma('query_only', { simple: true }) === 0

async function folder(): Promise<string> {
	const path = await mkdtemp(join(tmpdir(), 'kith-durable-'))
	onTestFinished(() => rm(path, { recursive: true, force: true }))
	return path
}

test('the connection on which a running server writes is FULL, outside and within a transaction', async () => {
	const opened = openedConnections()
	const server = await startTestServer()
	onTestFinished(() => server.close())
	const [writer, ...others] = opened().filter(writes)
	expect(others).toEqual([])
	expect(writer?.name).toBe(join(server.data, 'kith.sqlite'))
	expect([levelOf(writer!), writer!.pragma('journal_mode', { simple: true })]).toEqual([full, 'wal'])
	const within = await server.domain.unitOfWork.transaction(async () => levelOf(writer!))
	expect([within, levelOf(writer!)]).toEqual([full, full])
})

test('so is every connection that is opened for it', async () => {
	const { writer, close } = openSqlite(join(await folder(), 'kith.sqlite'))
	expect(levelOf(writer.$client)).toBe(full)
	close()
})

test('what a client writes, it writes under FULL', async () => {
	const opened = openedConnections()
	const storage = await openNodeStorage({ path: join(await folder(), 'client.sqlite'), access: 'lead' })
	const level = await storage.transaction('write', ['meta'], async (tx) => {
		await tx.put('meta', 'key', new Uint8Array(1))
		return levelOf(opened()[0]!)
	})
	expect(level).toBe(full)
	await storage.close()
})
