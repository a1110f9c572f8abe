/** The same as drizzle.config.ts at the top, for PostgreSQL. Paths are those of the folder that `npm run migrations` runs in. */
import { defineConfig } from 'drizzle-kit'

export default defineConfig({
	dialect: 'postgresql',
	schema: [
		'./server/data/postgres/schema.ts',
		'./server/data/postgres/schema-events.ts',
		'./server/data/postgres/schema-blobs.ts',
	],
	out: './drizzle/postgres',
})
