/**
 * Pictures of groups and rooms (SPEC PIC): brought before the title that names them, fetched once, and kept sealed on this device. A
 * server that was restored from a backup gets back those that it lost, from who may bring one.
 */
import { openPicture, pictureName, sealPicture } from '#crypto/picture-seal.ts'
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { bytes, fixed, struct, versioned } from '#protocol/codec.ts'
import { mayRename } from '#protocol/conversation-rights.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText, textToId } from '#protocol/ids.ts'
import { PICTURE_MAX } from '#protocol/limits.ts'
import { sealedPictureMax } from '#protocol/picture.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { ConversationId, KithError } from './api.ts'
import type { ConversationContext } from './context.ts'
import { titleOf } from './titles.ts'
import { toKithError } from './http-errors.ts'
import { epochMet } from './instance-epoch.ts'

/** Store `meta`, `picture/` ‖ conversation: what was shown or brought last, as the server has it. Version 1 held the image. */
const row = versioned(2, struct({ hash: bytes(32), sealed: bytes(sealedPictureMax) }))

/** The instance epoch in which the server was last asked for all that it should have. */
const askedRow = versioned(1, struct({ epoch: fixed(16) }))
const asked = { store: 'meta', key: 'pictures-asked' } as const

export interface Pictures {
	readonly image: (conversation: ConversationId) => Promise<Result<Bytes, KithError>>
	/** At the server; what the title is to name. */
	readonly bring: (conversation: ConversationId, image: Uint8Array) => Promise<Result<Bytes, KithError>>
	/** After a restore, once: what titles name, this device holds, and the server has no more. */
	readonly giveBack: () => Promise<void>
}

type Context = Pick<ConversationContext, 'crypto' | 'http' | 'keyring' | 'logs' | 'records' | 'self'>

const notHere = fail<KithError>({ type: 'not-here' })
const at = (conversation: ConversationId) => ({ store: 'meta', key: `picture/${conversation}` }) as const

export function createPictures(context: Context): Pictures {
	const { crypto, http, logs, records, self } = context

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
		if (sealed === null || image === null) return fail({ type: 'damaged-file' })
		await records.put(row, at(conversation), { hash, sealed })
		return ok(image)
	}

	/** Null where another one, or none, is kept. */
	async function keptImage(conversation: ConversationId, hash: Bytes): Promise<Bytes | null> {
		const id = textToId('conversation', conversation)
		const kept = await records.get(row, at(conversation))
		return id === null || kept === null || !equalBytes(kept.hash, hash) ? null : openPicture(crypto, id, kept)
	}

	/** False: nobody could be asked. */
	async function giveBackOf(state: ConversationState): Promise<boolean> {
		if (!mayRename(state, self.idHash)) return true
		const conversation = idToText(state.id)
		const [hash, kept] = [await named(state), await records.get(row, at(conversation))]
		if (hash === null || kept === null || !equalBytes(kept.hash, hash)) return true
		const picture = bytesToBase64url(pictureName(hash))
		const there = await http.call((api) => api.conversations.picture({ conversation, picture }))
		if (there.ok) return true
		if (there.error.type !== 'problem' || there.error.code !== 'not-found') return false
		const sealed = bytesToBase64url(kept.sealed)
		return (await http.call((api) => api.conversations.putPicture({ conversation, picture, sealed }))).ok
	}

	async function giveBack(): Promise<void> {
		const [met, before] = [await epochMet(records), await records.get(askedRow, asked)]
		if (met === null || (before !== null && equalBytes(before.epoch, met))) return
		let isDone = true
		// The first epoch of all is no other one.
		for (const state of before === null ? [] : logs.all()) isDone = (await giveBackOf(state)) && isDone
		if (isDone) await records.put(askedRow, asked, { epoch: met })
	}

	return {
		image: async (conversation) => {
			const hash = await named(logs.known(conversation))
			if (hash === null) return notHere
			const kept = await keptImage(conversation, hash)
			return kept === null ? fetchImage(conversation, hash) : ok(kept)
		},
		bring: async (conversation, image) => {
			const id = textToId('conversation', conversation)
			if (id === null) return notHere
			if (image.length === 0 || image.length > PICTURE_MAX) return fail({ type: 'too-long', max: PICTURE_MAX })
			const { hash, sealed } = await sealPicture(crypto, id, image)
			const input = { conversation, picture: bytesToBase64url(pictureName(hash)), sealed: bytesToBase64url(sealed) }
			const answer = await http.call((api) => api.conversations.putPicture(input))
			if (!answer.ok) return fail(toKithError(answer.error))
			await records.put(row, at(conversation), { hash, sealed })
			return ok(hash)
		},
		giveBack,
	}
}
