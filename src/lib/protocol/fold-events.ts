/**
 * First half of the fold (SPEC FOLD1 to FOLD6): rows → events, each once, with what redactions and re-sealings make of
 * them. Pure: the same set of rows gives the same events in whatever order they came, however often.
 */
import { equalBytes, type Bytes } from './bytes.ts'
import type { Role } from './conversation-log.ts'
import type { Kind, Why } from './envelope.ts'
import { mayRedact, mayWrite } from './event-rights.ts'
import { bodyCore, type Body } from './plaintext.ts'

/** Why a text cannot be shown, apart from deletions; with `removed` the states instead of one vague error. */
export type Closed = 'fetching-key' | 'before-you-joined' | 'key-not-valid' | 'damaged' | 'newer-app'

export type FoldContent =
	| { readonly type: 'open'; readonly body: Body }
	| { readonly type: 'closed'; readonly why: Closed }
	| { readonly type: 'skeleton'; readonly why: Why }

/** One row of a page, judged and opened as far as possible. */
export interface FoldEvent {
	readonly eventId: Bytes
	readonly kind: Kind
	/** idHash. */
	readonly author: Bytes
	readonly deviceId: Bytes
	readonly page: number
	readonly part: number
	readonly clientId: number
	readonly clock: number
	/** Null for what only a peer brought. */
	readonly recvSeq: number | null
	readonly hlc: bigint
	readonly expiresAt: number | null
	readonly targets: readonly Bytes[]
	/** Passed the intrinsic checks: device, log, acc, cut, signature. Else the row keeps its place and folds to nothing. */
	readonly valid: boolean
	/** Of the author, and of the conversation, at the item's logSeq. */
	readonly role: Role | null
	readonly archived: boolean
	readonly content: FoldContent
}

/** One event, however many rows hold it. */
export interface CountedEvent {
	readonly key: string
	/** The row at the place where the event counts. */
	readonly at: FoldEvent
	/** Every page in which it stands. */
	readonly pages: readonly number[]
	/** Lowest known. */
	readonly recvSeq: number | null
	readonly content: FoldContent
	/** Only duplicate skeletons are here: its first place is in a page that was not given. */
	readonly elsewhere: boolean
}

/** Order-preserving map key of an id. */
export function keyOf(id: Bytes): string {
	return String.fromCharCode(...id)
}

/** (hlc, eventId): what "latest" and "earliest" mean. */
export function compareTime(a: FoldEvent, b: FoldEvent): number {
	if (a.hlc !== b.hlc) return a.hlc < b.hlc ? -1 : 1
	return compareText(keyOf(a.eventId), keyOf(b.eventId))
}

export function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0
}

/** FOLD1, FOLD2: by right, and one per eventId. */
export function countEvents(rows: readonly FoldEvent[]): ReadonlyMap<string, CountedEvent> {
	const byId = new Map<string, FoldEvent[]>()
	for (const row of rows) {
		if (!row.valid || !mayWrite(row.kind, row.role, row.archived)) continue
		const key = keyOf(row.eventId)
		const same = byId.get(key)
		if (same === undefined) byId.set(key, [row])
		else same.push(row)
	}
	return new Map([...byId].map(([key, same]) => [key, countOne(key, same)]))
}

function countOne(key: string, rows: readonly FoldEvent[]): CountedEvent {
	const counting = rows.filter(({ content }) => !isDuplicate(content))
	const at = (counting.length > 0 ? counting : rows).reduce((a, b) => (comparePlace(b, a) < 0 ? b : a))
	const received = rows.flatMap(({ recvSeq }) => (recvSeq === null ? [] : [recvSeq]))
	return {
		key,
		at,
		pages: [...new Set(rows.map(({ page }) => page))],
		recvSeq: received.length === 0 ? null : Math.min(...received),
		content: rows.map(({ content }) => content).reduce((a, b) => (readability(b) > readability(a) ? b : a)),
		elsewhere: counting.length === 0,
	}
}

function isDuplicate(content: FoldContent): boolean {
	return content.type === 'skeleton' && content.why === 'duplicate'
}

function comparePlace(a: FoldEvent, b: FoldEvent): number {
	return a.page - b.page || a.part - b.part || a.clientId - b.clientId || a.clock - b.clock
}

const closedOrder: readonly Closed[] = ['damaged', 'key-not-valid', 'newer-app', 'before-you-joined', 'fetching-key']
const whyOrder: readonly Why[] = ['duplicate', 'removed', 'expired', 'redacted']

/** Total, so that the choice among several rows does not hang on their order. */
function readability(content: FoldContent): number {
	if (content.type === 'open') return 100
	return content.type === 'closed' ? 50 + closedOrder.indexOf(content.why) : whyOrder.indexOf(content.why)
}

/** FOLD3: the earliest redact that acts on an event by the name `key`: its own id, or one that it claims in `was`. */
type FindRedact = (event: CountedEvent, key: string) => CountedEvent | null

