/** The table of blobs, as in ../sqlite/schema-blobs.ts. */
import { index, pgTable } from 'drizzle-orm/pg-core'
import { bytes, whole } from './columns.ts'
import { accounts, conversations } from './schema.ts'

export const blobs = pgTable(
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
		length: whole('length').notNull(),
		received: whole('received').notNull(),
		usedAt: whole('used_at').notNull(),
		event: bytes('event'),
	},
	(table) => [
		index('blobs_account').on(table.account),
		index('blobs_event').on(table.conversation, table.event),
		index('blobs_used').on(table.usedAt),
	],
)
