/**
 * Links into groups and rooms: made and ended by members, opened by anybody who holds one, with nobody online. The secret stands
 * behind the # and reaches no server, but that of an open room, which the server hands to whoever asks (LNK2, docs/decisions).
 */
import { deriveLinkKeys, linkSecretLength, type LinkKeys } from '#crypto/link-keys.ts'
import { basedEntry, joinEntry, linkEntry, type LinkTerms } from '#crypto/membership-builder.ts'
import { base64urlToBytes, bytesToBase64url, compareBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText, serverIdOf, textToId } from '#protocol/ids.ts'
import { encodeLinkFragment, type LinkFragmentOf } from '#protocol/link.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { ConversationId, KithError, RoomPreview, RoomView } from './api.ts'
import { targetOf } from './box-targets.ts'
import type { ConversationContext } from './context.ts'
import { append, createEntryWriter } from './entry-writer.ts'
import { toKithError } from './http-errors.ts'
import { createLinkOpener } from './link-opener.ts'
import { createListingIntents, type ListingIntent } from './listing-intents.ts'
import { fragmentIn, friendFragment, parseFriendLink } from './links.ts'
import { toRoomPreview } from './room-preview.ts'
import type { WelcomeLinks } from './welcome-links.ts'

export interface RoomLinks {
	readonly create: (
		conversation: ConversationId,
		terms: LinkTerms,
	) => Promise<Result<{ url: string; link: string }, KithError>>
	readonly end: (conversation: ConversationId, link: string) => Promise<Result<null, KithError>>
	/** `open`: everybody may sign up here, and needs no invitation. */
	readonly createWelcome: (
		conversation: ConversationId,
		terms: { uses: number; days: number; open: boolean },
	) => Promise<Result<{ url: string; link: string; expiresAt: number }, KithError>>
	readonly preview: (url: string) => Promise<Result<RoomPreview, KithError>>
	readonly join: (url: string) => Promise<Result<ConversationId, KithError>>
	readonly directory: () => Promise<Result<readonly RoomView[], KithError>>
	/** Puts an open room into the directory, with a link of its own where it has none that lives. */
	readonly list: (
		conversation: ConversationId,
		shown: { name: string; topic: string },
	) => Promise<Result<null, KithError>>
	/** What was begun before a crash. */
	readonly finishListing: (state: ConversationState) => Promise<void>
	readonly joinOpen: (conversation: ConversationId) => Promise<Result<ConversationId, KithError>>
}

const day = 24 * 60 * 60_000
const forEver: LinkTerms = { role: 'member', expires: null, uses: null }
const badLink = fail<KithError>({ type: 'server', code: 'bad-link' })
/** What is needed to join may be renewed while it is read. */
const joinTries = 4

