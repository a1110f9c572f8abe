/** The table of blobs: whose they are and how far they came. Their bytes lie elsewhere (server/data/files). */
import { index, integer, sqliteTable } from 'drizzle-orm/sqlite-core'
import { bytes } from './columns.ts'
import { accounts, conversations } from './schema.ts'

export const blobs = sqliteTable(
	'blobs',
	{
		blob: bytes('blob').primaryKey(),
		conversation: bytes('conversation')
			.notNull()
			.references(() => conversations.conversation),
		account: bytes('account')
			.notNull()
			.references(() => accounts.account),
		device: bytes('device').notNull(),
		length: integer('length').notNull(),
		received: integer('received').notNull(),
		usedAt: integer('used_at').notNull(),
		event: bytes('event'),
	},
	(table) => [
		index('blobs_account').on(table.account),
		index('blobs_event').on(table.conversation, table.event),
		index('blobs_used').on(table.usedAt),
	],
)
