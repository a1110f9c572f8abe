/**
 * Tables of accounts, sessions, friends and conversation logs; events are in schema-events.ts.
 * Times are ms since the Unix epoch; ids are BLOBs. Change this file, then `npm run migrations` writes the migration:
 * migrations are append-only.
 */
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { bytes } from './columns.ts'

export const instanceFacts = sqliteTable('instance_facts', {
	fact: text('fact').primaryKey(),
	value: bytes('value').notNull(),
})

export const accounts = sqliteTable('accounts', {
	account: bytes('account').primaryKey(),
	name: text('name').notNull().unique(),
	role: text('role').notNull(),
	createdAt: integer('created_at').notNull(),
	disabledAt: integer('disabled_at'),
	profile: bytes('profile'),
	/** Nobody is told whether this account is here. */
	hidden: integer('hidden', { mode: 'boolean' }).notNull().default(false),
	/** When its last connection ended, to the minute. */
	lastSeen: integer('last_seen'),
	/** Who came in by its invitations. */
	invited: integer('invited').notNull().default(0),
	/** Whose bot it is; null: a person's own. */
	owner: bytes('owner'),
})

const ownAccount = () =>
	bytes('account')
		.notNull()
		.references(() => accounts.account)

export const accountEntries = sqliteTable(
	'account_entries',
	{ account: ownAccount(), seq: integer('seq').notNull(), entry: bytes('entry').notNull() },
	(table) => [primaryKey({ columns: [table.account, table.seq] })],
)

export const devices = sqliteTable('devices', {
	device: bytes('device').primaryKey(),
	account: ownAccount(),
	addedAt: integer('added_at').notNull(),
})

/** Devices that signed something which does not verify: all that they send is verified, for ever. */
export const barredDevices = sqliteTable('barred_devices', {
	device: bytes('device').primaryKey(),
	barredAt: integer('barred_at').notNull(),
})

export const kemKeys = sqliteTable(
	'kem_keys',
	{ account: ownAccount(), hash: bytes('hash').notNull(), key: bytes('key').notNull() },
	(table) => [primaryKey({ columns: [table.account, table.hash] })],
)

export const credentials = sqliteTable('credentials', {
	account: ownAccount().primaryKey(),
	identifier: bytes('identifier').notNull().unique(),
	record: text('record').notNull(),
	stretching: integer('stretching').notNull(),
})

export const vaults = sqliteTable(
	'vaults',
	{
		account: ownAccount(),
		version: integer('version').notNull(),
		device: bytes('device').notNull(),
		storedAt: integer('stored_at').notNull(),
		vault: bytes('vault').notNull(),
	},
	(table) => [primaryKey({ columns: [table.account, table.version] })],
)

export const vkBoxes = sqliteTable(
	'vk_boxes',
	{
		account: ownAccount(),
		recipient: bytes('recipient').notNull(),
		vkGen: integer('vk_gen').notNull(),
		box: bytes('box').notNull(),
	},
	(table) => [primaryKey({ columns: [table.account, table.recipient, table.vkGen] })],
)

export const binds = sqliteTable(
	'binds',
	{ account: ownAccount(), method: bytes('method').notNull(), bind: bytes('bind').notNull() },
	(table) => [primaryKey({ columns: [table.account, table.method] })],
)

export const sessionFamilies = sqliteTable(
	'session_families',
	{
		sid: text('sid').primaryKey(),
		account: ownAccount(),
		device: bytes('device').notNull(),
		createdAt: integer('created_at').notNull(),
		lastUsedAt: integer('last_used_at').notNull(),
		endedAt: integer('ended_at'),
		endedCode: text('ended_code'),
	},
	(table) => [index('session_families_account').on(table.account)],
)

export const refreshTokens = sqliteTable(
	'refresh_tokens',
	{
		id: text('id').primaryKey(),
		account: ownAccount(),
		sid: text('sid')
			.notNull()
			.references(() => sessionFamilies.sid),
		expiresAt: integer('expires_at').notNull(),
		nonce: bytes('nonce').notNull(),
		successor: text('successor'),
	},
	(table) => [index('refresh_tokens_account').on(table.account), index('refresh_tokens_sid').on(table.sid)],
)

