/**
 * Store `outbox`: what was written and no server has acked.
 * waiting: to be sealed and placed · placed: its item lies in `events` · failed: refused for good, the person decides.
 */
import type { Bytes } from '#protocol/bytes.ts'
import {
	bool,
	choice,
	fixed,
	list,
	optional,
	set,
	struct,
	text,
	time8,
	u16,
	u32,
	u64,
	u8,
	union,
	versions,
	type Codec,
	type Struct,
} from '#protocol/codec.ts'
import { REDACT_TARGETS_MAX } from '#protocol/limits.ts'
import {
	action,
	attachment,
	attachmentsMax,
	mentionsMax,
	reason,
	textMaxBytes as TEXT_MAX,
	wasMax,
	type Action,
	type Attachment,
} from '#protocol/plaintext.ts'

export interface PostContent {
	readonly kind: 'post'
	readonly text: string
	/** eventId of the message that it answers. */
	readonly replyTo: Bytes | null
	/** idHashes, found when it was written: sealed again it says the same. */
	readonly mentions: readonly Bytes[]
	readonly attachments: readonly Attachment[]
	/** Sealed anew from another conversation; claims no author. */
	readonly forwarded: boolean
}

/** An edit, a reaction, a pin. */
export interface AnnotateContent {
	readonly kind: 'annotate'
	/** eventId of a post, as it was known when this was written. */
	readonly target: Bytes
	/** Where the target stood then. */
	readonly page: number
	/** The target's own expiry, ms. */
	readonly expiresAt: number | null
	readonly action: Action
}

export interface RedactContent {
	readonly kind: 'redact'
	/** eventIds, all in one page with its parts. */
	readonly targets: readonly Bytes[]
	readonly page: number
	readonly reason: string | null
}

export type OutboxContent = PostContent | AnnotateContent | RedactContent

const state = {
	writtenAt: time8,
	state: choice({ 1: 'waiting', 2: 'placed', 3: 'failed' }),
	placed: optional(struct({ page: u32, part: u16, incarnation: u16, clientId: u64, clock: u32, eventId: fixed(16) })),
	/** Earlier eventIds of the same content, sealed again after a refusal. */
	was: list(fixed(16), wasMax),
	code: optional(text(64)),
	/** How often a place was refused. */
	attempts: u8,
}

const mentions = set(fixed(32), mentionsMax)
const rowStruct = struct({
	...state,
	content: union('kind', {
		post: [
			1,
			struct({
				text: text(TEXT_MAX),
				replyTo: optional(fixed(16)),
				mentions,
				attachments: list(attachment, attachmentsMax),
				forwarded: bool,
			}),
		],
		annotate: [2, struct({ target: fixed(16), page: u32, expiresAt: optional(time8), action })],
		redact: [3, struct({ targets: list(fixed(16), REDACT_TARGETS_MAX), page: u32, reason })],
	}),
})

type Standing = Struct<typeof state>
export type OutboxRow = Standing & { readonly content: OutboxContent }

/** Up to version 3 a row was a text, with more or less beside it. */
const textFields = { text: text(TEXT_MAX), ...state }
const versionText = struct(textFields)
const versionReply = struct({ ...textFields, replyTo: fixed(16) })
const versionMention = struct({ ...textFields, replyTo: optional(fixed(16)), mentions })

type TextRow = Standing & { readonly text: string; readonly replyTo: Bytes | null; readonly mentions: readonly Bytes[] }

const bareContent = { kind: 'post', attachments: [], forwarded: false } as const

function ofTextRow({ text, replyTo, mentions, ...standing }: TextRow): OutboxRow {
	return { ...standing, content: { ...bareContent, text, replyTo, mentions } }
}

function toTextRow({ content, ...standing }: OutboxRow): TextRow {
	const { text, replyTo, mentions } = content as PostContent
	return { ...standing, text, replyTo, mentions }
}

/** What a value needs decides its version, so that what 0.1.0 could say is still said as it did. */
function versionOf({ content }: OutboxRow): 1 | 2 | 3 | 4 {
	if (content.kind !== 'post') return 4
	if (content.attachments.length > 0 || content.forwarded) return 4
	if (content.mentions.length > 0) return 3
	return content.replyTo === null ? 1 : 2
}

export const outboxRow: Codec<OutboxRow> = versions<OutboxRow>(
	{
		1: {
			write: (writer, row) => versionText.write(writer, toTextRow(row)),
			read: (reader) => ofTextRow({ ...versionText.read(reader), replyTo: null, mentions: [] }),
		},
		2: {
			write: (writer, row) => {
				const written = toTextRow(row)
				versionReply.write(writer, { ...written, replyTo: written.replyTo as Bytes })
			},
			read: (reader) => ofTextRow({ ...versionReply.read(reader), mentions: [] }),
		},
		3: {
			write: (writer, row) => versionMention.write(writer, toTextRow(row)),
			read: (reader) => ofTextRow(versionMention.read(reader)),
		},
		4: rowStruct,
	},
	versionOf,
)

/** A text and nothing beside it. */
export function plainPost(text: string): PostContent {
	return { ...bareContent, text, replyTo: null, mentions: [] }
}
