/**
 * The fold (SPEC FOLD): judged and opened events → the messages of a conversation, as every device must show them.
 * Pure and deterministic: the order in which rows arrive, and how often, changes nothing; a redaction wins for ever.
 *
 * It may be given any set of pages; an annotate acts within its page and parts only, so pages can be folded apart
 * except where a re-sealed message has ids in two of them. Any number of members. Nothing here decrypts or verifies.
 */
import { equalBytes, type Bytes } from './bytes.ts'
import type { Attachment, AnnotateBody, PostBody } from './plaintext.ts'
import {
	compareText,
	compareTime,
	countEvents,
	joinEvents,
	keyOf,
	type Closed,
	type CountedEvent,
	type FoldEvent,
	type Joined,
} from './fold-events.ts'

/** One text of a message, as posted or edited. */
export interface Version {
	readonly eventId: Bytes
	readonly hlc: bigint
	/** ms, by the author's clock. */
	readonly writtenAt: number
	readonly text: string
	readonly mentions: readonly Bytes[]
}

export interface Reaction {
	readonly emoji: string
	/** idHashes whose latest word is "on", the earliest first. */
	readonly by: readonly Bytes[]
}

export type MessageState =
	| {
			readonly type: 'shown'
			/** Now: of the newest version. */
			readonly text: string
			readonly mentions: readonly Bytes[]
			readonly attachments: readonly Attachment[]
			readonly replyTo: Bytes | null
			readonly forwarded: boolean
			readonly writtenAt: number
			/** As posted first, then each edit; more than one: "edited". */
			readonly versions: readonly Version[]
			readonly reactions: readonly Reaction[]
			readonly pinned: boolean
	  }
	/** Deleted for everyone; `by` is the redactor's idHash. */
	| { readonly type: 'redacted'; readonly by: Bytes; readonly eventId: Bytes }
	| { readonly type: 'expired' }
	/** `removed`: a skeleton without a valid redaction or past expiry, so the server (or a peer) took the text away. */
	| { readonly type: 'unreadable'; readonly why: Closed | 'removed' }
	/** Its first place is in a page that was not given. */
	| { readonly type: 'elsewhere' }

export interface Message {
	/** The id at the lowest hlc. */
	readonly eventId: Bytes
	/** All ids of the message, that one first. Whoever redacts it names them all (DEL7). */
	readonly ids: readonly Bytes[]
	readonly author: Bytes
	readonly deviceId: Bytes
	readonly page: number
	readonly hlc: bigint
	readonly recvSeq: number | null
	readonly expiresAt: number | null
	readonly state: MessageState
}

/** An event whose author should redact it, because what it belongs to is redacted (DEL6). */
export interface DueRedaction {
	readonly eventId: Bytes
	readonly author: Bytes
	/** Where the redact belongs: the event's own page. */
	readonly page: number
}

export interface Fold {
	/** By (page, hlc, eventId). */
	readonly messages: readonly Message[]
	readonly due: readonly DueRedaction[]
}

/** `now`: ms, corrected to the server's clock; decides expiry only. */
export function foldEvents(rows: readonly FoldEvent[], now: number): Fold {
	const groups = joinEvents(countEvents(rows), now)
	const posts = groups.filter((group) => firstRow(group).kind === 'post')
	const byKey = targetsByKey(posts)
	const annotates = new Map<Joined, Annotate[]>()
	const due = posts.flatMap((post) => (post.redactedBy === null ? [] : dueMembers(post)))
	for (const group of groups) {
		const annotate = openAnnotate(group)
		const target = annotate === null ? undefined : byKey.get(keyOf(annotate.body.target))
		if (annotate === null || target === undefined || !isInPlace(annotate, target)) continue
		if (target.redactedBy !== null) due.push(...dueMembers(group))
		else if (group.redactedBy === null && !group.expired)
			annotates.set(target, [...(annotates.get(target) ?? []), annotate])
	}
	return {
		messages: posts.map((post) => foldPost(post, annotates.get(post) ?? [])).sort(compareMessages),
		due: due.sort((a, b) => compareText(keyOf(a.eventId), keyOf(b.eventId))),
	}
}

function compareMessages(a: Message, b: Message): number {
	if (a.page !== b.page) return a.page - b.page
	return a.hlc === b.hlc ? compareText(keyOf(a.eventId), keyOf(b.eventId)) : a.hlc < b.hlc ? -1 : 1
}

/** Rows before claims, and the earliest claim of an id of which there is no row: whoever comes later claims in vain. */
function targetsByKey(posts: readonly Joined[]): ReadonlyMap<string, Joined> {
	const byKey = new Map(posts.flatMap((post) => post.members.map(({ key }) => [key, post] as const)))
	for (const post of posts.toSorted((a, b) => compareTime(firstRow(a), firstRow(b)))) {
		for (const key of post.keys) if (!byKey.has(key)) byKey.set(key, post)
	}
	return byKey
}

