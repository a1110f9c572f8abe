/** `npm run migrations`: writes the next migration from the schema, for SQLite; for PostgreSQL: drizzle/postgres.config.ts. Append-only. */
import { defineConfig } from 'drizzle-kit'

export default defineConfig({
	dialect: 'sqlite',
	schema: [
		'./server/data/sqlite/schema.ts',
		'./server/data/sqlite/schema-events.ts',
		'./server/data/sqlite/schema-blobs.ts',
	],
	out: './drizzle/sqlite',
})
