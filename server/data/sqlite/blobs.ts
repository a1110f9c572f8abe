/** Rows of blobs in SQLite. */
import type { Bytes } from '#protocol/bytes.ts'
import type { BlobRows } from '#server/domain/blob-ports.ts'
import { and, count, eq, inArray, isNull, lt, or, sql, sum } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { idAtRecv } from './event-places.ts'
import { blobs } from './schema-blobs.ts'
import { fromBlob, statements } from './statements.ts'

const deleteAt =
	'DELETE FROM blobs WHERE (conversation, event) IN (SELECT c.conversation, e.event_id FROM (SELECT ? AS conv, ? AS recv) x ' +
	`JOIN events e ON e.id = ${idAtRecv('x.conv', 'x.recv')} JOIN conversation_counters c ON c.id = e.conv) RETURNING blob`

export function sqliteBlobs(db: Connection): BlobRows {
	const { all } = statements(db)
	const isWhole = sql`${blobs.received} >= ${blobs.length}`
	return {
		byId: async (blob) => db.select().from(blobs).where(eq(blobs.blob, blob)).get() ?? null,
		usage: async (account) =>
			Number(
				db
					.select({ bytes: sum(blobs.length) })
					.from(blobs)
					.where(eq(blobs.account, account))
					.get()?.bytes ?? 0,
			),
		insert: async (row) => db.insert(blobs).values(row).onConflictDoNothing().run().changes === 1,
		advance: async (blob, { from, to, at }) =>
			db
				.update(blobs)
				.set({ received: to, usedAt: at })
				.where(and(eq(blobs.blob, blob), eq(blobs.received, from)))
				.run().changes === 1,
		setEvent: async (blob, event) => {
			db.update(blobs).set({ event }).where(eq(blobs.blob, blob)).run()
		},
		delete: async (blob) => {
			db.delete(blobs).where(eq(blobs.blob, blob)).run()
		},
		deleteOf: async (conversation, events) =>
			db
				.delete(blobs)
				.where(and(eq(blobs.conversation, conversation), inArray(blobs.event, [...events])))
				.returning({ blob: blobs.blob })
				.all()
				.map(({ blob }) => blob),
		deleteAt: async (places) => places.flatMap(({ id, recv }) => all<{ blob: Bytes }>(deleteAt, id, recv).map(({ blob }) => fromBlob(blob))),
		deleteStale: async ({ unfinished, unnamed }) =>
			db
				.delete(blobs)
				.where(
					and(
						isNull(blobs.event),
						or(
							and(lt(blobs.usedAt, unfinished), sql`not ${isWhole}`),
							and(lt(blobs.usedAt, unnamed), isWhole),
						),
					),
				)
				.returning({ blob: blobs.blob })
				.all()
				.map(({ blob }) => blob),
		total: async () => {
			const row = db
				.select({ count: count(), bytes: sum(blobs.length) })
				.from(blobs)
				.get()
			return { count: row?.count ?? 0, bytes: Number(row?.bytes ?? 0) }
		},
	}
}
