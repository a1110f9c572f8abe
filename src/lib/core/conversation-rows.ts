/** Rows of the conversation half of the core: declared here, sealed at rest by records.ts. */
import type { Bytes } from '#protocol/bytes.ts'
import {
	bool,
	bytes,
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
	versioned,
	versions,
	type Codec,
	type Decoded,
} from '#protocol/codec.ts'
import { CONVERSATION_BODY_MAX, ITEM_MAX } from '#protocol/limits.ts'
import { mentionsMax, textMaxBytes as TEXT_MAX, wasMax } from '#protocol/plaintext.ts'

/** Store `conversationLogs`: one signed entry. */
export const logRow = versioned(1, struct({ entry: bytes(CONVERSATION_BODY_MAX + 4096) }))

/** Store `conversations`: that we know it, and the newest head that the server signed. */
export const conversationRow = versioned(1, struct({ head: bytes(512) }))

/** Store `boxes`: EK_n, checked against its commit before it was stored. */
export const epochRow = versioned(1, struct({ key: fixed(32) }))

/**
 * Store `events`: one placed item.
 * state: `placed` own, given to the server but not acked · `stored` the server has it, recv its number ·
 * `invalid` the server has it, and it folds to nothing.
 */
export const eventRow = versioned(
	1,
	struct({
		content: bytes(ITEM_MAX + 1024),
		author: fixed(32),
		state: choice({ 1: 'placed', 2: 'stored', 3: 'invalid' }),
		recv: time8,
		/** Number in the outbox that an own message had: its key on screen stays the same for ever. */
		sequence: optional(time8),
	}),
)
export type EventRow = Decoded<typeof eventRow>

/** Store `held`: an item that cannot be judged yet; outside the Y.Doc. */
export const heldRow = versioned(1, struct({ content: bytes(ITEM_MAX + 1024), recv: time8 }))

/** Store `streams`: an own stream. Durable before the bytes of its items leave; kept for ever. */
export const streamRow = versioned(
	1,
	struct({
		next: u32,
		lastEventId: fixed(16),
		/** Nothing more is written under this incarnation. */
		ended: bool,
		/** When it began, ms: the newest counts. */
		since: time8,
	}),
)
export type StreamRow = Decoded<typeof streamRow>

/**
 * Store `outbox`: what was written and no server has acked.
 * waiting: to be sealed and placed · placed: its item lies in `events` · failed: refused for good, the person decides.
 */
const outboxFields = {
	text: text(TEXT_MAX),
	writtenAt: time8,
	state: choice({ 1: 'waiting', 2: 'placed', 3: 'failed' }),
	placed: optional(struct({ page: u32, part: u16, incarnation: u16, clientId: u64, clock: u32, eventId: fixed(16) })),
	/** Earlier eventIds of the same text, sealed again after a refusal. */
	was: list(fixed(16), wasMax),
	code: optional(text(64)),
	/** How often a place was refused. */
	attempts: u8,
}
const plainOutboxRow = struct(outboxFields)
const replyOutboxRow = struct({ ...outboxFields, replyTo: fixed(16) })
const mentionOutboxRow = struct({
	...outboxFields,
	replyTo: optional(fixed(16)),
	mentions: set(fixed(32), mentionsMax),
})

export type OutboxRow = Decoded<typeof plainOutboxRow> & {
	/** eventId of the message that it answers. */
	readonly replyTo: Bytes | null
	/** idHashes, found when it was written: sealed again it says the same. */
	readonly mentions: readonly Bytes[]
}

/** Version 1 is of 0.1.0 and still what is written, unless the message answers another or mentions somebody. */
export const outboxRow: Codec<OutboxRow> = versions<OutboxRow>(
	{
		1: {
			write: plainOutboxRow.write,
			read: (reader) => ({ ...plainOutboxRow.read(reader), replyTo: null, mentions: [] }),
		},
		2: {
			write: (writer, row) => replyOutboxRow.write(writer, { ...row, replyTo: row.replyTo as Bytes }),
			read: (reader) => ({ ...replyOutboxRow.read(reader), mentions: [] }),
		},
		3: mentionOutboxRow,
	},
	({ replyTo, mentions }) => (mentions.length > 0 ? 3 : replyTo === null ? 1 : 2),
)

/**
 * Store `pages`: what of a page is here. `version`: the server's, up to which the page was complete by digest; `rows`: how many
 * rows it had then (0 for the conversation as a whole). Version 1 did not count: such a page is compared once more.
 */
export const pageRow = versioned(2, struct({ version: time8, rows: u32 }))

/** Store `markers`: one signed marker as it came. */
export const markerRow = versioned(1, struct({ recvSeq: time8, hlc: u64 }))

/** Store `drafts`. */
export const draftRow = versioned(1, struct({ text: text(TEXT_MAX) }))

/** Store `meta`: the hybrid logical clock and the outbox counter. */
export const hlcRow = versioned(1, struct({ last: u64 }))
export const sequenceRow = versioned(1, struct({ last: time8 }))
