/**
 * Links into groups and rooms: made and ended by members, opened by anybody who holds one, with nobody online. The secret stands
 * behind the # and reaches no server, but that of an open room, which the server hands to whoever asks (LNK2, docs/decisions).
 */
import { openLinkBox } from '#crypto/boxes.ts'
import type { EpochKey } from '#crypto/epoch.ts'
import { deriveLinkKeys, linkSecretLength, type LinkKeys } from '#crypto/link-keys.ts'
import { basedEntry, joinEntry, linkEntry, type LinkTerms } from '#crypto/membership-builder.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import { boxCodec } from '#protocol/box.ts'
import { base64urlToBytes, bytesToBase64url, compareBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText, serverIdOf, textToId } from '#protocol/ids.ts'
import { decodeLinkFragment, encodeLinkFragment, type LinkFragmentOf } from '#protocol/link.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { ConversationId, KithError, RoomView } from './api.ts'
import { targetOf } from './box-targets.ts'
import type { ConversationContext } from './context.ts'
import { append, createEntryWriter } from './entry-writer.ts'
import { toKithError } from './http-errors.ts'

export interface RoomLinks {
	readonly create: (
		conversation: ConversationId,
		terms: LinkTerms,
	) => Promise<Result<{ url: string; link: string }, KithError>>
	readonly end: (conversation: ConversationId, link: string) => Promise<Result<null, KithError>>
	readonly join: (url: string) => Promise<Result<ConversationId, KithError>>
	readonly directory: () => Promise<Result<readonly RoomView[], KithError>>
	/** Puts an open room into the directory, with a link of its own where it has none that lives. */
	readonly list: (
		conversation: ConversationId,
		shown: { name: string; topic: string },
	) => Promise<Result<null, KithError>>
	readonly joinOpen: (conversation: ConversationId) => Promise<Result<ConversationId, KithError>>
}

const forEver: LinkTerms = { role: 'member', expires: null, uses: null }
const badLink = fail<KithError>({ type: 'server', code: 'bad-link' })
/** What is needed to join may be renewed while it is read. */
const joinTries = 4

export function createRoomLinks(context: ConversationContext, origin: string): RoomLinks {
	const { crypto, self, http, logs, keyring, time } = context
	const writer = createEntryWriter(context)
	const server = serverIdOf(crypto.hash, self.serverKey)

	async function make(
		conversation: ConversationId,
		terms: LinkTerms,
	): Promise<Result<{ secret: Bytes; keys: LinkKeys; state: ConversationState }, KithError>> {
		const secret = crypto.random(linkSecretLength)
		const keys = await deriveLinkKeys(crypto, secret)
		const id = bytesToBase64url(keys.id)
		const written = await writer.write(conversation, async ({ state, at }) => {
			if (state.links.has(id)) return ok(null)
			const key = await keyring.secret(conversation, state.epochs.length)
			if (key === null) return fail({ type: 'not-here' })
			return ok({ ...(await linkEntry(crypto, at, { keys, key, terms })), linkKey: keys.kem.publicKey })
		})
		return written.ok ? ok({ secret, keys, state: written.value }) : written
	}

	function urlOf(conversation: Bytes, { head }: ConversationState, secret: Bytes): string {
		const short = { seq: head.seq, hash16: head.hash.slice(0, 16) }
		return `${origin}/i#${encodeLinkFragment({ type: 'room', server, conversation, head: short, secret })}`
	}

	/** Log and newest key, for who proves the link's key; believed as far as they verify. */
	async function open(
		conversation: ConversationId,
		keys: LinkKeys,
	): Promise<Result<{ state: ConversationState; key: EpochKey }, KithError>> {
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

	async function joinBy(
		conversation: ConversationId,
		secret: Bytes,
		isExpected: (state: ConversationState) => boolean,
	): Promise<Result<ConversationId, KithError>> {
		const known = logs.known(conversation)
		if (known?.members.has(self.account) === true) return ok(conversation)
		const keys = await deriveLinkKeys(crypto, secret)
		let last: Result<ConversationId, KithError> = badLink
		for (let attempt = 0; attempt < joinTries; attempt++) {
			const opened = await open(conversation, keys)
			if (!opened.ok) return opened
			const { state, key } = opened.value
			if (!isExpected(state)) return fail({ type: 'bad-link', reason: 'log-forked' })
			const me = await targetOf(context, self.account, true)
			if (!me.ok) return me
			const author = { idHash: self.idHash, device: self.keys, now: time.now() }
			// The base is where this key was the newest: a rotate that is sequenced meanwhile takes nothing from the join.
			const base = state.epochs[key.n]?.seq ?? state.head.seq + 1
			const head = { seq: base - 1, hash: state.hashes[base - 1] as Bytes }
			const joined = await append(
				context,
				conversation,
				await joinEntry(crypto, { author, head }, { keys, key, self: me.value }),
			)
			if (joined.ok) {
				const synced = await logs.sync(conversation)
				return synced.ok ? ok(conversation) : synced
			}
			last = joined
			const code = joined.error.type === 'server' ? joined.error.code : null
			if (code !== 'stale-head' && code !== 'bad-link') return joined
		}
		return last
	}

	async function end(conversation: ConversationId, link: string): Promise<Result<null, KithError>> {
		const id = textToId('link', link)
		if (id === null) return fail({ type: 'not-here' })
		const written = await writer.write(conversation, async ({ state, at }) =>
			ok(state.links.has(link) ? await basedEntry(crypto, at, { type: 'linkEnd', links: [id] }) : null),
		)
		return written.ok ? ok(null) : written
	}

	return {
		create: async (conversation, terms) => {
			const made = await make(conversation, terms)
			if (!made.ok) return made
			const { secret, keys, state } = made.value
			return ok({ url: urlOf(state.id, state, secret), link: bytesToBase64url(keys.id) })
		},
		end,
		join: async (url) => {
			const fragment = parseRoomLink(url)
			if (fragment === null) return fail({ type: 'bad-link', reason: 'malformed' })
			if (!equalBytes(fragment.server, server)) return fail({ type: 'bad-link', reason: 'other-server' })
			const { seq, hash16 } = fragment.head
			const isOnChain = ({ hashes }: ConversationState) =>
				hashes[seq] !== undefined && compareBytes(hashes[seq].slice(0, 16), hash16) === 0
			return joinBy(idToText(fragment.conversation), fragment.secret, isOnChain)
		},
		directory: async () => {
			const answer = await http.call((api) => api.rooms.directory())
			return answer.ok ? ok(answer.value.rooms) : fail(toKithError(answer.error))
		},
		list: async (conversation, { name, topic }) => {
			const made = await make(conversation, forEver)
			if (!made.ok) return made
			const { secret, keys } = made.value
			const entry = { conversation, name, topic, link: bytesToBase64url(keys.id), secret: bytesToBase64url(secret) }
			const answer = await http.call((api) => api.rooms.list(entry))
			return answer.ok ? ok(null) : fail(toKithError(answer.error))
		},
		joinOpen: async (conversation) => {
			const answer = await http.call((api) => api.rooms.enter({ conversation }))
			if (!answer.ok) return fail(toKithError(answer.error))
			const secret = base64urlToBytes(answer.value.secret)
			return secret?.length === linkSecretLength ? joinBy(conversation, secret, () => true) : badLink
		},
	}
}

/** From a whole URL or its fragment. */
export function parseRoomLink(url: string): LinkFragmentOf<'room'> | null {
	const fragment = decodeLinkFragment(url.slice(url.lastIndexOf('#') + 1))
	return fragment?.type === 'room' ? fragment : null
}
