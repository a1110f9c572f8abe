/** What of a conversation asks for attention: what mentions us, and what nobody has read. Pure. */
import { bytesToBase64url, equalBytes } from '#protocol/bytes.ts'
import type { Message } from '#protocol/fold.ts'
import { hlcTime } from '#protocol/hlc.ts'
import { idToText } from '#protocol/ids.ts'
import type { AlertAbout, AlertPlace, AlertView, ConversationId } from './api.ts'
import { shownMessages, talkOf, type ConversationSnapshot, type People } from './conversation-views.ts'

/** Characters: one line of it is shown. */
const textLength = 200

type Shown = Message & { readonly state: Extract<Message['state'], { type: 'shown' }> }

const isShown = (message: Message): message is Shown => message.state.type === 'shown'

/** Does it say nothing of interest, so that nothing more need be looked up? */
export function isSilent(news: { unread: number; messages: readonly Message[] }, self: Uint8Array): boolean {
	return news.unread === 0 && !news.messages.some((message) => mentions(message, self))
}

function mentions(message: Message, self: Uint8Array): message is Shown {
	if (!isShown(message) || equalBytes(message.author, self)) return false
	return message.state.mentions.some((one) => equalBytes(one, self))
}

/** The newest messages that this device holds open are looked at, which are the same on every device. */
export function newsOf(id: ConversationId, snapshot: ConversationSnapshot, people: People): readonly AlertView[] {
	const talk = talkOf(id, snapshot, people)
	if (talk === null) return []
	const { self } = people
	const kindOfPlace = talk.kind === 'group' ? 'group' : 'direct'
	const place: AlertPlace = { conversation: id, kind: kindOfPlace, title: talk.title }
	const read = snapshot.reached('read', self.account)
	const isUnread = ({ recvSeq, eventId }: Message) =>
		recvSeq === null ? snapshot.unreadDirect.has(bytesToBase64url(eventId)) : recvSeq > read
	const theirs = shownMessages(snapshot.fold.messages).filter(({ author }) => !equalBytes(author, self.idHash))
	const naming = theirs.filter((message) => mentions(message, self.idHash)) as Shown[]
	const fresh = theirs.filter((message) => isUnread(message) && !naming.includes(message as Shown))
	const mentioned = naming.map((message): AlertView => {
		const event = bytesToBase64url(message.eventId)
		const said = { by: people.person(idToText(message.author)), event, text: textOf(message) }
		const [at, unread] = [writtenAt(message, people), isUnread(message)]
		return { type: 'mention', place, ...said, id: `mention/${id}/${event}`, at, unread }
	})
	const newest = fresh.at(-1)
	// Those that mention us have alerts of their own.
	const count = snapshot.unread - naming.filter(isUnread).length
	if (newest === undefined || count <= 0) return mentioned
	const by = people.person(idToText(newest.author))
	const kind: AlertAbout['type'] = talk.notice === 'to-us' ? 'notice' : 'messages'
	const messages = { type: kind, place, by, count, text: textOf(newest) } as const
	return [...mentioned, { ...messages, id: `messages/${id}`, at: writtenAt(newest, people), unread: true }]
}

function textOf(message: Message): string {
	return isShown(message) ? message.state.text.slice(0, textLength) : ''
}

function writtenAt({ state, hlc }: Message, { now }: People): number {
	// Who claims to write in the future is not on top for ever.
	return Math.min(state.type === 'shown' ? state.writtenAt : hlcTime(hlc), now())
}
