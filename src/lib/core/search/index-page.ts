/** From a folded page to what of it is indexed. Pure. */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { keyOf, type FoldEvent } from '#protocol/fold-events.ts'
import { foldEvents, type Message, type MessageState } from '#protocol/fold.ts'
import { hlcTime } from '#protocol/hlc.ts'
import type { IndexedMessage, IndexedPage, HasKind, PageName, RowPlace } from './segment.ts'
import { termsOf } from './terms.ts'

type Shown = Extract<MessageState, { type: 'shown' }>

/** What of a message is found. */
interface Searched {
	readonly text: string
	readonly attachments: readonly Pick<Shown['attachments'][number], 'name' | 'mime' | 'sound'>[]
}

const link = /https?:\/\/\S/i

/** The rows of one page with its parts; `now` decides expiry, `hidden` are ids of what the account shows no more. */
export function pageToIndex(
	name: PageName,
	events: readonly FoldEvent[],
	{ now, hidden }: { readonly now: number; readonly hidden: ReadonlySet<string> },
): Omit<IndexedPage, 'lockedBy'> {
	const rowById = new Map<string, FoldEvent>()
	for (const event of events) if (event.valid && event.content.type === 'open') rowById.set(keyOf(event.eventId), event)
	const messages = foldEvents(events, now).messages.flatMap((message) => {
		const isHidden = message.ids.some((id) => hidden.has(bytesToBase64url(id)))
		const indexed = message.state.type === 'shown' && !isHidden ? messageToIndex(message, message.state, rowById) : null
		return indexed === null ? [] : [indexed]
	})
	return { ...name, messages }
}

function messageToIndex(
	message: Message,
	shown: Shown,
	rowById: ReadonlyMap<string, FoldEvent>,
): IndexedMessage | null {
	const post = message.ids.map((id) => rowById.get(keyOf(id))).find((row) => row !== undefined)
	const newest = shown.versions.at(-1)
	const edit = newest === undefined || shown.versions.length < 2 ? null : rowById.get(keyOf(newest.eventId))
	if (post === undefined || edit === undefined) return null
	return {
		post: placeOf(post),
		edit: edit === null ? null : placeOf(edit),
		at: hlcTime(message.hlc),
		author: bytesToBase64url(message.author),
		has: hasOf(shown),
		expiresAt: message.expiresAt,
		terms: [...new Set(termsOf(searchedText(shown)).map(({ text }) => text))],
	}
}

function placeOf({ part, clientId, clock }: FoldEvent): RowPlace {
	return { part, clientId, clock }
}

/** The text, and the names of files: each on a line of its own, so that no term goes across. */
export function searchedText({ text, attachments }: Searched): string {
	const lines = [text, ...attachments.map(({ name }) => name)]
	return lines.filter((line) => line !== '').join('\n')
}

export function hasOf({ text, attachments }: Searched): readonly HasKind[] {
	const kinds = attachments.map(({ mime, sound }): HasKind => {
		if (mime.startsWith('image/')) return 'image'
		return sound !== null && mime.startsWith('audio/') ? 'voice' : 'file'
	})
	return [...new Set<HasKind>(link.test(text) ? ['link', ...kinds] : kinds)]
}