function firstRow({ members }: Pick<Joined, 'members'>): FoldEvent {
	return (members[0] as CountedEvent).at
}

function dueMembers({ undeleted }: Joined): DueRedaction[] {
	return undeleted.map(({ at }) => ({ eventId: at.eventId, author: at.author, page: at.page }))
}

interface Annotate {
	/** The earliest member: an annotate that was sealed again keeps its turn. */
	readonly at: FoldEvent
	readonly pages: readonly number[]
	readonly body: AnnotateBody
}

function openAnnotate({ members }: Joined): Annotate | null {
	for (const { content } of members) {
		if (content.type === 'open' && content.body.kind === 'annotate') {
			return { at: firstRow({ members }), pages: members.flatMap(({ pages }) => pages), body: content.body }
		}
	}
	return null
}

/** FOLD7: in the page of its target, and of the same expiry; an edit besides by the target's account. */
function isInPlace({ at, pages, body }: Annotate, { members }: Joined): boolean {
	const named = members.find(({ key }) => key === keyOf(body.target)) ?? (members[0] as CountedEvent)
	if (at.expiresAt !== named.at.expiresAt) return false
	if (body.action.type === 'edit' && !equalBytes(at.author, named.at.author)) return false
	return pages.some((page) => members.some((member) => member.pages.includes(page)))
}

function foldPost(post: Joined, annotates: readonly Annotate[]): Message {
	const at = firstRow(post)
	const received = post.members.flatMap(({ recvSeq }) => (recvSeq === null ? [] : [recvSeq]))
	const expiries = post.members.map((member) => member.at.expiresAt ?? Infinity)
	const expiresAt = Math.max(...expiries)
	return {
		eventId: at.eventId,
		ids: [...post.members.map((member) => member.at.eventId), ...post.keys.slice(post.members.length).map(idOf)],
		author: at.author,
		deviceId: at.deviceId,
		page: at.page,
		hlc: at.hlc,
		recvSeq: received.length === 0 ? null : Math.min(...received),
		expiresAt: expiresAt === Infinity ? null : expiresAt,
		state: stateOf(post, annotates),
	}
}

function idOf(key: string): Bytes {
	return Uint8Array.from(key, (char) => char.charCodeAt(0))
}

function stateOf(post: Joined, annotates: readonly Annotate[]): MessageState {
	const { members, redactedBy } = post
	if (redactedBy !== null) return { type: 'redacted', by: redactedBy.at.author, eventId: redactedBy.at.eventId }
	if (post.expired) return { type: 'expired' }
	for (const { at, content } of members) {
		if (content.type === 'open' && content.body.kind === 'post') return shown(at, content.body, annotates)
	}
	const closed = members.find(({ content }) => content.type === 'closed')?.content
	if (closed?.type === 'closed') return { type: 'unreadable', why: closed.why }
	return members.every(({ elsewhere }) => elsewhere) ? { type: 'elsewhere' } : { type: 'unreadable', why: 'removed' }
}

function shown(at: FoldEvent, body: PostBody, annotates: readonly Annotate[]): MessageState {
	const ordered = annotates.toSorted((a, b) => compareTime(a.at, b.at))
	const versions = [versionOf(at, body.writtenAt, body), ...ordered.flatMap(versionOfEdit)]
	const newest = versions.at(-1) as Version
	return {
		type: 'shown',
		text: newest.text,
		mentions: newest.mentions,
		attachments: body.attachments,
		replyTo: body.replyTo,
		forwarded: body.forwarded,
		writtenAt: body.writtenAt,
		versions,
		reactions: foldReactions(ordered),
		pinned: ordered.flatMap(({ body: { action } }) => (action.type === 'pin' ? [action.on] : [])).at(-1) === true,
	}
}

function versionOf(at: FoldEvent, writtenAt: number, said: { text: string; mentions: readonly Bytes[] }): Version {
	return { eventId: at.eventId, hlc: at.hlc, writtenAt, text: said.text, mentions: said.mentions }
}

function versionOfEdit({ at, body }: Annotate): Version[] {
	return body.action.type === 'edit' ? [versionOf(at, body.writtenAt, body.action)] : []
}

/** FOLD9: the latest word of each account on each emoji; in the order in which they were put on. */
function foldReactions(ordered: readonly Annotate[]): readonly Reaction[] {
	const on = new Map<string, { emoji: string; by: Bytes }>()
	for (const { at, body } of ordered) {
		if (body.action.type !== 'reaction') continue
		const key = keyOf(at.author) + body.action.emoji
		if (!body.action.on) on.delete(key)
		else if (!on.has(key)) on.set(key, { emoji: body.action.emoji, by: at.author })
	}
	const byEmoji = Map.groupBy(on.values(), ({ emoji }) => emoji)
	return [...byEmoji].map(([emoji, entries]) => ({ emoji, by: entries.map(({ by }) => by) }))
}
