/**
 * What redactions do to the rows of this device (SPEC DEL1, DEL4, DEL5): the ciphertext goes, its skeleton stays. In the
 * transaction that stores the redact, so that no crash leaves a text which everybody else has deleted; and a target that comes
 * after its redact is stored as a skeleton at once. So is what has expired when it comes (expiries.ts).
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { encodeItem, toSkeleton } from '#protocol/envelope.ts'
import type { Hash } from '#protocol/ports.ts'
import { eventKey } from '#store/keys.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import { isUnplaced, type KnownEvent } from './event-store.ts'
import { withoutExpired } from './expiries.ts'
import type { PageFacts } from './page-facts.ts'
import { redacts } from './skeletons.ts'

export interface Erasures {
	/** What is to be written where these rows are stored: themselves, and what redactions among them erase elsewhere. */
	readonly among: (rows: readonly KnownEvent[]) => Promise<readonly KnownEvent[]>
}

export function createErasures(conversation: ConversationId, context: ConversationContext, facts: PageFacts): Erasures {
	const { crypto, events, logs, time } = context
	const expired = (row: KnownEvent, now: number) =>
		isText(row) ? withoutExpired(row, { hash: crypto.hash, now }) : row

	/** Rows of this device that a redact names. */
	async function targetsOf({ item }: KnownEvent): Promise<KnownEvent[]> {
		const ids = item.head.targets.map((target) => bytesToBase64url(target))
		const places = await Promise.all(ids.map((id) => events.placesOf(conversation, id)))
		const rows = await Promise.all(places.flat().map((place) => events.at(place)))
		return rows.filter((row) => row !== null)
	}

	async function elsewhere(state: ConversationState, fresh: readonly KnownEvent[]): Promise<KnownEvent[]> {
		const found: KnownEvent[] = []
		for (const redact of fresh)
			for (const target of await targetsOf(redact))
				if (isText(target) && redacts(state, redact, target)) found.push(erase(crypto.hash, target, redact))
		return found
	}

	return {
		among: async (rows) => {
			const state = logs.known(conversation)
			if (state === null || rows.length === 0) return rows
			const now = time.now()
			const fresh = rows.filter(({ item, row }) => item.head.kind === 'redact' && row.state === 'stored')
			const written: KnownEvent[] = []
			for (const row of rows) {
				const known = isText(row) ? [...(await facts.redacts(row.page)), ...fresh] : []
				const by = known.find((redact) => redacts(state, redact, row))
				written.push(by === undefined ? expired(row, now) : erase(crypto.hash, row, by))
			}
			const here = new Set(rows.map(eventKey))
			return [...written, ...(await elsewhere(state, fresh)).filter((row) => !here.has(eventKey(row)))]
		},
	}
}

/** What only waits for its ack is offered to the server as it is: what comes back is erased then. */
function isText({ item, row }: KnownEvent): boolean {
	return item.form === 'full' && item.head.kind !== 'redact' && (row.state === 'stored' || isUnplaced(row))
}

function erase(hash: Hash, event: KnownEvent, { eventId }: KnownEvent): KnownEvent {
	const item = toSkeleton(hash, event.item, { why: 'redacted', by: eventId })
	return { ...event, item, row: { ...event.row, content: encodeItem(item) } }
}
