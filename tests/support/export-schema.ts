/** The form of a copy, as docs/export.schema.json has it (docs/export.md tells what it means). */
import * as z from 'zod'

const base64url = (bytes?: number) =>
	z
		.string()
		.regex(bytes === undefined ? /^[A-Za-z0-9_-]*$/ : new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}$`))
const account = base64url(32)
const event = base64url(16)
const ms = z.int().nonnegative()

const item = z.strictObject({
	guid: z.string(),
	clientId: z.int().nonnegative(),
	clock: z.int().nonnegative(),
	author: account,
	item: base64url(),
	key: base64url(32).nullable(),
})

const about = { event, author: account, sentAt: ms }
const message = z.discriminatedUnion('type', [
	z.strictObject({
		...about,
		type: z.literal('text'),
		writtenAt: ms,
		text: z.string(),
		replyTo: event.nullable(),
		forwarded: z.boolean(),
		before: z.array(z.strictObject({ event, writtenAt: ms, text: z.string() })),
		reactions: z.array(z.strictObject({ emoji: z.string(), by: z.array(account) })),
		pinned: z.boolean(),
		files: z.array(z.strictObject({ name: z.string(), type: z.string(), bytes: z.int(), path: z.string().nullable() })),
	}),
	z.strictObject({ ...about, type: z.enum(['deleted', 'expired', 'unreadable']) }),
])

const friend = z.strictObject({ account, name: z.string(), displayName: z.string(), state: z.string() })

export const exportSchema = z.strictObject({
	format: z.literal('kith-export'),
	version: z.literal(1),
	exportedAt: ms,
	by: account,
	origin: z.string(),
	serverKey: base64url(32),
	account: z
		.strictObject({
			account,
			device: base64url(16),
			name: z.string(),
			displayName: z.string(),
			friends: z.array(friend),
		})
		.nullable(),
	accounts: z.array(
		z.strictObject({
			...{ account, name: z.string(), displayName: z.string() },
			log: z.array(base64url()),
			head: base64url().nullable(),
		}),
	),
	conversations: z.array(
		z.strictObject({
			conversation: base64url(16),
			kind: z.string(),
			title: z.string().nullable(),
			log: z.array(base64url()),
			head: base64url().nullable(),
			cutLists: z.array(base64url()),
			pages: z.array(z.strictObject({ page: z.int(), messages: z.array(message), items: z.array(item) })),
		}),
	),
})

export type Exported = z.infer<typeof exportSchema>