export const invites = sqliteTable('invites', {
	id: text('id').primaryKey(),
	tokenHash: bytes('token_hash').notNull().unique(),
	createdBy: bytes('created_by')
		.notNull()
		.references(() => accounts.account),
	createdAt: integer('created_at').notNull(),
	expiresAt: integer('expires_at').notNull(),
	usesLeft: integer('uses_left').notNull(),
})

/** Accounts of programs, from before they sign up: `scopes` with a blank between. */
export const bots = sqliteTable(
	'bots',
	{
		id: text('id').primaryKey(),
		owner: bytes('owner')
			.notNull()
			.references(() => accounts.account),
		name: text('name').notNull(),
		tokenHash: bytes('token_hash').notNull().unique(),
		scopes: text('scopes').notNull(),
		createdAt: integer('created_at').notNull(),
		account: bytes('account')
			.unique()
			.references(() => accounts.account),
		endedAt: integer('ended_at'),
	},
	(table) => [index('bots_owner').on(table.owner)],
)

/** `lower` and `higher` are the two accounts by their bytes: one row per pair, whoever asked. */
export const friendships = sqliteTable(
	'friendships',
	{
		lower: bytes('lower')
			.notNull()
			.references(() => accounts.account),
		higher: bytes('higher')
			.notNull()
			.references(() => accounts.account),
		lowerAsked: integer('lower_asked', { mode: 'boolean' }).notNull(),
		state: text('state').notNull(),
		since: integer('since').notNull(),
		request: bytes('request').notNull(),
		accept: bytes('accept'),
		closing: bytes('closing'),
	},
	(table) => [primaryKey({ columns: [table.lower, table.higher] }), index('friendships_higher').on(table.higher)],
)

/** Private to `account`: no answer to anybody else depends on it, but that nothing of `blocked` arrives. */
export const blocks = sqliteTable(
	'blocks',
	{
		account: ownAccount(),
		blocked: bytes('blocked')
			.notNull()
			.references(() => accounts.account),
		since: integer('since').notNull(),
	},
	(table) => [primaryKey({ columns: [table.account, table.blocked] })],
)

/** What changed in the friend list of `account`: `version` counts up per account. */
export const friendChanges = sqliteTable(
	'friend_changes',
	{
		account: ownAccount(),
		other: bytes('other')
			.notNull()
			.references(() => accounts.account),
		version: integer('version').notNull(),
	},
	(table) => [
		primaryKey({ columns: [table.account, table.other] }),
		index('friend_changes_version').on(table.account, table.version),
	],
)

/** Settings and the like, sealed by the account's devices; `name` is an HMAC. */
export const sealedEntries = sqliteTable(
	'sealed_entries',
	{
		account: ownAccount(),
		name: bytes('name').notNull(),
		version: integer('version').notNull(),
		entry: bytes('entry').notNull(),
	},
	(table) => [
		primaryKey({ columns: [table.account, table.name] }),
		index('sealed_entries_version').on(table.account, table.version),
	],
)

export const conversations = sqliteTable('conversations', {
	conversation: bytes('conversation').primaryKey(),
	kind: text('kind').notNull(),
	createdAt: integer('created_at').notNull(),
})

/** Pictures of groups and rooms, sealed by their members (SPEC PIC). */
export const pictures = sqliteTable(
	'pictures',
	{
		conversation: bytes('conversation')
			.notNull()
			.references(() => conversations.conversation),
		picture: bytes('picture').notNull(),
		sealed: bytes('sealed').notNull(),
		at: integer('at').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conversation, table.picture] })],
)

/** Confirmed addresses, in the spelling of protocol/email-address.ts. */
export const emails = sqliteTable('emails', {
	account: ownAccount().primaryKey(),
	address: text('address').notNull().unique(),
	confirmedAt: integer('confirmed_at').notNull(),
})

/** Addresses that wait for their confirmation: one per account. */
export const emailConfirmations = sqliteTable('email_confirmations', {
	account: ownAccount().primaryKey(),
	address: text('address').notNull(),
	tokenHash: bytes('token_hash').notNull().unique(),
	expiresAt: integer('expires_at').notNull(),
})

const ownConversation = () =>
	bytes('conversation')
		.notNull()
		.references(() => conversations.conversation)

export const members = sqliteTable(
	'members',
	{ conversation: ownConversation(), account: ownAccount(), role: text('role').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.account] }), index('members_account').on(table.account)],
)

