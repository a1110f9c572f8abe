/** What screens show of copies: in the list, open, and around one of their messages. */
import type {
	ChatView,
	ConversationId,
	ConversationView,
	EventId,
	HistoryAt,
	HistoryView,
	MessageView,
} from '../api.ts'
import type { Talk } from '../talk-of-many.ts'
import { personIn, placeIn, type Copies } from './copies.ts'
import type { CopyRow } from './copy-rows.ts'

export interface CopyViews {
	readonly copyChats: typeof copyChats
	readonly copyView: typeof copyView
	readonly copyHistory: typeof copyHistory
	readonly copiedMessageAt: typeof copiedMessageAt
}

/** Newest messages that an open copy shows before anybody reads back. */
const newestShown = 50

export function talkOfCopy(id: ConversationId, row: CopyRow): Talk {
	const { host } = new URL(row.origin)
	return {
		...{ kind: 'copy', room: null, title: row.title, notice: null },
		person: { account: id, displayName: row.title, name: host, verified: false, presence: null },
		people: row.people.map(({ account }) => personIn(row, account)),
		writable: { type: 'no', why: 'copy' },
	}
}

export async function copyChats(copies: Copies): Promise<readonly ChatView[]> {
	return Promise.all(copies.all().map(([id, row]) => toChat(copies, id, row)))
}

async function toChat(copies: Copies, id: ConversationId, row: CopyRow): Promise<ChatView> {
	const { kind, room, title, person } = talkOfCopy(id, row)
	const [last] = await newestOf(copies, id, 1)
	return {
		...{ conversation: id, kind, room, title, person, lastAt: last?.at ?? row.savedAt },
		last: last === undefined ? null : { ...previewOf(last), by: personIn(row, last.author).displayName },
		...{ unread: 0, typing: false, draft: '', muted: null, pinned: false, archived: false, markedUnread: false },
		writable: false,
	}
}

function previewOf({ content, files, at, mine }: MessageView) {
	const text = content.type === 'text' ? content.text.slice(0, 200) : ''
	return { text, file: files[0] ?? null, at, mine, mark: null }
}

/** Oldest first. */
async function newestOf(copies: Copies, id: ConversationId, count: number): Promise<readonly MessageView[]> {
	const end = countOf(copies.get(id))
	return slice(copies, id, Math.max(0, end - count), end)
}

const countOf = (row: CopyRow | null) => row?.pages.reduce((sum, { count }) => sum + count, 0) ?? 0

/** Of all messages of a copy, in their order. */
async function slice(copies: Copies, id: ConversationId, from: number, to: number): Promise<readonly MessageView[]> {
	const found: MessageView[] = []
	let start = 0
	for (const [page, { count }] of (copies.get(id)?.pages ?? []).entries()) {
		if (start + count > from && start < to) {
			const messages = await copies.page(id, page)
			found.push(...messages.slice(Math.max(0, from - start), to - start).map(({ view }) => view))
		}
		start += count
	}
	return found
}

export async function copyView(copies: Copies, id: ConversationId): Promise<ConversationView | null> {
	const row = copies.get(id)
	if (row === null) return null
	const { kind, title, notice, people, writable } = talkOfCopy(id, row)
	return {
		...{ conversation: id, kind, title, notice, people, writable },
		readers: { who: { type: 'only-you' }, past: { people: [], devicesOf: 0 } },
		...{
			lifetime: null,
			maySetLifetime: false,
			afterReading: null,
			hasLines: false,
			firstUnread: null,
			typing: [],
			draft: '',
		},
		...{ moderates: false, otherHistory: [], peers: 0 },
		messages: await newestOf(copies, id, newestShown),
		more: countOf(row) > newestShown,
		copy: { instance: new URL(row.origin).host, by: personIn(row, row.by), savedAt: row.savedAt },
	}
}

export async function copyHistory(copies: Copies, at: HistoryAt): Promise<HistoryView | null> {
	const id = at.conversation
	const row = copies.get(id)
	const place = row === null ? null : await placeIn(copies, { id, event: at.around })
	if (row === null || place === null) return null
	const before = row.pages.slice(0, place.page).reduce((sum, { count }) => sum + count, 0)
	const anchor = before + place.index
	const [from, to] = [Math.max(0, anchor - at.before), Math.min(countOf(row), anchor + 1 + at.after)]
	return { messages: await slice(copies, id, from, to), earlier: from > 0, later: to < countOf(row) }
}

/** The first from this moment on; the newest where none is as new. */
export async function copiedMessageAt(copies: Copies, id: ConversationId, at: number): Promise<EventId | null> {
	const pages = copies.get(id)?.pages ?? []
	const page = pages.findIndex(({ newest }) => newest >= at)
	if (page < 0) return (await newestOf(copies, id, 1))[0]?.event ?? null
	return (await copies.page(id, page)).find(({ sentAt }) => sentAt >= at)?.view.event ?? null
}
