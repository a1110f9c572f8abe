/**
 * The way of an entry into a log. What is wanted is an intent: built on the newest verified log, offered, and where another came
 * first, built again. Who lost a race looks first whether he had won (protocol.md §4): then there is nothing more to do.
 */
import type { CreatedConversation } from '#crypto/conversation-builder.ts'
import type { BuiltEntry, EntryPlace } from '#crypto/membership-builder.ts'
import { boxCodec } from '#protocol/box.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { cutList, type CutList } from '#protocol/cut.ts'
import { idToText } from '#protocol/ids.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { ConversationId, KithError } from './api.ts'
import type { ConversationContext } from './context.ts'
import { toKithError } from './http-errors.ts'

/** An entry with all that goes up beside it. */
export interface Offer extends BuiltEntry {
	readonly cut?: CutList
	readonly linkKey?: Bytes
}

export interface Attempt {
	readonly state: ConversationState
	readonly at: EntryPlace
	/** Not the first: what was known of accounts may be what lost the race. */
	readonly again: boolean
}

/** Null: what is wanted is so already. */
export type Intent = (attempt: Attempt) => Promise<Result<Offer | null, KithError>>

export interface EntryWriter {
	/** The log in which it is so. */
	readonly write: (conversation: ConversationId, intent: Intent) => Promise<Result<ConversationState, KithError>>
}

type WriterContext = Pick<ConversationContext, 'http' | 'logs' | 'self' | 'time'>

/** With three admins at work at once nobody waits for long; a race that is lost so often is no race. */
const triesMax = 12

export function createEntryWriter(context: WriterContext): EntryWriter {
	const { logs, self, time } = context
	return {
		write: async (conversation, intent) => {
			let lost: KithError | null = null
			let known = logs.known(conversation)
			for (let attempt = 0; attempt < triesMax; attempt++) {
				const isAsked = known === null
				const synced: Result<ConversationState, KithError> = known === null ? await logs.sync(conversation) : ok(known)
				if (!synced.ok) return synced
				const state = synced.value
				known = null
				const author = { idHash: self.idHash, device: self.keys, now: time.now() }
				const offer = await intent({ state, at: { author, head: state.head }, again: lost !== null })
				// "It is so already" and "the key is not here" are said of the newest log only: what we know may be behind it.
				const isDone = offer.ok && offer.value === null
				const isMissing = !offer.ok && offer.error.type === 'not-here'
				if ((isDone || isMissing) && !isAsked) continue
				if (!offer.ok) return offer
				if (offer.value === null) return ok(state)
				const appended = await append(context, conversation, offer.value)
				if (appended.ok) return logs.sync(conversation)
				if (!isLostRace(appended.error)) return appended
				lost = appended.error
			}
			return fail(lost as KithError)
		},
	}
}

function isLostRace(error: KithError): boolean {
	return error.type === 'server' && error.code === 'stale-head'
}

function boxesToTexts(boxes: BuiltEntry['boxes']) {
	return boxes.map(({ idHash, g, box }) => ({
		account: idToText(idHash),
		g,
		box: bytesToBase64url(encode(boxCodec, box)),
	}))
}

/** A new conversation: its two first entries, with the boxes of epoch 1, in one request. */
export function offerNew({ http }: Pick<WriterContext, 'http'>, { create, rotate, boxes }: CreatedConversation) {
	return http.call((api) =>
		api.conversations.create({
			create: bytesToBase64url(encode(signedEntry, create)),
			rotate: bytesToBase64url(encode(signedEntry, rotate)),
			boxes: boxesToTexts(boxes),
		}),
	)
}

export async function append(
	{ http }: Pick<WriterContext, 'http'>,
	conversation: ConversationId,
	{ entry, boxes, linkBoxes, cut, linkKey }: Offer,
): Promise<Result<null, KithError>> {
	const text = bytesToBase64url
	const answer = await http.call((api) =>
		api.conversations.append({
			conversation,
			entry: text(encode(signedEntry, entry)),
			boxes: boxesToTexts(boxes),
			linkBoxes: linkBoxes.map(({ link, box }) => ({ link: text(link), box: text(encode(boxCodec, box)) })),
			...(cut === undefined ? {} : { cutList: text(encode(cutList, cut)) }),
			...(linkKey === undefined ? {} : { linkKey: text(linkKey) }),
		}),
	)
	return answer.ok ? ok(null) : fail(toKithError(answer.error))
}
