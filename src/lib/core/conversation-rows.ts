/** Rows of the conversation half of the core: declared here, sealed at rest by records.ts. */
import {
	bool,
	bytes,
	choice,
	fixed,
	list,
	optional,
	struct,
	text,
	time8,
	u32,
	u64,
	versioned,
	versions,
	type Codec,
	type Decoded,
} from '#protocol/codec.ts'
import { CONVERSATION_BODY_MAX, ITEM_MAX } from '#protocol/limits.ts'
import { textMaxBytes as TEXT_MAX } from '#protocol/plaintext.ts'

/** Store `conversationLogs`: one signed entry. */
export const logRow = versioned(1, struct({ entry: bytes(CONVERSATION_BODY_MAX + 4096) }))

/** Store `conversations`: that we know it, and the newest head that the server signed. */
export const conversationRow = versioned(1, struct({ head: bytes(512) }))

/** Store `boxes`: EK_n, checked against its commit before it was stored. */
export const epochRow = versioned(1, struct({ key: fixed(32) }))

/**
 * Store `events`: one placed item.
 * state: `placed` own, given to the server but not acked · `stored` the server has it, recv its number ·
 * `invalid` the server has it, and it folds to nothing · `direct` a peer brought it, and no server has told of it yet ·
 * `unconfirmed` the server refused what a peer had brought: readable, and never offered again.
 */
export const eventRow = versioned(
	1,
	struct({
		content: bytes(ITEM_MAX + 1024),
		author: fixed(32),
		state: choice({ 1: 'placed', 2: 'stored', 3: 'invalid', 4: 'direct', 5: 'unconfirmed' }),
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
 * Store `pages`: what of a page is here. `version`: the server's, up to which the page was complete by digest; `rows`: how many
 * rows it had then (0 for the conversation as a whole). Version 1 did not count: such a page is compared once more.
 */
export const pageRow = versioned(2, struct({ version: time8, rows: u32 }))

const markerStep = struct({ recvSeq: time8, hlc: u64 })
export type MarkerStep = Decoded<typeof markerStep>

/** So many times back is told when a message was read. */
export const markerStepsMax = 32

/** Store `markers`: how far somebody has come, step by step, the newest last. Version 1 knew the newest alone. */
export const markerRow: Codec<readonly MarkerStep[]> = versions<readonly MarkerStep[]>(
	{
		1: {
			write: (writer, steps) => markerStep.write(writer, steps[0] as MarkerStep),
			read: (reader) => [markerStep.read(reader)],
		},
		2: list(markerStep, markerStepsMax),
	},
	({ length }) => (length === 1 ? 1 : 2),
)

/** Store `drafts`. */
export const draftRow = versioned(1, struct({ text: text(TEXT_MAX) }))

/** Store `meta`: the hybrid logical clock and the outbox counter. */
export const hlcRow = versioned(1, struct({ last: u64 }))
export const sequenceRow = versioned(1, struct({ last: time8 }))
