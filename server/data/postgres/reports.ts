/** Reports and their boxes in PostgreSQL. */
import type { ReportBoxRow, ReportRow, Reports } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

const columns = 'r.id, r.conversation, r.reporter, r.at, r.sealed, r.report'

export function postgresReports(db: Queryable): Reports {
	const { get, all, change } = statements(db)
	return {
		insert: async ({ id, conversation, reporter, at, sealed, report }, boxes) => {
			await change(
				'INSERT INTO reports (id, conversation, reporter, at, sealed, report) VALUES ($1, $2, $3, $4, $5, $6)',
				...[id, conversation, reporter, at, sealed, report],
			)
			if (boxes.length === 0) return
			await change(
				`INSERT INTO report_boxes (report, account, g, box)
				 SELECT $1::bytea, * FROM unnest($2::bytea[], $3::bigint[], $4::bytea[])`,
				...[id, boxes.map(({ account }) => account), boxes.map(({ g }) => g), boxes.map(({ box }) => box)],
			)
		},
		toOperator: () => all<ReportRow>(`SELECT ${columns} FROM reports r WHERE NOT sealed ORDER BY at, id`),
		sealedFor: (conversation, account) =>
			all<ReportRow & ReportBoxRow>(
				`SELECT ${columns}, b.account, b.g, b.box FROM reports r JOIN report_boxes b ON b.report = r.id
				 WHERE r.conversation = $1 AND r.sealed AND b.account = $2 ORDER BY r.at, r.id`,
				conversation,
				account,
			),
		countSealed: async (conversation) => {
			const sql = 'SELECT count(*) FROM reports WHERE conversation = $1 AND sealed'
			return (await get<{ count: number }>(sql, conversation))?.count ?? 0
		},
		countBy: async (reporter) => {
			const sql = 'SELECT count(*) FROM reports WHERE reporter = $1 AND NOT sealed'
			return (await get<{ count: number }>(sql, reporter))?.count ?? 0
		},
		delete: async (id, conversation) =>
			(conversation === null
				? await change('DELETE FROM reports WHERE id = $1 AND NOT sealed', id)
				: await change('DELETE FROM reports WHERE id = $1 AND conversation = $2 AND sealed', id, conversation)) === 1,
	}
}
