/**
 * Tables of accounts, sessions, friends and conversation logs, as in ../sqlite/schema.ts, which says what each is for; events are
 * in schema-events.ts. After a change `npm run migrations` writes both databases' migrations; a test compares the two.
 */
import { bigint, boolean, index, pgTable, primaryKey } from 'drizzle-orm/pg-core'
import { bytes, text, whole } from './columns.ts'

export const instanceFacts = pgTable('instance_facts', {
	fact: text('fact').primaryKey(),
	value: bytes('value').notNull(),
})

export const accounts = pgTable('accounts', {
	account: bytes('account').primaryKey(),
	name: text('name').notNull().unique(),
	role: text('role').notNull(),
	createdAt: whole('created_at').notNull(),
	disabledAt: whole('disabled_at'),
	profile: bytes('profile'),
	hidden: boolean('hidden').notNull().default(false),
	lastSeen: whole('last_seen'),
	invited: whole('invited').notNull().default(0),
	owner: bytes('owner'),
})

const ownAccount = () =>
	bytes('account')
		.notNull()
		.references(() => accounts.account)

export const accountEntries = pgTable(
	'account_entries',
	{ account: ownAccount(), seq: whole('seq').notNull(), entry: bytes('entry').notNull() },
	(table) => [primaryKey({ columns: [table.account, table.seq] })],
)

export const devices = pgTable('devices', {
	device: bytes('device').primaryKey(),
	account: ownAccount(),
	addedAt: whole('added_at').notNull(),
})

export const barredDevices = pgTable('barred_devices', {
	device: bytes('device').primaryKey(),
	barredAt: whole('barred_at').notNull(),
})

export const kemKeys = pgTable(
	'kem_keys',
	{ account: ownAccount(), hash: bytes('hash').notNull(), key: bytes('key').notNull() },
	(table) => [primaryKey({ columns: [table.account, table.hash] })],
)

export const credentials = pgTable('credentials', {
	account: ownAccount().primaryKey(),
	identifier: bytes('identifier').notNull().unique(),
	record: text('record').notNull(),
	stretching: whole('stretching').notNull(),
})

export const vaults = pgTable(
	'vaults',
	{
		account: ownAccount(),
		version: whole('version').notNull(),
		device: bytes('device').notNull(),
		storedAt: whole('stored_at').notNull(),
		vault: bytes('vault').notNull(),
	},
	(table) => [primaryKey({ columns: [table.account, table.version] })],
)

export const vkBoxes = pgTable(
	'vk_boxes',
	{
		account: ownAccount(),
		recipient: bytes('recipient').notNull(),
		vkGen: whole('vk_gen').notNull(),
		box: bytes('box').notNull(),
	},
	(table) => [primaryKey({ columns: [table.account, table.recipient, table.vkGen] })],
)

export const binds = pgTable(
	'binds',
	{ account: ownAccount(), method: bytes('method').notNull(), bind: bytes('bind').notNull() },
	(table) => [primaryKey({ columns: [table.account, table.method] })],
)

export const sessionFamilies = pgTable(
	'session_families',
	{
		sid: text('sid').primaryKey(),
		account: ownAccount(),
		device: bytes('device').notNull(),
		createdAt: whole('created_at').notNull(),
		lastUsedAt: whole('last_used_at').notNull(),
		endedAt: whole('ended_at'),
		endedCode: text('ended_code'),
	},
	(table) => [index('session_families_account').on(table.account)],
)

export const refreshTokens = pgTable(
	'refresh_tokens',
	{
		id: text('id').primaryKey(),
		account: ownAccount(),
		sid: text('sid')
			.notNull()
			.references(() => sessionFamilies.sid),
		expiresAt: whole('expires_at').notNull(),
		nonce: bytes('nonce').notNull(),
		successor: text('successor'),
	},
	(table) => [index('refresh_tokens_account').on(table.account), index('refresh_tokens_sid').on(table.sid)],
)

export const invites = pgTable('invites', {
	id: text('id').primaryKey(),
	tokenHash: bytes('token_hash').notNull().unique(),
	createdBy: bytes('created_by')
		.notNull()
		.references(() => accounts.account),
	createdAt: whole('created_at').notNull(),
	expiresAt: whole('expires_at').notNull(),
	usesLeft: whole('uses_left').notNull(),
})

export const bots = pgTable(
	'bots',
	{
		id: text('id').primaryKey(),
		owner: bytes('owner')
			.notNull()
			.references(() => accounts.account),
		name: text('name').notNull(),
		tokenHash: bytes('token_hash').notNull().unique(),
		scopes: text('scopes').notNull(),
		createdAt: whole('created_at').notNull(),
		account: bytes('account')
			.unique()
			.references(() => accounts.account),
		endedAt: whole('ended_at'),
	},
	(table) => [index('bots_owner').on(table.owner)],
)

export const friendships = pgTable(
	'friendships',
	{
		lower: bytes('lower')
			.notNull()
			.references(() => accounts.account),
		higher: bytes('higher')
			.notNull()
			.references(() => accounts.account),
		lowerAsked: boolean('lower_asked').notNull(),
		state: text('state').notNull(),
		since: whole('since').notNull(),
		request: bytes('request').notNull(),
		accept: bytes('accept'),
		closing: bytes('closing'),
	},
	(table) => [primaryKey({ columns: [table.lower, table.higher] }), index('friendships_higher').on(table.higher)],
)

export const blocks = pgTable(
	'blocks',
	{
		account: ownAccount(),
		blocked: bytes('blocked')
			.notNull()
			.references(() => accounts.account),
		since: whole('since').notNull(),
	},
	(table) => [primaryKey({ columns: [table.account, table.blocked] })],
)

