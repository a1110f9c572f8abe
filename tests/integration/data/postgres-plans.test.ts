/** Each statement of the hottest tables goes by an index: where walking a table is forbidden, none walks one. */
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { clientOptions } from '#server/data/postgres/connection.ts'
import { postgresEvents } from '#server/data/postgres/events.ts'
import { postgresMarkers } from '#server/data/postgres/markers.ts'
import { migratePostgres } from '#server/data/postgres/migrate.ts'
import { postgresSessions } from '#server/data/postgres/sessions.ts'
import type { Queryable } from '#server/data/postgres/statements.ts'
import { describeOnPostgres } from '#tests/support/postgres.ts'
import { testDatabase } from '#tests/support/test-database.ts'

type Asked = Parameters<Queryable['query']>[0]

describeOnPostgres('plans of PostgreSQL', () => {
	test('every statement of events, markers and sessions goes by an index', async () => {
		const asked: Asked[] = []
		const noted = { query: async (query: Asked) => (asked.push(query), { rows: [], rowCount: 0 }) } as unknown as Queryable
		const [events, markers, sessions] = [postgresEvents(noted), postgresMarkers(noted), postgresSessions(noted)]
		const id = new Uint8Array(16)
		const row = { recv: 1, page: 1, stream: 1, clock: 0, eventId: id, at: 1, expiresAt: 5, bytes: id }
		const counters = { id: 1, recv: 1, current: 0, lastAt: 0, redactionsWait: false }
		const change = { counters, pages: [], streams: [], events: [row], rewritten: [], waiting: [] }
		await Promise.all([events.counters(id), events.pages(1, 0), events.parts(1, 0), events.streams(1)])
		await Promise.all([events.byEventId(1, id), events.byPlace({ page: 1, stream: 1 }, 0), events.item(1, 1)])
		await Promise.all([events.waitingRedactions(1, id), events.expired(1, 1), events.expire([{ id: 1, recv: 1, bytes: id }])])
		await Promise.all([events.rows(1), events.rows(1, [{ stream: 1, clock: 0 }]), events.digestItems(1)])
		await events.after(1, { after: 0, upTo: 9, limit: 2 })
		await expect(events.store(change)).rejects.toThrow()
		await Promise.all([markers.of(id), sessions.family('s'), sessions.token('t'), sessions.familiesOf(id)])

		const database = await testDatabase()
		const client = new Client(clientOptions(database.server))
		try {
			await migratePostgres(database.server)
			await client.connect()
			await client.query('SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan')
			const plans: string[] = []
			for (const { text, values } of asked) {
				const { rows } = await client.query<Record<string, string>>({ text: `EXPLAIN ${text}`, values })
				plans.push([text, ...rows.map((line) => line['QUERY PLAN'])].join('\n'))
			}
			expect(plans.length).toBe(20)
			expect(plans.filter((plan) => plan.includes('Seq Scan on'))).toEqual([])
			const digest = plans.find((plan) => plan.includes('e.clock, e.event_id AS "eventId" FROM events'))
			expect(digest).toMatch(/Index Only Scan using events_place|Bitmap Index Scan on events_place/)
		} finally {
			await client.end()
			await database.drop()
		}
	})
})
