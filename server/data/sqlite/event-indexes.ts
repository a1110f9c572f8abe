/**
 * The three indexes of events, kept by hand. An entry of each for every message changes three places of the file, and whatever
 * changes is written in pages of 4 KiB before the message is acked: twenty conversations make sixty pages out of twenty
 * messages. So a row is stored without entries, and a thousand rows later all are entered at once, in the order of the index
 * (docs/decisions/0250).
 *
 * How far an index goes is a number beside it, moved in one transaction with the entries: wherever a crash comes, a row is in
 * the index, or behind that number, in the tail. Who reads asks both (event-places.ts); who writes has the tail in memory.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { Statements } from './statements.ts'

/** Rows of a tail: some milliseconds' work to enter, and the most that a reader steps through besides. */
const tailMax = 1024

/** What the tail is asked for, in one text. */
export const tailKeys = {
	recv: (conv: number, recv: number): string => `${conv} ${recv}`,
	place: (stream: number, clock: number): string => `${stream} ${clock}`,
	event: (conv: number, eventId: Uint8Array): string => `${conv} ${bytesToBase64url(eventId)}`,
} as const
type Name = keyof typeof tailKeys

interface EventIndex {
	/** In event_indexes: rows up to this id are in the index. */
	readonly column: 'by_recv' | 'by_place' | 'by_event'
	readonly enter: string
	readonly keyOf: (row: IndexedRow) => string
}

/** What the indexes take from a row. */
interface IndexedRow {
	readonly id: number
	readonly conv: number
	readonly recv: number
	readonly stream: number
	readonly clock: number
	readonly eventId: Uint8Array
}

const behind = 'FROM events WHERE id > ? AND id <= ? ORDER BY'
const indexes: Readonly<Record<Name, EventIndex>> = {
	recv: {
		column: 'by_recv',
		enter: `INSERT INTO events_by_recv (conv, recv, event) SELECT conv, recv, id ${behind} conv, recv`,
		keyOf: ({ conv, recv }) => tailKeys.recv(conv, recv),
	},
	place: {
		column: 'by_place',
		enter: `INSERT INTO events_by_place (page, stream, clock, event_id, event) SELECT page, stream, clock, event_id, id ${behind} page, stream, clock`,
		keyOf: ({ stream, clock }) => tailKeys.place(stream, clock),
	},
	event: {
		column: 'by_event',
		enter: `INSERT INTO events_by_event (conv, event_id, event) SELECT conv, event_id, id ${behind} conv, event_id`,
		keyOf: ({ conv, eventId }) => tailKeys.event(conv, eventId),
	},
}
const names = Object.keys(indexes) as Name[]

interface Tails {
	/** The highest id. */
	last: number
	/** Of each index: where it ends, and the first row behind that by its key. */
	readonly of: Readonly<Record<Name, { upTo: number; readonly rows: Map<string, number> }>>
}

/** Of the writing connection, inside its transactions. */
export class EventIndexes {
	readonly #statements: Statements
	/** Null until it is read. */
	#tails: Tails | null = null

	constructor(statements: Statements) {
		this.#statements = statements
	}

	/** A transaction was taken back, and with it what was entered here. */
	forget(): void {
		this.#tails = null
	}

	/** A row has been stored, with the highest id so far. */
	add(row: IndexedRow): void {
		note((this.#tails ??= this.#read()), row)
	}

	/** The first row with this key in the tail; undefined where only the index can have it. */
	inTail(name: Name, key: string): number | undefined {
		return (this.#tails ??= this.#read()).of[name].rows.get(key)
	}

	/** Enters the tail where it has grown long: of one index at a time, so that no turn pays for all. */
	keepShort(): void {
		const { last, of } = (this.#tails ??= this.#read())
		const due = names.find((name) => last - of[name].upTo >= tailMax)
		if (due === undefined) return
		const { column, enter } = indexes[due]
		this.#statements.change(enter, of[due].upTo, last)
		this.#statements.change(`UPDATE event_indexes SET ${column} = ?`, last)
		of[due].upTo = last
		of[due].rows.clear()
	}

	#read(): Tails {
		const { get, all } = this.#statements
		const ends = get<Record<EventIndex['column'], number>>('SELECT by_recv, by_place, by_event FROM event_indexes')
		if (ends === null) throw new Error('the database does not say how far its indexes go')
		const tailOf = (name: Name) => ({ upTo: ends[indexes[name].column], rows: new Map<string, number>() })
		const tails = { last: 0, of: { recv: tailOf('recv'), place: tailOf('place'), event: tailOf('event') } }
		const from = Math.min(...names.map((name) => tails.of[name].upTo))
		const sql = 'SELECT id, conv, recv, stream, clock, event_id AS eventId FROM events WHERE id > ? ORDER BY id'
		for (const row of all<IndexedRow>(sql, from)) note(tails, row)
		tails.last = Math.max(tails.last, from)
		return tails
	}
}

function note(tails: Tails, row: IndexedRow): void {
	tails.last = row.id
	for (const name of names) {
		const { upTo, rows } = tails.of[name]
		const key = indexes[name].keyOf(row)
		if (row.id > upTo && !rows.has(key)) rows.set(key, row.id)
	}
}