function findRedactOf(events: ReadonlyMap<string, CountedEvent>): FindRedact {
	const byTarget = new Map<string, CountedEvent[]>()
	for (const event of events.values()) {
		for (const target of event.at.targets) {
			const key = keyOf(target)
			byTarget.set(key, [...(byTarget.get(key) ?? []), event])
		}
	}
	return (event, key) => {
		const redacts = byTarget.get(key)
		return redacts === undefined ? null : earliest(redacts.filter((redact) => acts(redact, event)))
	}
}

function earliest(redacts: readonly CountedEvent[]): CountedEvent | null {
	return redacts.toSorted((a, b) => compareTime(a.at, b.at))[0] ?? null
}

function acts(redact: CountedEvent, { at, pages }: CountedEvent): boolean {
	return redact.pages.some((page) => pages.some((other) => mayRedact({ ...redact.at, page }, { ...at, page: other })))
}

/** Events that are one message, or one annotate, under several ids. */
export interface Joined {
	/** By time, the first gives the place. At least one. */
	readonly members: readonly CountedEvent[]
	/** All ids: of the members, and earlier ones of which there is no row. */
	readonly keys: readonly string[]
	readonly redactedBy: CountedEvent | null
	/** Members that no redact names by their own id. */
	readonly undeleted: readonly CountedEvent[]
	/** Every member is past its expiry. */
	readonly expired: boolean
}

/** FOLD4: joins what was sealed again. */
export function joinEvents(events: ReadonlyMap<string, CountedEvent>, now: number): readonly Joined[] {
	const redactOf = findRedactOf(events)
	const named = new Map([...events.values()].map((event) => [event.key, redactOf(event, event.key)]))
	const { groups, claims } = linkEvents(events, (event) => named.get(event.key) !== null || isExpired(event, now))
	return groups.map((keys) => {
		const members = keys.map((key) => events.get(key) as CountedEvent).sort((a, b) => compareTime(a.at, b.at))
		const claimed = members.flatMap((event) => (claims.get(event.key) ?? []).map((key) => ({ event, key })))
		const absent = claimed.map(({ key }) => key).filter((key) => !events.has(key))
		const redacts = [...keys.map((key) => named.get(key)), ...claimed.map(({ event, key }) => redactOf(event, key))]
		return {
			members,
			keys: [...new Set([...members.map(({ key }) => key), ...absent.sort(compareText)])],
			redactedBy: earliest(redacts.filter((redact) => redact != null)),
			undeleted: members.filter(({ key }) => named.get(key) === null),
			expired: members.every((member) => isExpired(member, now)),
		}
	})
}

interface Links {
	/** Keys of events that are one. */
	readonly groups: readonly string[][]
	/** By key of an event: the earlier ids that it claims. */
	readonly claims: ReadonlyMap<string, readonly string[]>
}

function linkEvents(events: ReadonlyMap<string, CountedEvent>, isGone: (event: CountedEvent) => boolean): Links {
	const groups = new Groups(events.keys())
	const claims = new Map<string, readonly string[]>()
	for (const event of events.values()) {
		if (isGone(event)) continue // its text, and so its `was`, is known to nobody who comes later
		const earlier = earlierIds(event)
		claims.set(event.key, earlier)
		for (const other of earlier.flatMap((key) => events.get(key) ?? [])) {
			if (isSameEvent(event, other, isGone(other))) groups.unite(event.key, other.key)
		}
	}
	return { groups: groups.all(), claims }
}

function isExpired({ at }: CountedEvent, now: number): boolean {
	return at.expiresAt !== null && at.expiresAt <= now
}

function earlierIds({ content, key }: CountedEvent): readonly string[] {
	return content.type === 'open' ? content.body.was.map(keyOf).filter((earlier) => earlier !== key) : []
}

/** `gone`: the earlier text can no longer be compared by anybody, so the author's word counts. */
function isSameEvent(event: CountedEvent, earlier: CountedEvent, gone: boolean): boolean {
	if (event.at.kind !== earlier.at.kind || !equalBytes(event.at.author, earlier.at.author)) return false
	if (gone) return true
	const [a, b] = [event.content, earlier.content]
	return a.type === 'open' && b.type === 'open' && equalBytes(bodyCore(a.body), bodyCore(b.body))
}

/** Disjoint sets of keys. */
class Groups {
	readonly #parent: Map<string, string>

	constructor(keys: Iterable<string>) {
		this.#parent = new Map([...keys].map((key) => [key, key]))
	}

	unite(a: string, b: string): void {
		this.#parent.set(this.#root(a), this.#root(b))
	}

	all(): readonly string[][] {
		return [...Map.groupBy(this.#parent.keys(), (key) => this.#root(key)).values()]
	}

	/** Shortens the way as it goes: an author may chain thousands of re-sealings. */
	#root(key: string): string {
		let at = key
		for (let up = this.#up(at); up !== at; up = this.#up(at)) {
			this.#parent.set(at, this.#up(up))
			at = up
		}
		return at
	}

	#up(key: string): string {
		return this.#parent.get(key) as string
	}
}