export const friendChanges = pgTable(
	'friend_changes',
	{
		account: ownAccount(),
		other: bytes('other')
			.notNull()
			.references(() => accounts.account),
		version: whole('version').notNull(),
	},
	(table) => [
		primaryKey({ columns: [table.account, table.other] }),
		index('friend_changes_version').on(table.account, table.version),
	],
)

export const sealedEntries = pgTable(
	'sealed_entries',
	{
		account: ownAccount(),
		name: bytes('name').notNull(),
		version: whole('version').notNull(),
		entry: bytes('entry').notNull(),
	},
	(table) => [
		primaryKey({ columns: [table.account, table.name] }),
		index('sealed_entries_version').on(table.account, table.version),
	],
)

export const conversations = pgTable('conversations', {
	conversation: bytes('conversation').primaryKey(),
	kind: text('kind').notNull(),
	createdAt: whole('created_at').notNull(),
})

export const pictures = pgTable(
	'pictures',
	{
		conversation: bytes('conversation')
			.notNull()
			.references(() => conversations.conversation),
		picture: bytes('picture').notNull(),
		sealed: bytes('sealed').notNull(),
		at: whole('at').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conversation, table.picture] })],
)

export const emails = pgTable('emails', {
	account: ownAccount().primaryKey(),
	address: text('address').notNull().unique(),
	confirmedAt: whole('confirmed_at').notNull(),
})

export const emailConfirmations = pgTable('email_confirmations', {
	account: ownAccount().primaryKey(),
	address: text('address').notNull(),
	tokenHash: bytes('token_hash').notNull().unique(),
	expiresAt: whole('expires_at').notNull(),
})

const ownConversation = () =>
	bytes('conversation')
		.notNull()
		.references(() => conversations.conversation)

export const members = pgTable(
	'members',
	{ conversation: ownConversation(), account: ownAccount(), role: text('role').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.account] }), index('members_account').on(table.account)],
)

export const conversationEntries = pgTable(
	'conversation_entries',
	{ conversation: ownConversation(), seq: whole('seq').notNull(), entry: bytes('entry').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.seq] })],
)

export const epochBoxes = pgTable(
	'epoch_boxes',
	{
		conversation: ownConversation(),
		account: ownAccount(),
		epoch: whole('epoch').notNull(),
		g: whole('g').notNull(),
		box: bytes('box').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conversation, table.account, table.epoch, table.g] })],
)

export const cutLists = pgTable(
	'cut_lists',
	{ conversation: ownConversation(), hash: bytes('hash').notNull(), list: bytes('list').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.hash] })],
)

export const linkKeys = pgTable(
	'link_keys',
	{ conversation: ownConversation(), link: bytes('link').notNull(), key: bytes('key').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.link] })],
)

export const linkBoxes = pgTable(
	'link_boxes',
	{
		conversation: ownConversation(),
		link: bytes('link').notNull(),
		epoch: whole('epoch').notNull(),
		box: bytes('box').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conversation, table.link] })],
)

export const boxRequests = pgTable(
	'box_requests',
	{ conversation: ownConversation(), account: ownAccount(), epoch: whole('epoch').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.account, table.epoch] })],
)

export const roomListings = pgTable('room_listings', {
	conversation: ownConversation().primaryKey(),
	name: text('name').notNull(),
	topic: text('topic').notNull(),
	link: bytes('link').notNull(),
	secret: bytes('secret').notNull(),
})

export const knocks = pgTable(
	'knocks',
	{ conversation: ownConversation(), account: ownAccount(), at: whole('at').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.account] })],
)

export const reports = pgTable(
	'reports',
	{
		id: bytes('id').primaryKey(),
		conversation: ownConversation(),
		reporter: bytes('reporter')
			.notNull()
			.references(() => accounts.account),
		at: whole('at').notNull(),
		sealed: boolean('sealed').notNull(),
		report: bytes('report').notNull(),
	},
	(table) => [index('reports_conversation').on(table.conversation)],
)

export const reportBoxes = pgTable(
	'report_boxes',
	{
		report: bytes('report')
			.notNull()
			.references(() => reports.id, { onDelete: 'cascade' }),
		account: ownAccount(),
		g: whole('g').notNull(),
		box: bytes('box').notNull(),
	},
	(table) => [primaryKey({ columns: [table.report, table.account] })],
)

export const adminActs = pgTable(
	'admin_acts',
	{
		seq: whole('seq').primaryKey(),
		at: whole('at').notNull(),
		by: bytes('by'),
		act: text('act').notNull(),
		subject: bytes('subject'),
	},
	(table) => [index('admin_acts_at').on(table.at)],
)

export const keptAnswers = pgTable(
	'kept_answers',
	{
		id: bytes('id').primaryKey(),
		account: ownAccount(),
		request: bytes('request').notNull(),
		at: whole('at').notNull(),
		answer: bytes('answer'),
	},
	(table) => [index('kept_answers_account').on(table.account), index('kept_answers_at').on(table.at)],
)

/** Where a device can be woken (web push): the address that its browser was given, and for whom to seal. */
export const pushSubscriptions = pgTable(
	'push_subscriptions',
	{
		device: bytes('device').primaryKey(),
		account: ownAccount(),
		endpoint: text('endpoint').notNull(),
		key: bytes('key').notNull(),
		auth: bytes('auth').notNull(),
		quiet: bytes('quiet').notNull(),
		at: whole('at').notNull(),
	},
	(table) => [index('push_subscriptions_account').on(table.account)],
)

/**
 * What nodes keep in memory, and another has changed: written by triggers, read by each at the beginning of its next transaction
 * (docs/decisions/0331). The newest ten thousand are kept.
 */
export const changes = pgTable('changes', {
	seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
	/** account, conversation, device, friends */
	subject: text('subject').notNull(),
	id: bytes('id'),
})
