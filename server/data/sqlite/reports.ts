/** Reports and their boxes in SQLite. */
import type { Reports } from '#server/domain/ports.ts'
import { and, asc, count, eq } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { reportBoxes, reports } from './schema.ts'

export function sqliteReports(db: Connection): Reports {
	const number = (where: ReturnType<typeof and>) =>
		db.select({ count: count() }).from(reports).where(where).get()?.count ?? 0
	return {
		insert: async (row, boxes) => {
			db.insert(reports).values(row).run()
			for (const box of boxes) {
				db.insert(reportBoxes)
					.values({ report: row.id, ...box })
					.run()
			}
		},
		toOperator: async () =>
			db.select().from(reports).where(eq(reports.sealed, false)).orderBy(asc(reports.at), asc(reports.id)).all(),
		sealedFor: async (conversation, account) =>
			db
				.select()
				.from(reports)
				.innerJoin(reportBoxes, eq(reportBoxes.report, reports.id))
				.where(and(eq(reports.conversation, conversation), eq(reports.sealed, true), eq(reportBoxes.account, account)))
				.orderBy(asc(reports.at), asc(reports.id))
				.all()
				.map(({ reports: row, report_boxes: { g, box } }) => ({ ...row, account, g, box })),
		countSealed: async (conversation) =>
			number(and(eq(reports.conversation, conversation), eq(reports.sealed, true))),
		countBy: async (reporter) => number(and(eq(reports.reporter, reporter), eq(reports.sealed, false))),
		delete: async (id, conversation) => {
			const where = conversation === null ? eq(reports.sealed, false) : eq(reports.conversation, conversation)
			const isSealed = eq(reports.sealed, conversation !== null)
			return (
				db
					.delete(reports)
					.where(and(eq(reports.id, id), where, isSealed))
					.run().changes === 1
			)
		},
	}
}
