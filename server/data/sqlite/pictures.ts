/** Sealed pictures of conversations in SQLite. */
import type { Pictures } from '#server/domain/ports.ts'
import { and, desc, eq, notInArray } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { pictures } from './schema.ts'

export function sqlitePictures(db: Connection): Pictures {
	const at = (conversation: Uint8Array<ArrayBuffer>, picture: Uint8Array<ArrayBuffer>) =>
		and(eq(pictures.conversation, conversation), eq(pictures.picture, picture))
	return {
		sealed: async (conversation, picture) =>
			db.select({ sealed: pictures.sealed }).from(pictures).where(at(conversation, picture)).get()?.sealed ?? null,
		put: async (row) => {
			const target = [pictures.conversation, pictures.picture]
			db.insert(pictures)
				.values(row)
				.onConflictDoUpdate({ target, set: { at: row.at } })
				.run()
		},
		keepNewest: async (conversation, count) => {
			const newest = db
				.select({ picture: pictures.picture })
				.from(pictures)
				.where(eq(pictures.conversation, conversation))
				.orderBy(desc(pictures.at), desc(pictures.picture))
				.limit(count)
			db.delete(pictures)
				.where(and(eq(pictures.conversation, conversation), notInArray(pictures.picture, newest)))
				.run()
		},
	}
}
