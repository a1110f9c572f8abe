/** Where a row of events is: by index and tail (event-indexes.ts), in one statement, so that nothing moves between the two. */
import type { Bytes } from '#protocol/bytes.ts'
import { tailKeys, type EventIndexes } from './event-indexes.ts'
import type { Statements } from './statements.ts'

/** Rows by their id; null where there is none. Of several rows of one event the first. */
export interface EventPlaces {
	byRecv(conv: number, recv: number): number | null
	byPlace(stream: { readonly page: number; readonly stream: number }, clock: number): number | null
	byEvent(conv: number, eventId: Bytes): number | null
}

const indexedRecv = 'SELECT event AS id FROM events_by_recv WHERE conv = ? AND recv = ?'
const indexedPlace = 'SELECT event AS id FROM events_by_place WHERE page = ? AND stream = ? AND clock = ?'
const indexedEvent = 'SELECT event AS id FROM events_by_event WHERE conv = ? AND event_id = ?'

/** On the writing connection. The index before the tail: what it has is older. */
export function placesForWriter({ get }: Statements, indexes: EventIndexes): EventPlaces {
	const idOf = (row: { readonly id: number } | null): number | null => row?.id ?? null
	return {
		byRecv: (conv, recv) => indexes.inTail('recv', tailKeys.recv(conv, recv)) ?? idOf(get(indexedRecv, conv, recv)),
		byPlace: ({ page, stream }, clock) =>
			indexes.inTail('place', tailKeys.place(stream, clock)) ?? idOf(get(indexedPlace, page, stream, clock)),
		byEvent: (conv, eventId) =>
			idOf(get(indexedEvent, conv, eventId)) ?? indexes.inTail('event', tailKeys.event(conv, eventId)) ?? null,
	}
}

/** Rows behind an index that fit. */
export function inTail(column: 'by_recv' | 'by_place' | 'by_event', fits: string): string {
	return `FROM events e WHERE e.id > (SELECT ${column} FROM event_indexes) AND ${fits}`
}

/** A row's id, by two numbers or columns: for statements that join it. */
export function idAtRecv(conv: string, recv: string): string {
	const indexed = `SELECT event FROM events_by_recv WHERE conv = ${conv} AND recv = ${recv}`
	return `(${indexed} UNION ALL SELECT e.id ${inTail('by_recv', `e.conv = ${conv} AND e.recv = ${recv}`)} LIMIT 1)`
}

/** On the reading connection. */
export function placesForReader({ get }: Statements): EventPlaces {
	const first = (indexed: string, tail: string, ...asked: readonly (number | Bytes)[]): number | null => {
		const sql = `SELECT min(id) AS id FROM (${indexed} UNION ALL SELECT e.id ${tail})`
		return get<{ id: number | null }>(sql, ...asked, ...asked)?.id ?? null
	}
	return {
		byRecv: (conv, recv) => first(indexedRecv, inTail('by_recv', 'e.conv = ? AND e.recv = ?'), conv, recv),
		byPlace: ({ page, stream }, clock) =>
			first(indexedPlace, inTail('by_place', 'e.page = ? AND e.stream = ? AND e.clock = ?'), page, stream, clock),
		byEvent: (conv, eventId) =>
			first(indexedEvent, inTail('by_event', 'e.conv = ? AND e.event_id = ?'), conv, eventId),
	}
}
