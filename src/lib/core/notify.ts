/**
 * What the service worker needs to say on the screen of the system what woke it: one row of this device's own store, written by the core
 * while it runs (push-commands.ts) and wrapped as all rows are. It goes with them when somebody signs out. The worker opens nothing else.
 */
import { equalBytes } from '#protocol/bytes.ts'
import { fixed, list, optional, struct, text, time8, versioned, type Decoded } from '#protocol/codec.ts'
import { idToText } from '#protocol/ids.ts'
import { decodePush } from '#protocol/push-message.ts'

export const notifyChatsMax = 10_000
const titleMaxBytes = 1024
const wordsMaxBytes = 512

export const notifyWords = struct({ message: text(wordsMaxBytes), test: text(wordsMaxBytes) })

export const notifyRow = versioned(
	1,
	struct({
		words: notifyWords,
		chats: list(
			struct({
				conversation: fixed(16),
				/** Empty where nothing is to be shown of it. */
				title: text(titleMaxBytes),
				/** Muted; `until` null: for ever. */
				muted: optional(struct({ until: optional(time8) })),
			}),
			notifyChatsMax,
		),
	}),
)
export type NotifyRow = Decoded<typeof notifyRow>

export const notifyAt = { store: 'settings', key: 'notify' } as const

export interface Notice {
	/** Null: the name of the app alone. */
	readonly title: string | null
	readonly body: string
	/** Where a click leads; null: to the app. */
	readonly conversation: string | null
	/** Shown without sound, and in the place of what stands there. */
	readonly isQuiet: boolean
}

/** Where the store does not open. Systems show that something came in any case: a push without a word is held against us. */
const plainWords: NotifyRow['words'] = { message: 'New message', test: 'Notifications work on this device.' }

/** `bytes`: what the push carried, or null. `row`: null where it is not here or does not open. `now`: ms. */
export function noticeOf(bytes: Uint8Array | null, row: NotifyRow | null, now: number): Notice {
	const { words, chats } = row ?? { words: plainWords, chats: [] }
	const message = bytes === null ? null : decodePush(bytes)
	if (message === null) return { title: null, body: words.message, conversation: null, isQuiet: false }
	if (message.type === 'test') return { title: null, body: words.test, conversation: null, isQuiet: false }
	const { conversation } = message
	const chat = chats.find((one) => equalBytes(one.conversation, conversation))
	const muted = chat?.muted ?? null
	return {
		title: chat === undefined || chat.title === '' ? null : chat.title,
		body: words.message,
		conversation: idToText(conversation),
		isQuiet: muted !== null && (muted.until === null || muted.until > now),
	}
}
