/**
 * The server's database behind a seam: it can die as by a power cut, at once or around the n-th commit from now, and its
 * table of events can fail for a while. What is dead keeps nothing of what was not committed, and nobody hears of it.
 */
import Database from 'better-sqlite3'
import { openSqliteData, type SqliteData } from '#server/data/sqlite/sqlite.ts'
import type { EventChange, Events } from '#server/domain/event-ports.ts'
import type { Repositories } from '#server/domain/ports.ts'

/** `after-publish`: others have it, its author has not heard. */
export type PowerCutMoment = 'before-commit' | 'after-commit' | 'after-publish'

/** What a broken server does. */
export interface DataFaults {
	/** The last commit of events was acked, and had not reached the disk when the power went. */
	readonly acksBeforeCommit?: boolean
	/** Does not see that an event is stored already. */
	readonly noDuplicateCheck?: boolean
}

export interface MortalData {
	readonly open: (path: string) => SqliteData
	/** From now on nothing is kept and nothing is told. Resolves when the file is closed. */
	crash(): Promise<void>
	/** `then` is called at the moment of the crash; `crash` must follow. */
	crashAtCommit(commits: number, moment: PowerCutMoment, then: () => void): void
	/** The next so many writes of events fail, as on a full disk. */
	failWrites(count: number): void
	/** The next so many reads of events fail. */
	failReads(count: number): void
	/** Writes and reads that failed so far. */
	readonly failures: number
}

interface Crash {
	in: number
	readonly moment: PowerCutMoment
	readonly then: () => void
}

class PowerCut extends Error {}

export function mortalData(faults: DataFaults = {}): MortalData {
	const life = { dead: false, writesToFail: 0, readsToFail: 0, failures: 0 }
	let crash: Crash | null = null
	let real: SqliteData | null = null
	let file = ''
	let unsynced: Undo | null = null

	function nextCommit(): Crash | null {
		if (crash === null || --crash.in > 0) return null
		const due = crash
		crash = null
		return due
	}

	function die({ then }: Crash): void {
		if (life.dead) return
		life.dead = true
		then()
	}

	function guarded(repositories: Repositories): Repositories {
		const entries = Object.entries({ ...repositories, events: faulty(repositories.events) })
		return Object.fromEntries(
			entries.map(([name, repository]) => [name, alive(repository as object)]),
		) as unknown as Repositories
	}

	/** Outside of transactions. */
	function readable(repositories: Repositories): Repositories {
		const events = new Proxy(repositories.events, {
			get:
				(target, name: keyof Events) =>
				(...args: never[]) => {
					if (life.readsToFail <= 0) return (target[name] as (...args: never[]) => unknown)(...args)
					life.readsToFail--
					life.failures++
					return Promise.reject(new Error('the disk cannot be read'))
				},
		})
		return { ...repositories, events }
	}

	const alive = <T extends object>(repository: T): T =>
		new Proxy(repository, {
			get: (target, name) => {
				if (life.dead) throw new PowerCut()
				return target[name as keyof T]
			},
		})

	const faulty = (events: Events): Events => ({
		...events,
		...(faults.noDuplicateCheck === true ? { byEventId: async () => null, byPlace: async () => null } : {}),
		store: async (change) => {
			if (life.writesToFail > 0) {
				life.writesToFail--
				life.failures++
				throw new Error('the disk is full')
			}
			if (faults.acksBeforeCommit === true) unsynced = undoOf(file, change)
			await events.store(change)
		},
	})

	return {
		open: (path) => {
			file = path
			const data = openSqliteData(path)
			real = data
			const { unitOfWork } = data
			return {
				repositories: readable(guarded(data.repositories)),
				unitOfWork: {
					checkWritable: () => unitOfWork.checkWritable(),
					scrub: () => unitOfWork.scrub(),
					transaction: async (run) => {
						if (life.dead) throw new PowerCut()
						const due = nextCommit()
						const value = await unitOfWork.transaction(async (repositories, afterCommit) => {
							if (due?.moment === 'after-commit') afterCommit(() => die(due))
							const result = await run(guarded(repositories), (action) => afterCommit(() => life.dead || action()))
							if (due?.moment === 'before-commit') die(due)
							if (life.dead) throw new PowerCut()
							if (due?.moment === 'after-publish') afterCommit(() => die(due))
							return result
						})
						if (life.dead) throw new PowerCut()
						return value
					},
				},
				close: () => {
					if (real !== null) data.close()
					real = null
				},
			}
		},
		crash: async () => {
			life.dead = true
			const data = real
			real = null
			if (data === null) return
			// Behind whatever was under way, which has been rolled back.
			await data.unitOfWork.transaction(async () => undefined)
			data.close()
			unsynced?.()
		},
		crashAtCommit: (commits, moment, then) => {
			crash = { in: commits, moment, then }
		},
		failWrites: (count) => {
			life.writesToFail = count
		},
		failReads: (count) => {
			life.readsToFail = count
		},
		get failures() {
			return life.failures
		},
	}
}

/** Takes a change back, on the closed file. */
type Undo = () => void

type Columns = Readonly<Record<string, unknown>>

function undoOf(file: string, { counters: { id } }: EventChange): Undo {
	const reading = new Database(file, { readonly: true })
	const counters = reading.prepare('SELECT * FROM conversation_counters WHERE id = ?').get(id) as Columns | undefined
	const pages = reading.prepare('SELECT * FROM pages WHERE conv = ?').all(id) as Columns[]
	const streams = reading
		.prepare('SELECT streams.* FROM streams JOIN pages ON pages.id = streams.page WHERE conv = ?')
		.all(id) as Columns[]
	reading.close()
	return () => {
		const writing = new Database(file)
		writing.pragma('foreign_keys = OFF')
		writing.transaction(() => {
			writing.prepare('DELETE FROM events WHERE conv = ? AND recv > ?').run(id, counters?.['recv'] ?? 0)
			writing.prepare('DELETE FROM streams WHERE page IN (SELECT id FROM pages WHERE conv = ?)').run(id)
			writing.prepare('DELETE FROM pages WHERE conv = ?').run(id)
			writing.prepare('DELETE FROM conversation_counters WHERE id = ?').run(id)
			for (const row of streams) insert(writing, 'streams', row)
			for (const row of pages) insert(writing, 'pages', row)
			if (counters !== undefined) insert(writing, 'conversation_counters', counters)
		})()
		writing.close()
	}
}

function insert(database: Database.Database, table: string, row: Columns): void {
	const names = Object.keys(row)
	const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
	database.prepare(sql).run(...Object.values(row))
}

/** eventIds of all rows that are on the disk, base64url, one for each row. */
export function storedEventIds(file: string): string[] {
	const reading = new Database(file, { readonly: true })
	const rows = reading.prepare('SELECT event_id AS id FROM events').all() as { id: Buffer }[]
	reading.close()
	return rows.map(({ id }) => id.toString('base64url'))
}
