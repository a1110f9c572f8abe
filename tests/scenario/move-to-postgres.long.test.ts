/** 100,000 events and 2 GB of files move to PostgreSQL while people write; the move is killed three times (`npm run test:long`). */
import { createHash, randomBytes, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { pathOfBlob } from '#server/ops/backup/manifest.ts'
import { groupOf } from '../support/groups.ts'
import { runKith } from '../support/kith-command.ts'
import { killedMove } from '../support/moving.ts'
import { describeOnPostgres } from '../support/postgres.ts'
import { peopled, world } from '../support/story.ts'
import { testDatabase } from '../support/test-database.ts'
import { textOf, until } from '../support/watching.ts'
import { onlineUntil, onSqlite, post, type Device } from '../support/world.ts'

const MiB = 1024 * 1024
const load = { events: 100_000, eventBytes: 400, files: 200, fileBytes: 10 * MiB }
/** Of a conversation that nobody is in. */
const fillerConversation = 1_000_000

/** Rows as they are in a server that has run for long; nobody reads what they say. */
function fillEvents(path: string): void {
	const file = new Database(path)
	const insert = file.prepare(
		'INSERT INTO events (conv, recv, page, stream, clock, at, event_id, bytes) VALUES (?, ?, 1000000, 1000000, ?, ?, ?, ?)',
	)
	file.transaction(() => {
		for (let i = 1; i <= load.events; i++)
			insert.run(fillerConversation, i, i, Date.now(), randomBytes(16), randomBytes(load.eventBytes))
	})()
	file.close()
}

async function fillFiles(data: string): Promise<void> {
	const file = new Database(join(data, 'kith.sqlite'))
	const insert = file.prepare(
		`INSERT INTO blobs (blob, conversation, account, device, length, received, used_at, event)
			SELECT ?, conversation, (SELECT account FROM accounts LIMIT 1), ?, ?, ?, ?, ? FROM conversations LIMIT 1`,
	)
	const bytes = Buffer.alloc(load.fileBytes)
	for (let i = 0; i < load.files; i++) {
		const blob = randomBytes(16)
		const path = join(data, pathOfBlob(blob.toString('hex')))
		await mkdir(dirname(path), { recursive: true })
		await writeFile(path, randomFillSync(bytes))
		insert.run(blob, randomBytes(16), load.fileBytes, load.fileBytes, Date.now(), randomBytes(16))
	}
	file.close()
}

/** SHA-256 of each file, by its path. */
async function hashesIn(folder: string): Promise<Map<string, string>> {
	const hashes = new Map<string, string>()
	for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
		if (!entry.isFile()) continue
		const hash = createHash('sha256')
		await pipeline(createReadStream(join(entry.parentPath, entry.name)), hash)
		hashes.set(entry.name, hash.digest('hex'))
	}
	return hashes
}

const wordsOf = (one: Device, group: string, count: number) =>
	until(one.api, {
		view: 'conversation',
		of: group,
		is: (view) => {
			if (view?.more === true) void one.api.loadEarlier({ conversation: group, count: 500 })
			return view?.more === false && view.messages.length >= count
		},
	})

describeOnPostgres('from SQLite to PostgreSQL', () => {
	test('[S1] killed three times under load, every row and every file is there, and what people wrote meanwhile is there once', async () => {
		const options: { nodes: 1; database: 'sqlite' | 'postgres' } = { ...onSqlite }
		const opened = await world(options)
		const { alice, bob } = await peopled(opened, ['alice', 'bob'])
		const group = await groupOf(alice, [[bob, 'member']])
		const { data } = opened.server
		await opened.stop()
		fillEvents(join(data, 'kith.sqlite'))
		await fillFiles(data)
		const files = await hashesIn(join(data, 'blobs'))
		expect(files.size).toBe(load.files)
		await opened.start()
		for (const person of [alice, bob]) await onlineUntil(person)

		const database = await testDatabase(`kith_test_${createHash('sha256').update(data).digest('hex').slice(0, 16)}`)
		const written: string[] = []
		/** One after the other is taken, and so many wait on the device while there is no server. */
		async function write(person: Device): Promise<void> {
			for (let i = 0, queued = 0; queued < 100; i++) {
				const text = `${person.name} ${i}`
				written.push(text)
				await post(person, group, text)
				const { type } = await until(person.api, {
					view: 'connection',
					of: null,
					is: (connection) => connection.waiting === 0 || connection.type !== 'online',
				})
				if (type !== 'online') queued++
			}
		}
		const writers = [alice, bob].map(write)
		const killed = { data, database, table: 'events' }
		const env = { DATABASE_URL: database.url }
		const seconds = async <T>(work: () => Promise<T>) => {
			const from = performance.now()
			const value = await work()
			return { value, seconds: Math.round((performance.now() - from) / 100) / 10 }
		}
		await killedMove({ ...killed, args: ['--ahead'], rows: load.events / 4 })
		await killedMove({ ...killed, args: ['--ahead'], rows: load.events / 2 })
		const ahead = await seconds(() => runKith(['migrate-to', '--ahead', '--json'], { data, env }))
		expect(ahead.value).toMatchObject({ code: 0, err: '' })
		const atStop = written.length
		await opened.stop()
		await killedMove({ ...killed, rows: load.events })
		const last = await seconds(() => runKith(['migrate-to', '--json'], { data, env }))
		expect(last.value).toMatchObject({ code: 0, err: '' })
		await Promise.all(writers)
		const whileStopped = written.length - atStop

		// By another way than that of the command: every event, in the order of its number.
		const file = new Database(join(data, 'kith.sqlite.moved'), { readonly: true })
		const rows = file.prepare('SELECT conv, recv, event_id, bytes FROM events ORDER BY conv, recv').raw().all() as [
			...[number, number],
			...[Buffer, Buffer],
		][]
		file.close()
		const lineOf = (conv: unknown, recv: unknown, id: Uint8Array, bytes: Uint8Array) =>
			`${String(conv)} ${String(recv)} ${Buffer.from(id).toString('hex')} ${createHash('sha256').update(bytes).digest('hex')}`
		const stored = await database.query<{ conv: string; recv: string; event_id: Uint8Array; bytes: Uint8Array }>(
			'SELECT conv::text, recv::text, event_id, bytes FROM events e ORDER BY e.conv, e.recv',
		)
		expect(stored.length).toBeGreaterThan(load.events)
		expect(stored.map(({ conv, recv, event_id, bytes }) => lineOf(conv, recv, event_id, bytes))).toEqual(
			rows.map(([conv, recv, id, bytes]) => lineOf(conv, recv, id, bytes)),
		)
		expect(await hashesIn(join(data, 'blobs'))).toEqual(files)

		options.database = 'postgres'
		await opened.start()
		for (const person of [alice, bob]) {
			await onlineUntil(person)
			const view = await wordsOf(person, group, written.length)
			expect(view?.messages.map(textOf).toSorted()).toEqual(written.toSorted())
		}
		const tables = (last.value.document() as { tables: readonly { rows: number }[] }).tables
		const figures = {
			rows: tables.reduce((sum, { rows: count }) => sum + count, 0),
			files: files.size,
			gigabytes: (load.files * load.fileBytes) / 1e9,
			written: written.length,
			...{ whileStopped, aheadSeconds: ahead.seconds, lastSeconds: last.seconds },
		}
		process.stdout.write(`${JSON.stringify({ moved: figures })}\n`)
	}, 1_200_000)
})
