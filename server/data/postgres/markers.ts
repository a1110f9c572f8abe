/** Markers in PostgreSQL: one row per conversation, device and kind. */
import type { MarkerRow, Markers } from '#server/domain/event-ports.ts'
import { statements, type Queryable } from './statements.ts'
import { fromSigned, toSigned } from './values.ts'

export function postgresMarkers(db: Queryable): Markers {
	const { all, change } = statements(db)
	return {
		put: async (conversation, { device, kind, account, hlc, marker }) =>
			(await change(
				`INSERT INTO markers (conversation, device, kind, account, hlc, marker) VALUES ($1, $2, $3, $4, $5, $6)
				 ON CONFLICT (conversation, device, kind) DO UPDATE SET
				 account = excluded.account, hlc = excluded.hlc, marker = excluded.marker WHERE excluded.hlc > markers.hlc`,
				...[conversation, device, kind, account, toSigned(hlc), marker],
			)) === 1,
		of: async (conversation) => {
			const sql =
				'SELECT account, device, kind, hlc::text, marker FROM markers WHERE conversation = $1 ORDER BY device, kind'
			const rows = await all<Omit<MarkerRow, 'hlc'> & { hlc: string }>(sql, conversation)
			return rows.map((row) => ({ ...row, hlc: fromSigned(row.hlc) }))
		},
	}
}