export const conversationEntries = sqliteTable(
	'conversation_entries',
	{ conversation: ownConversation(), seq: integer('seq').notNull(), entry: bytes('entry').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.seq] })],
)

export const epochBoxes = sqliteTable(
	'epoch_boxes',
	{
		conversation: ownConversation(),
		account: ownAccount(),
		epoch: integer('epoch').notNull(),
		g: integer('g').notNull(),
		box: bytes('box').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conversation, table.account, table.epoch, table.g] })],
)

export const cutLists = sqliteTable(
	'cut_lists',
	{ conversation: ownConversation(), hash: bytes('hash').notNull(), list: bytes('list').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.hash] })],
)

/** X-Wing keys of links, which stand in entries as SHA-256: who rotates seals the next key to them. */
export const linkKeys = sqliteTable(
	'link_keys',
	{ conversation: ownConversation(), link: bytes('link').notNull(), key: bytes('key').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.link] })],
)

/** The newest epoch's key for each link. */
export const linkBoxes = sqliteTable(
	'link_boxes',
	{
		conversation: ownConversation(),
		link: bytes('link').notNull(),
		epoch: integer('epoch').notNull(),
		box: bytes('box').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conversation, table.link] })],
)

/** Members whose box does not open: the next one that is sealed to them takes its place. */
export const boxRequests = sqliteTable(
	'box_requests',
	{ conversation: ownConversation(), account: ownAccount(), epoch: integer('epoch').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.account, table.epoch] })],
)

/** Open rooms, as they stand in the directory; whoever asks is given the secret of the link. */
export const roomListings = sqliteTable('room_listings', {
	conversation: ownConversation().primaryKey(),
	name: text('name').notNull(),
	topic: text('topic').notNull(),
	link: bytes('link').notNull(),
	secret: bytes('secret').notNull(),
})

export const knocks = sqliteTable(
	'knocks',
	{ conversation: ownConversation(), account: ownAccount(), at: integer('at').notNull() },
	(table) => [primaryKey({ columns: [table.conversation, table.account] })],
)

/** To the operator: a signed report as it came. To the admins of a conversation: sealed, with one box for each of them beside it. */
export const reports = sqliteTable(
	'reports',
	{
		id: bytes('id').primaryKey(),
		conversation: ownConversation(),
		reporter: bytes('reporter')
			.notNull()
			.references(() => accounts.account),
		at: integer('at').notNull(),
		sealed: integer('sealed', { mode: 'boolean' }).notNull(),
		report: bytes('report').notNull(),
	},
	(table) => [index('reports_conversation').on(table.conversation)],
)

export const reportBoxes = sqliteTable(
	'report_boxes',
	{
		report: bytes('report')
			.notNull()
			.references(() => reports.id, { onDelete: 'cascade' }),
		account: ownAccount(),
		g: integer('g').notNull(),
		box: bytes('box').notNull(),
	},
	(table) => [primaryKey({ columns: [table.report, table.account] })],
)

/** What administrators and the operator did. Ids are no references: the row outlives whom it names. */
export const adminActs = sqliteTable(
	'admin_acts',
	{
		seq: integer('seq').primaryKey(),
		at: integer('at').notNull(),
		/** Null: the operator, at the machine. */
		by: bytes('by'),
		act: text('act').notNull(),
		subject: bytes('subject'),
	},
	(table) => [index('admin_acts_at').on(table.at)],
)

/** What was answered to a request with an Idempotency-Key, for a day. */
export const keptAnswers = sqliteTable(
	'kept_answers',
	{
		/** Of account and key. */
		id: bytes('id').primaryKey(),
		account: ownAccount(),
		request: bytes('request').notNull(),
		at: integer('at').notNull(),
		/** Sealed; null while the request is under way. */
		answer: bytes('answer'),
	},
	(table) => [index('kept_answers_account').on(table.account), index('kept_answers_at').on(table.at)],
)

/** Where a device can be woken (web push): the address that its browser was given, and for whom to seal. */
export const pushSubscriptions = sqliteTable(
	'push_subscriptions',
	{
		device: bytes('device').primaryKey(),
		account: ownAccount(),
		endpoint: text('endpoint').notNull(),
		key: bytes('key').notNull(),
		auth: bytes('auth').notNull(),
		quiet: bytes('quiet').notNull(),
		at: integer('at').notNull(),
	},
	(table) => [index('push_subscriptions_account').on(table.account)],
)
