/** Rows of blobs in PostgreSQL. */
import type { Bytes } from '#protocol/bytes.ts'
import type { BlobRow, BlobRows } from '#server/domain/blob-ports.ts'
import { statements, type Queryable } from './statements.ts'

const columns = 'blob, conversation, account, device, length, received, used_at AS "usedAt", event'

export function postgresBlobs(db: Queryable): BlobRows {
	const { get, all, change } = statements(db)
	const deleted = async (rows: Promise<{ readonly blob: Bytes }[]>): Promise<Bytes[]> =>
		(await rows).map(({ blob }) => blob)
	return {
		byId: (blob) => get<BlobRow>(`SELECT ${columns} FROM blobs WHERE blob = $1`, blob),
		usage: async (account) => {
			const sql = 'SELECT coalesce(sum(length), 0)::bigint AS bytes FROM blobs WHERE account = $1'
			return (await get<{ bytes: number }>(sql, account))?.bytes ?? 0
		},
		insert: async ({ blob, conversation, account, device, length, received, usedAt, event }) =>
			(await change(
				`INSERT INTO blobs (blob, conversation, account, device, length, received, used_at, event)
				 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
				...[blob, conversation, account, device, length, received, usedAt, event],
			)) === 1,
		advance: async (blob, { from, to, at }) =>
			(await change(
				'UPDATE blobs SET received = $3, used_at = $4 WHERE blob = $1 AND received = $2',
				...[blob, from, to, at],
			)) === 1,
		setEvent: async (blob, event) => {
			await change('UPDATE blobs SET event = $2 WHERE blob = $1', blob, event)
		},
		delete: async (blob) => {
			await change('DELETE FROM blobs WHERE blob = $1', blob)
		},
		deleteOf: (conversation, events) =>
			deleted(
				all('DELETE FROM blobs WHERE conversation = $1 AND event = ANY($2::bytea[]) RETURNING blob', conversation, events),
			),
		deleteAt: (places) =>
			deleted(
				all(
					`DELETE FROM blobs b USING unnest($1::bigint[], $2::bigint[]) AS place(conv, recv)
					 JOIN events e ON e.conv = place.conv AND e.recv = place.recv JOIN conversation_counters c ON c.id = e.conv
					 WHERE b.conversation = c.conversation AND b.event = e.event_id RETURNING b.blob`,
					places.map(({ id }) => id),
					places.map(({ recv }) => recv),
				),
			),
		deleteStale: ({ unfinished, unnamed }) =>
			deleted(
				all(
					`DELETE FROM blobs WHERE event IS NULL AND used_at < CASE WHEN received < length THEN $1::bigint ELSE $2::bigint END
					 RETURNING blob`,
					unfinished,
					unnamed,
				),
			),
		total: async () => {
			const sql = 'SELECT count(*), coalesce(sum(length), 0)::bigint AS bytes FROM blobs'
			return (await get<{ count: number; bytes: number }>(sql)) ?? { count: 0, bytes: 0 }
		},
	}
}
