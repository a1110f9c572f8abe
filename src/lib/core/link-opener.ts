/** Log and newest key of a conversation, for who proves the key of a link to it; believed as far as they verify (SPEC LNK3). */
import { openLinkBox } from '#crypto/boxes.ts'
import type { EpochKey } from '#crypto/epoch.ts'
import type { LinkKeys } from '#crypto/link-keys.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import { boxCodec } from '#protocol/box.ts'
import { base64urlToBytes, bytesToBase64url } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { serverIdOf, textToId } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { ConversationId, KithError } from './api.ts'
import type { ConversationContext } from './context.ts'
import { toKithError } from './http-errors.ts'

export interface OpenedRoom {
	readonly state: ConversationState
	readonly key: EpochKey
}

export type LinkOpener = (conversation: ConversationId, keys: LinkKeys) => Promise<Result<OpenedRoom, KithError>>

export function createLinkOpener({ crypto, self, http, logs }: ConversationContext): LinkOpener {
	const server = serverIdOf(crypto.hash, self.serverKey)

	async function keyIn(state: ConversationState, keys: LinkKeys, given: { epoch: number; box: string }) {
		const raw = base64urlToBytes(given.box)
		const box = raw === null ? null : decode(boxCodec, raw)
		const commit = state.epochs[given.epoch - 1]?.commit
		if (box?.ok !== true || commit === undefined) return null
		const by = { link: keys.id, seed: keys.kem.seed }
		const boxed = { conversation: state.id, n: given.epoch, commit, box: box.value }
		const opened = await openLinkBox(crypto, by, boxed)
		return opened.ok ? opened.value : null
	}

	return async (conversation, keys) => {
		const nonce = await http.call((api) => api.rooms.linkNonce())
		if (!nonce.ok) return fail(toKithError(nonce.error))
		const serverNonce = base64urlToBytes(nonce.value.serverNonce)
		const id = textToId('conversation', conversation)
		if (serverNonce?.length !== 32 || id === null) return fail({ type: 'not-verified', what: 'server' })
		const clientNonce = crypto.random(32)
		const linkKey = keys.signing.publicKey
		const body = encodeAuthBody({ use: 'link', server, conversation: id, linkKey, clientNonce, serverNonce })
		const signature = bytesToBase64url(await keys.signing.sign('auth', body))
		const answer = await http.call((api) =>
			api.rooms.openLink({
				...{ conversation, linkKey: bytesToBase64url(linkKey), signature },
				...{ clientNonce: bytesToBase64url(clientNonce), serverNonce: nonce.value.serverNonce },
			}),
		)
		if (!answer.ok) return fail(toKithError(answer.error))
		const { log, epoch, box } = answer.value
		const state = await logs.preview(conversation, log)
		const key = state === null ? null : await keyIn(state, keys, { epoch, box })
		return state === null || key === null ? fail({ type: 'not-verified', what: 'server' }) : ok({ state, key })
	}
}
