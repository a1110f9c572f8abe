/** Where a text came after its skeleton (SPEC DEL3): it takes the row, unless it is gone by what is known here. */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { roleAt } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { decodeItem, mayReplace } from '#protocol/envelope.ts'
import { mayRedact } from '#protocol/event-rights.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { KnownEvent } from './event-store.ts'

/** Is `content` the text of the event whose skeleton is `held`, which may be shown? That it is the same event, the caller knows. */
export async function bringsText(
	{ events, time }: Pick<ConversationContext, 'events' | 'time'>,
	{ conversation, state }: { conversation: ConversationId; state: ConversationState },
	{ held, content }: { held: KnownEvent; content: Bytes },
): Promise<boolean> {
	if (held.item.form !== 'skeleton' || held.row.state === 'invalid') return false
	const item = decodeItem(content)
	if (!item.ok || !mayReplace(held.item, item.value, false)) return false
	const { expiresAt } = held.item.head
	if (expiresAt !== null && expiresAt <= time.now()) return false
	return !(await events.page(conversation, held.page)).some((event) => redacts(state, event, held))
}

/** As it was judged when it was stored. */
export function isRedacted({ item }: KnownEvent): boolean {
	return item.form === 'skeleton' && item.why === 'redacted'
}

/** Does the one act on the other (SPEC DEL4)? */
export function redacts(state: ConversationState, { item, row, page }: KnownEvent, target: KnownEvent): boolean {
	const { kind, targets } = item.head
	if (kind !== 'redact' || row.state === 'invalid') return false
	const by = { author: row.author, role: roleAt(state, row.author, item.place.logSeq), page }
	const about = { author: target.row.author, kind: target.item.head.kind, page: target.page }
	return targets.some((id) => equalBytes(id, target.eventId)) && mayRedact(by, about)
}

/** Who takes a text away shows the redaction, or where else the event stands; time alone needs no word (SPEC PEER5). */
export function mayLackText(
	row: KnownEvent,
	known: readonly KnownEvent[],
	{ state, now }: { readonly state: ConversationState | null; readonly now: number },
): boolean {
	if (row.item.form === 'full') return true
	const { expiresAt } = row.item.head
	if (expiresAt !== null && expiresAt <= now) return true
	if (row.item.why === 'duplicate')
		return known.some(({ eventId, item }) => item.form === 'full' && equalBytes(eventId, row.eventId))
	return state !== null && known.some((other) => redacts(state, other, row))
}
