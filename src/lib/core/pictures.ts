/** Pictures of groups and rooms (SPEC PIC): brought before the title that names them, fetched once, and kept sealed on this device. */
import { openPicture, pictureName, sealPicture } from '#crypto/picture-seal.ts'
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { bytes, struct, versioned } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { textToId } from '#protocol/ids.ts'
import { PICTURE_MAX } from '#protocol/limits.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { ConversationId, KithError } from './api.ts'
import type { ConversationContext } from './context.ts'
import { titleOf } from './group-view.ts'
import { toKithError } from './http-errors.ts'

/** Store `meta`, `picture/` ‖ conversation: the image that was shown last. */
const row = versioned(1, struct({ hash: bytes(32), image: bytes(PICTURE_MAX) }))

export interface Pictures {
	readonly image: (conversation: ConversationId) => Promise<Result<Bytes, KithError>>
	/** At the server; what the title is to name. */
	readonly bring: (conversation: ConversationId, image: Uint8Array) => Promise<Result<Bytes, KithError>>
}

type Context = Pick<ConversationContext, 'crypto' | 'http' | 'keyring' | 'logs' | 'records'>

const notHere = fail<KithError>({ type: 'not-here' })
const at = (conversation: ConversationId) => ({ store: 'meta', key: `picture/${conversation}` }) as const

export function createPictures(context: Context): Pictures {
	const { crypto, http, logs, records } = context

	async function named(state: ConversationState | null): Promise<Bytes | null> {
		return state === null ? null : ((await titleOf(context, state))?.picture ?? null)
	}

	async function fetchImage(conversation: ConversationId, hash: Bytes): Promise<Result<Bytes, KithError>> {
		const id = textToId('conversation', conversation)
		if (id === null) return notHere
		const picture = bytesToBase64url(pictureName(hash))
		const answer = await http.call((api) => api.conversations.picture({ conversation, picture }))
		if (!answer.ok) return fail(toKithError(answer.error))
		const sealed = base64urlToBytes(answer.value.sealed)
		const image = sealed === null ? null : await openPicture(crypto, id, { hash, sealed })
		if (image === null) return fail({ type: 'damaged-file' })
		await records.put(row, at(conversation), { hash, image })
		return ok(image)
	}

	return {
		image: async (conversation) => {
			const hash = await named(logs.known(conversation))
			if (hash === null) return notHere
			const kept = await records.get(row, at(conversation))
			const isKept = kept !== null && equalBytes(kept.hash, hash)
			return isKept ? ok(kept.image) : fetchImage(conversation, hash)
		},
		bring: async (conversation, image) => {
			const id = textToId('conversation', conversation)
			if (id === null) return notHere
			if (image.length === 0 || image.length > PICTURE_MAX) return fail({ type: 'too-long', max: PICTURE_MAX })
			const { hash, sealed } = await sealPicture(crypto, id, image)
			const input = { conversation, picture: bytesToBase64url(pictureName(hash)), sealed: bytesToBase64url(sealed) }
			const answer = await http.call((api) => api.conversations.putPicture(input))
			return answer.ok ? ok(hash) : fail(toKithError(answer.error))
		},
	}
}
