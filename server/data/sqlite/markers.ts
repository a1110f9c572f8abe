/** Markers in SQLite: one row per conversation, device and kind. */
import type { MarkerKind, MarkerRow, Markers } from '#server/domain/event-ports.ts'
import { fromBlob, statements } from './statements.ts'
import type { Connection } from './connection.ts'

interface Columns {
	readonly account: Uint8Array
	readonly device: Uint8Array
	readonly kind: MarkerKind
	readonly hlc: string
	readonly marker: Uint8Array
}

export function sqliteMarkers(db: Connection): Markers {
	const { all, change } = statements(db)
	return {
		put: async (conversation, { device, kind, account, hlc, marker }) =>
			change(
				`INSERT INTO markers (conversation, device, kind, account, hlc, marker) VALUES (?, ?, ?, ?, ?, ?)
				 ON CONFLICT DO UPDATE SET account = excluded.account, hlc = excluded.hlc, marker = excluded.marker
				 WHERE excluded.hlc > markers.hlc`,
				conversation,
				device,
				kind,
				account,
				hlc.toString(16).padStart(16, '0'),
				marker,
			) === 1,
		of: async (conversation) =>
			all<Columns>(
				'SELECT account, device, kind, hlc, marker FROM markers WHERE conversation = ? ORDER BY device, kind',
				conversation,
			).map(toRow),
	}
}

function toRow({ account, device, kind, hlc, marker }: Columns): MarkerRow {
	return { account: fromBlob(account), device: fromBlob(device), kind, hlc: BigInt(`0x${hlc}`), marker: fromBlob(marker) }
}