export function createRoomLinks(
	context: ConversationContext,
	{ origin, welcome }: { origin: string; welcome: WelcomeLinks },
): RoomLinks {
	const { crypto, self, http, logs, keyring, time, friends } = context
	const writer = createEntryWriter(context)
	const opener = createLinkOpener(context)
	const listings = createListingIntents(context.records)
	const server = serverIdOf(crypto.hash, self.serverKey)

	async function make(
		conversation: ConversationId,
		terms: LinkTerms,
		secret = crypto.random(linkSecretLength),
	): Promise<Result<{ secret: Bytes; keys: LinkKeys; state: ConversationState }, KithError>> {
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

	/** The room that a link leads to, checked as far as it can be without asking. */
	function placeOf(url: string) {
		const fragment = parseRoomLink(url)
		if (fragment === null) return fail<KithError>({ type: 'bad-link', reason: 'malformed' })
		if (!equalBytes(fragment.server, server)) return fail<KithError>({ type: 'bad-link', reason: 'other-server' })
		const { seq, hash16 } = fragment.head
		const isOnChain = ({ hashes }: ConversationState) =>
			hashes[seq] !== undefined && compareBytes(hashes[seq].slice(0, 16), hash16) === 0
		return ok({ conversation: idToText(fragment.conversation), secret: fragment.secret, isOnChain })
	}

	async function preview(url: string): Promise<Result<RoomPreview, KithError>> {
		const place = placeOf(url)
		if (!place.ok) return place
		const { conversation, secret, isOnChain } = place.value
		const keys = await deriveLinkKeys(crypto, secret)
		const opened = await opener(conversation, keys)
		if (!opened.ok) return opened
		const { state } = opened.value
		if (!isOnChain(state)) return fail({ type: 'bad-link', reason: 'log-forked' })
		return toRoomPreview(context, { ...opened.value, link: bytesToBase64url(keys.id) })
	}

	/** A place for each who may come by it, then the door itself; what the door does not take is given back. */
	async function createWelcome(
		conversation: ConversationId,
		{ uses, days, open: isOpen }: { uses: number; days: number; open: boolean },
	): Promise<Result<{ url: string; link: string; expiresAt: number }, KithError>> {
		const invite = isOpen ? null : await http.call((api) => api.invites.create({ uses, days }))
		if (invite !== null && !invite.ok) return fail(toKithError(invite.error))
		const expiresAt = time.now() + days * day
		const made = await make(conversation, { role: 'member', expires: expiresAt, uses })
		const link = made.ok ? bytesToBase64url(made.value.keys.id) : ''
		const kept = made.ok ? await welcome.keep(link) : made
		if (!made.ok || !kept.ok) {
			if (invite !== null) await http.call((api) => api.invites.revoke({ id: invite.value.id }))
			return made.ok ? (kept as Result<never, KithError>) : made
		}
		const friend = await friendFragment(context, { token: invite?.value.token ?? null, server })
		if (!friend.ok) return friend
		const room = urlOf(made.value.state.id, made.value.state, made.value.secret)
		return ok({ url: room.replace('#', `#${friend.value}.`), link, expiresAt })
	}

	/** The maker of a welcome link is asked for friendship; that we are in the room is not undone where that fails. */
	async function befriendMaker(url: string): Promise<void> {
		const link = parseFriendLink(url)
		const state = link === null ? null : friends.stateOf(idToText(link.idHash))
		if (link === null || equalBytes(link.idHash, self.idHash) || state === 'accepted' || state === 'outgoing') return
		await friends.request({ link })
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
			const opened = await opener(conversation, keys)
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

	/** Tried again only where no answer came: what was refused stays refused. */
	async function enlist(
		conversation: ConversationId,
		{ secret, name, topic }: ListingIntent,
	): Promise<Result<null, KithError>> {
		const made = await make(conversation, forEver, secret)
		const listed = made.ok ? await putListing(made.value.keys) : made
		if (listed.ok || listed.error.type !== 'offline') await listings.done(conversation)
		return listed

		async function putListing(keys: LinkKeys): Promise<Result<null, KithError>> {
			const entry = { conversation, name, topic, link: bytesToBase64url(keys.id), secret: bytesToBase64url(secret) }
			const answer = await http.call((api) => api.rooms.list(entry))
			return answer.ok ? ok(null) : fail(toKithError(answer.error))
		}
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
		createWelcome,
		preview,
		join: async (url) => {
			const place = placeOf(url)
			if (!place.ok) return place
			const { conversation, secret, isOnChain } = place.value
			const joined = await joinBy(conversation, secret, isOnChain)
			if (joined.ok) await befriendMaker(url)
			return joined
		},
		directory: async () => {
			const answer = await http.call((api) => api.rooms.directory())
			if (!answer.ok) return fail(toKithError(answer.error))
			return ok(answer.value.rooms.map(({ online = 0, ...room }) => ({ ...room, online })))
		},
		list: async (conversation, { name, topic }) => {
			const begun = await listings.of(conversation)
			const intent = { secret: begun?.secret ?? crypto.random(linkSecretLength), name, topic }
			await listings.keep(conversation, intent)
			return enlist(conversation, intent)
		},
		finishListing: async ({ id, kind }) => {
			const intent = kind === 'room-open' ? await listings.of(idToText(id)) : null
			if (intent !== null) await enlist(idToText(id), intent)
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
	return fragmentIn(url, 'room')
}
