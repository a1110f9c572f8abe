/**
 * What a push message carries (product N2): which conversation to look at, and nothing of it. Sealed to the browser (RFC 8291), so that
 * the push service in between reads not even that. And of which conversations a device wants to hear nothing.
 */
import { base64urlToBytes, bytesToBase64url, bytesToUtf8, utf8ToBytes, type Bytes } from './bytes.ts'
import { decode, encode, fixed, list, optional, struct, time8, union, versioned, type Decoded } from './codec.ts'

const pushMessage = versioned(
	1,
	union('type', { look: [0, struct({ conversation: fixed(16) })], test: [1, struct({})] }),
)
export type PushMessage = Decoded<typeof pushMessage>

/** As text, which is what tools of browsers show and take. */
export function encodePush(message: PushMessage): Bytes {
	return utf8ToBytes(bytesToBase64url(encode(pushMessage, message)))
}

/** Null for what is none of ours, or of a later version. */
export function decodePush(text: Uint8Array): PushMessage | null {
	try {
		const bytes = base64urlToBytes(bytesToUtf8(text))
		const message = bytes === null ? null : decode(pushMessage, bytes)
		return message?.ok === true ? message.value : null
	} catch {
		return null // not UTF-8
	}
}

/** Quiet conversations of one device. */
export const quietMax = 2000

/** `until`: ms; null: for ever. */
export const quietList = versioned(1, list(struct({ conversation: fixed(16), until: optional(time8) }), quietMax))
export type QuietConversation = Decoded<typeof quietList>[number]
