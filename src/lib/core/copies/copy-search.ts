/** Copies as the search sees them: a message stands at its number in its page. */
import type { PlaceId } from '#store/keys.ts'
import type { ConversationId, MessageView, SearchHit } from '../api.ts'
import { hasOf, searchedText } from '../search/index-page.ts'
import type { IndexedMessage, IndexedPage, PageName } from '../search/segment.ts'
import { snippetOf } from '../search/snippet.ts'
import { matches, termsOf } from '../search/terms.ts'
import { personIn, type Copies } from './copies.ts'
import type { CopiedMessage } from './copy-rows.ts'

type Described = Pick<SearchHit, 'kind' | 'room' | 'title' | 'person'>

export async function copyToIndex(copies: Copies, name: PageName): Promise<IndexedPage> {
	const messages = await copies.page(name.conversation, name.page)
	return { ...name, messages: messages.flatMap((message, i) => toIndex(message, i) ?? []), lockedBy: [] }
}

function toIndex({ sentAt, view }: CopiedMessage, clock: number): IndexedMessage | null {
	const said = saidIn(view)
	if (said === null) return null
	return {
		...{ post: { part: 0, clientId: 0, clock }, edit: null, at: sentAt, author: view.author, expiresAt: null },
		has: hasOf(said),
		terms: [...new Set(termsOf(searchedText(said)).map(({ text }) => text))],
	}
}

const saidIn = ({ content, files }: MessageView) =>
	content.type === 'text' ? { text: content.text, attachments: files } : null

export async function copiedHit(
	copies: Copies,
	{ conversation, page, clock }: PlaceId,
	how: {
		readonly prefixes: readonly string[]
		readonly described: (conversation: ConversationId) => Promise<Described | null>
	},
): Promise<SearchHit | null> {
	const row = copies.get(conversation)
	const view = (await copies.page(conversation, page))[clock]?.view
	const said = view === undefined ? null : saidIn(view)
	if (row === null || view === undefined || said === null || view.event === null) return null
	const text = searchedText(said)
	if (!matches(text, how.prefixes)) return null
	const talk = await how.described(conversation)
	if (talk === null) return null
	const { kind, room, title, person } = talk
	return {
		...{ conversation, kind, room, title, person, event: view.event, mine: view.mine, at: view.at },
		author: personIn(row, view.author),
		...snippetOf(text, how.prefixes),
	}
}
