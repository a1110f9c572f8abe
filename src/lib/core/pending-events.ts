/**
 * What waits in the outbox and changes messages that are here, as the fold takes it: an edit, a reaction, a pin, a deletion
 * shows before any server was asked, by the very rules by which it will stand afterwards. Pure.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { isArchivedAt, roleAt } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import type { FoldEvent } from '#protocol/fold-events.ts'
import type { Body } from '#protocol/plaintext.ts'
import type { Self } from './identity.ts'
import type { OutboxEntry } from './outbox.ts'
import type { AnnotateContent, OutboxRow, RedactContent } from './outbox-row.ts'

/** Later than whatever has an hlc, in the order of writing. */
const afterAll = 2n ** 63n

export type PendingChange = OutboxEntry & { readonly row: { readonly content: AnnotateContent | RedactContent } }

/** Not placed yet, and not refused for good. */
export function isPendingChange(entry: OutboxEntry): entry is PendingChange {
	return entry.row.state === 'waiting' && entry.row.content.kind !== 'post'
}

/** An id that no event has: of the number of the entry. */
function pendingId(sequence: number): Bytes {
	const id = new Uint8Array(16).fill(0xff)
	new DataView(id.buffer).setBigUint64(8, BigInt(sequence))
	return id
}

function bodyOf({ writtenAt, content }: OutboxRow & { content: AnnotateContent | RedactContent }): Body {
	const common = { version: 1, writtenAt, prev: null, was: [] } as const
	return content.kind === 'annotate'
		? { kind: 'annotate', ...common, target: content.target, action: content.action }
		: { kind: 'redact', ...common, reason: content.reason }
}

export function toPendingEvent(
	{ row, sequence }: PendingChange,
	state: ConversationState,
	self: Pick<Self, 'idHash' | 'deviceId'>,
): FoldEvent {
	const { content } = row
	const { seq } = state.head
	return {
		eventId: pendingId(sequence),
		kind: content.kind,
		author: self.idHash,
		deviceId: self.deviceId,
		page: content.page,
		part: 0,
		clientId: -1,
		clock: sequence,
		recvSeq: null,
		hlc: afterAll + BigInt(sequence),
		expiresAt: content.kind === 'annotate' ? content.expiresAt : null,
		targets: content.kind === 'redact' ? content.targets : [],
		valid: true,
		role: roleAt(state, self.idHash, seq),
		archived: isArchivedAt(state, seq),
		content: { type: 'open', body: bodyOf(row) },
	}
}
