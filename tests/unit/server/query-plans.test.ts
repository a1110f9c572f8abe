/** Each query of the hottest tables goes by its index: a plan that walks a conversation costs 500 µs an event, unnoticed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSqlite } from '#server/data/sqlite/connection.ts'
import { EventIndexes } from '#server/data/sqlite/event-indexes.ts'
import { sqliteEvents } from '#server/data/sqlite/events.ts'
import { migrateSqlite } from '#server/data/sqlite/migrate.ts'
import { statements } from '#server/data/sqlite/statements.ts'

test('every query of events goes by an index, and the right one', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'kith-plans-'))
	const { writer, close } = openSqlite(join(folder, 'kith.db'))
	migrateSqlite(writer)
	const database = writer.$client
	const prepare = database.prepare.bind(database)
	const queries = new Set<string>()
	database.prepare = ((sql: string) => (queries.add(sql), prepare(sql))) as typeof database.prepare
	const id = new Uint8Array(16)
	// What the two connections have prepared differs where an index has a tail.
	for (const events of [sqliteEvents(writer, null), sqliteEvents(writer, new EventIndexes(statements(writer)))]) {
		await Promise.all([events.counters(id), events.pages(1, 0), events.parts(1, 0), events.streams(1)])
		await Promise.all([events.byEventId(1, id), events.byPlace({ page: 1, stream: 1 }, 0), events.item(1, 1)])
		await Promise.all([events.waitingRedactions(1, id), events.expired(1, 1)])
		await Promise.all([events.rows(1), events.rows(1, [{ stream: 1, clock: 0 }]), events.digestItems(1)])
		await events.after(1, { after: 0, upTo: 9, limit: 2 })
	}
	const plans = [...queries].map((sql) => {
		const parameters = [...sql.matchAll(/\?/g)].map(() => (sql.includes('json_each') ? '[]' : 1))
		const steps = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[]
		return { sql, plan: steps.map(({ detail }) => detail).join(' | ') }
	})
	expect(plans.length).toBe(18)
	// What was asked for, and the one row that says how far the indexes go.
	expect(plans.filter(({ plan }) => /SCAN (?!w VIRTUAL|event_indexes|\(subquery)/.test(plan))).toEqual([])
	const tail = 'SEARCH e USING INTEGER PRIMARY KEY (rowid>?)'
	const behind = (index: string): RegExp => new RegExp(`${index}.* UNION ALL .*${tail.replace(/[()?]/g, '\\$&')}`)
	const plansOf = (part: string): string[] => plans.filter(({ sql }) => sql.includes(part)).map(({ plan }) => plan)
	const byEvent = 'SEARCH events_by_event USING PRIMARY KEY \\(conv=\\? AND event_id=\\?\\)'
	const byPlace = 'SEARCH events_by_place USING PRIMARY KEY \\(page=\\? AND stream=\\? AND clock=\\?\\)'
	const byRecv = 'SEARCH events_by_recv USING PRIMARY KEY \\(conv=\\? AND recv=\\?\\)'
	for (const [table, index] of [
		['events_by_event WHERE', byEvent],
		['events_by_place WHERE', byPlace],
		['events_by_recv WHERE', byRecv],
	] as const) {
		const [reader, writer] = plansOf(table).filter((plan) => !plan.includes('SEARCH x'))
		expect(reader).toMatch(behind(index))
		expect(writer).toMatch(new RegExp(`^${index}$`))
	}
	expect(plansOf('FROM expiries')).toEqual([expect.stringMatching(behind(byRecv))])
	expect(plansOf('json_each')).toEqual([
		expect.stringMatching(/SCAN w VIRTUAL.*SEARCH i USING PRIMARY KEY \(page=\? AND stream=\? AND clock>\?\)/),
	])
	expect(plansOf('i.event_id AS eventId')).toEqual([
		expect.stringMatching(behind('SEARCH i USING PRIMARY KEY \\(page=\\?\\)')),
	])
	expect(plansOf('i.event_id AS eventId')[0]?.split('UNION ALL')[0]).not.toContain('SEARCH e ')
	expect(plansOf('p.page, p.part')).toEqual([
		expect.stringMatching(/SEARCH i USING PRIMARY KEY \(conv=\? AND recv>\? AND recv<\?\)/),
	])
	close()
	rmSync(folder, { recursive: true })
})
