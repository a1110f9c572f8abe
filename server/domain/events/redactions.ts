/**
 * What a redact does to its targets, judged for each apart whenever both are known (SPEC DEL4, DEL5): the ciphertext
 * goes from the disk, the skeleton stays. A target that has not come yet is kept in mind.
 */
import { type Bytes } from '#protocol/bytes.ts'
import type { Role } from '#protocol/conversation-log.ts'
import { decodeItem, encodeItem, toSkeleton, type Item, type Skeleton } from '#protocol/envelope.ts'
import { mayRedact } from '#protocol/event-rights.ts'
import type { JudgedEvent } from '#protocol/intrinsic.ts'
import type { Hash } from '#protocol/ports.ts'
import type { EventPlace } from '../event-ports.ts'
import type { Authors } from './authors.ts'
import type { Draft } from './draft.ts'

export interface RedactionPorts {
	readonly hash: Hash
	readonly authors: Authors
}

/** An item that was decoded before it was stored. */
export function storedItem(bytes: Bytes): Item {
	const decoded = decodeItem(bytes)
	if (!decoded.ok) throw new Error('a stored item does not decode')
	return decoded.value
}

/** `redact` has just been placed. */
export async function applyRedact(ports: RedactionPorts, draft: Draft, redact: JudgedEvent): Promise<void> {
	for (const target of redact.item.head.targets) {
		const place = await draft.byEventId(target)
		if (place === null) keepInMind(draft, redact, target)
		else await redactAt(ports, draft, { redact, place })
	}
}

function keepInMind(draft: Draft, { eventId, author, role }: JudgedEvent, target: Bytes): void {
	draft.wait({ target, by: eventId, account: author, admin: isAdmin(role) })
}

async function redactAt(
	{ hash, authors }: RedactionPorts,
	draft: Draft,
	{ redact, place }: { redact: JudgedEvent; place: EventPlace },
): Promise<void> {
	const bytes = await draft.bytes(place.recv)
	if (bytes === null) return
	const item = storedItem(bytes)
	const author = await authors.get(item.head.deviceId)
	if (author === null || (item.form === 'skeleton' && item.why === 'redacted')) return
	const target = { author: author.idHash, kind: item.head.kind, page: place.page }
	if (!mayRedact(redact, target)) return
	draft.ended.push(place.eventId)
	draft.rewrite(place.recv, encodeItem(toSkeleton(hash, item, { why: 'redacted', by: redact.eventId })))
}

/** The redact that came before this event and acts on it, or null. */
export async function redactedBefore(draft: Draft, event: JudgedEvent): Promise<Bytes | null> {
	const target = { author: event.author, kind: event.item.head.kind, page: event.page }
	for (const { by, account, admin } of await draft.waitingFor(event.eventId)) {
		const page = (await draft.byEventId(by))?.page
		if (page !== undefined && mayRedact({ author: account, role: admin ? 'admin' : null, page }, target)) return by
	}
	return null
}

/**
 * What is stored of an event that is placed for the first time. Why only a skeleton is left is the server's own word,
 * never the uploader's. `by`: the redact that came before it.
 */
export function storedForm(hash: Hash, { item }: JudgedEvent, { by, now }: { by: Bytes | null; now: number }): Item {
	if (by !== null) return toSkeleton(hash, item, { why: 'redacted', by })
	const { expiresAt } = item.head
	if (expiresAt !== null && expiresAt <= now) return toSkeleton(hash, item, { why: 'expired' })
	return item.form === 'full' ? item : toSkeleton(hash, item, { why: 'removed' })
}

/** May the text of a stored skeleton come back? Not where it was redacted, has expired, or stands at another place. */
export function isFillable(item: Item): item is Skeleton {
	return item.form === 'skeleton' && item.why === 'removed'
}

function isAdmin(role: Role): boolean {
	return role === 'owner' || role === 'admin'
}
