/** Facts of the instance in SQLite. */
import type { InstanceFacts } from '#server/domain/ports.ts'
import { eq } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { instanceFacts } from './schema.ts'

export function sqliteInstanceFacts(db: Connection): InstanceFacts {
	return {
		get: async (fact) => db.select().from(instanceFacts).where(eq(instanceFacts.fact, fact)).get()?.value ?? null,
		set: async (fact, value) => {
			if (value === null) db.delete(instanceFacts).where(eq(instanceFacts.fact, fact)).run()
			else {
				db.insert(instanceFacts)
					.values({ fact, value })
					.onConflictDoUpdate({ target: instanceFacts.fact, set: { value } })
					.run()
			}
		},
	}
}
