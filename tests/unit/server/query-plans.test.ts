/** Each query of the hottest tables goes by its index: a plan that walks a conversation costs 500 µs an event, unnoticed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSqlite } from '#server/data/sqlite/connection.ts'
import { sqliteEvents } from '#server/data/sqlite/events.ts'
import { migrateSqlite } from '#server/data/sqlite/migrate.ts'

test('every query of events goes by an index, and the right one', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'kith-plans-'))
	const { writer, close } = openSqlite(join(folder, 'kith.db'))
	migrateSqlite(writer)
	const database = writer.$client
	const prepare = database.prepare.bind(database)
	const queries = new Set<string>()
	database.prepare = ((sql: string) => (queries.add(sql), prepare(sql))) as typeof database.prepare
	const events = sqliteEvents(writer)
	const id = new Uint8Array(16)
	await Promise.all([events.counters(id), events.pages(1, 0), events.parts(1, 0), events.streams(1), events.item(1, 1)])
	await Promise.all([
		events.byEventId(1, id),
		events.byPlace({ page: 1, stream: 1 }, 0),
		events.waitingRedactions(1, id),
	])
	await Promise.all([events.rows(1), events.rows(1, [{ stream: 1, clock: 0 }]), events.digestItems(1)])
	const plans = [...queries].map((sql) => {
		const parameters = [...sql.matchAll(/\?/g)].map(() => (sql.includes('json_each') ? '[]' : 1))
		const steps = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[]
		return { sql, plan: steps.map(({ detail }) => detail).join(' | ') }
	})
	expect(plans.length).toBe(11)
	expect(plans.filter(({ plan }) => /SCAN (?!w VIRTUAL)/.test(plan))).toEqual([])
	const planOf = (part: string): string => plans.find(({ sql }) => sql.includes(part))?.plan ?? ''
	expect(planOf('AND event_id = ?')).toContain('USING INDEX events_event (conv=? AND event_id=?)')
	expect(planOf('e.clock = ?')).toContain('USING INDEX events_place (page=? AND stream=? AND clock=?)')
	expect(planOf('json_each')).toMatch(/^SCAN w VIRTUAL.*events_place \(page=\? AND stream=\? AND clock>\?\)/)
	expect(planOf('e.event_id AS eventId FROM events e JOIN streams')).toContain('USING COVERING INDEX events_place')
	close()
	rmSync(folder, { recursive: true })
})
