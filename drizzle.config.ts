/** `npm run migrations`: writes the next migration from the schema. Migrations are append-only. */
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
