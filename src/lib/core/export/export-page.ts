/** One page of a conversation as it goes into a copy: what its messages say, and the signed items that say it, each with the key that opens it alone. */
import { fileLengthOf } from '#protocol/blob.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { foldEvents, type Message } from '#protocol/fold.ts'
import type { FoldEvent } from '#protocol/fold-events.ts'
import { guidOf } from '#protocol/guid.ts'
import { hlcTime } from '#protocol/hlc.ts'
import { textToId } from '#protocol/ids.ts'
import type { ConversationId } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import type { KnownEvent } from '../event-store.ts'
import { createOpener } from '../opener.ts'
import type { PathOf } from './copy-files.ts'

export interface ExportedPage {
	readonly page: number
	readonly messages: readonly ExportedMessage[]
	readonly items: readonly ExportedItem[]
}

export interface ExportedItem {
	readonly guid: string
	/** Of the stream, and the number in it. */
	readonly clientId: number
	readonly clock: number
	readonly author: string
	/** As it was signed (SPEC EV), base64url. */
	readonly item: string
	/** Opens this event and no other; null where it is not here, or nothing is left to open. */
	readonly key: string | null
}

export interface ExportedFile {
	readonly name: string
	readonly type: string
	readonly bytes: number
	/** Where it stands beside the document; null where it is not in the copy. */
	readonly path: string | null
}

export type ExportedMessage = {
	readonly event: string
	readonly author: string
	/** ms: as the conversation orders it. */
	readonly sentAt: number
} & (
	| {
			readonly type: 'text'
			/** ms, by the author's clock. */
			readonly writtenAt: number
			readonly text: string
			readonly replyTo: string | null
			readonly forwarded: boolean
			/** Earlier versions, the oldest first. */
			readonly before: readonly { readonly event: string; readonly writtenAt: number; readonly text: string }[]
			readonly reactions: readonly { readonly emoji: string; readonly by: readonly string[] }[]
			readonly pinned: boolean
			readonly files: readonly ExportedFile[]
	  }
	| { readonly type: 'deleted' | 'expired' | 'unreadable' }
)

/** Its rows, and what they say; nothing of what the account deleted for itself. */
export async function openPage(
	context: ConversationContext,
	conversation: ConversationId,
	page: number,
): Promise<{ readonly known: readonly KnownEvent[]; readonly messages: readonly Message[] }> {
	const known = await context.events.page(conversation, page)
	const opened = await createOpener(conversation, context)(known)
	const { messages } = foldEvents(
		opened.map(({ event }) => event),
		context.time.now(),
	)
	const hidden = context.hidden.of({ conversation, page })
	const isHidden = ({ ids }: Message) => ids.some((id) => hidden.has(bytesToBase64url(id)))
	const gone = new Set(messages.filter(isHidden).flatMap(({ ids }) => ids.map((id) => bytesToBase64url(id))))
	return {
		known: opened.filter(({ event }) => !isAbout(event, gone)).map((one) => one.known),
		messages: messages.filter((message) => !isHidden(message)),
	}
}

/** The event is one of these, or edits it, reacts to it, pins it. */
function isAbout({ eventId, content }: FoldEvent, ids: ReadonlySet<string>): boolean {
	const target = content.type === 'open' && content.body.kind === 'annotate' ? content.body.target : null
	return [eventId, target].some((id) => id !== null && ids.has(bytesToBase64url(id)))
}

export async function exportPage(
	context: ConversationContext,
	at: { readonly conversation: ConversationId; readonly page: number },
	pathOf: PathOf,
): Promise<ExportedPage> {
	const { known, messages } = await openPage(context, at.conversation, at.page)
	const items = await Promise.all(known.map((event) => exportItem(context, event)))
	return {
		page: at.page,
		messages: messages.flatMap((message) => exportMessage(message, pathOf) ?? []),
		items: items.filter((item) => item !== null),
	}
}

/** What was found invalid is nobody's word. */
async function exportItem({ keyring }: ConversationContext, event: KnownEvent): Promise<ExportedItem | null> {
	const { conversation, page, part, clientId, clock, item, row } = event
	const id = textToId('conversation', conversation)
	if (id === null || row.state === 'invalid') return null
	const { deviceId, epoch, nonce } = item.head
	const keys = item.form === 'full' ? await keyring.keys(conversation, epoch) : null
	return {
		guid: guidOf({ conversation: id, page, part }),
		...{ clientId, clock },
		author: bytesToBase64url(row.author),
		item: bytesToBase64url(row.content),
		key: keys === null ? null : bytesToBase64url(keys.event(deviceId, nonce)),
	}
}

function exportMessage(message: Message, pathOf: PathOf): ExportedMessage | null {
	const { state } = message
	const text = (id: Bytes) => bytesToBase64url(id)
	const about = { event: text(message.eventId), author: text(message.author), sentAt: hlcTime(message.hlc) }
	switch (state.type) {
		case 'elsewhere':
			return null
		case 'redacted':
			return { ...about, type: 'deleted' }
		case 'expired':
		case 'unreadable':
			return { ...about, type: state.type }
		case 'shown':
			return {
				...{ ...about, type: 'text', writtenAt: state.writtenAt, text: state.text },
				replyTo: state.replyTo === null ? null : text(state.replyTo),
				forwarded: state.forwarded,
				before: state.versions
					.slice(0, -1)
					.map((version) => ({ event: text(version.eventId), writtenAt: version.writtenAt, text: version.text })),
				reactions: state.reactions.map(({ emoji, by }) => ({ emoji, by: by.map(text) })),
				pinned: state.pinned,
				files: state.attachments.map((attachment) => {
					const { name, mime, length } = attachment
					return { name, type: mime, bytes: fileLengthOf(length) ?? length, path: pathOf(attachment) }
				}),
			}
	}
}
