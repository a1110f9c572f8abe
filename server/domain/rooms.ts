/**
 * Doors of groups and rooms: links that open with nobody online, the directory of open rooms, and knocking. Whoever is not in
 * a conversation learns that it exists by a key to it, by the directory, or not at all.
 */
import { encodeAuthBody } from '#protocol/auth.ts'
import { base64urlToBytes, bytesToBase64url, bytesToHex, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { canAdminister, roleOf } from '#protocol/conversation-case.ts'
import { isArchivedAt, isNamed } from '#protocol/conversation-lookups.ts'
import { isUsable } from '#protocol/conversation-member-rules.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { linkIdOf, padConversationId } from '#protocol/ids.ts'
import { ok } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import type { SignedLog } from './account-bundle.ts'
import type { ConversationsContext } from './conversations.ts'
import type { Access } from './domain.ts'
import type { Online } from './online.ts'
import type { RoomListing } from './ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

export interface LinkProof {
	readonly conversation: Bytes
	/** Ed25519 key of the link. */
	readonly linkKey: Bytes
	readonly clientNonce: Bytes
	readonly serverNonce: Bytes
	readonly signature: Bytes
}

export interface OpenedLink {
	readonly log: SignedLog
	readonly epoch: number
	/** EK_epoch sealed to the link. */
	readonly box: Bytes
}

export interface Rooms {
	/** What a proof of a link's key is signed over: once, for a minute. */
	nonce(access: Access): Promise<Decided<Bytes>>
	/** Refused: bad-link, rate-limited. */
	open(access: Access, proof: LinkProof): Promise<Decided<OpenedLink>>
	/** `online`: how many of the members, without those who hide it. */
	directory(): Promise<readonly { listing: RoomListing; members: number; online: number }[]>
	/** Puts an open room into the directory, or changes how it stands there. Refused: not-found, forbidden. */
	list(access: Access, listing: RoomListing): Promise<Decided<null>>
	/** The secret of an open room's link. Refused: not-found. */
	secret(conversation: Bytes): Promise<Decided<Bytes>>
	/** The answer is the same whatever there is. Refused: rate-limited. */
	knock(access: Access, conversation: Bytes): Promise<Decided<null>>
	/** Refused: not-found, forbidden. */
	knocks(access: Access, conversation: Bytes): Promise<Decided<readonly { account: Bytes; at: number }[]>>
	dropKnock(access: Access, conversation: Bytes, account: Bytes): Promise<Decided<null>>
}

const nonceLifetime = 60_000
/** How long the holder of a link may read the logs of those in the room, to verify whom he joins. */
const visitLifetime = 10 * 60_000

interface Context extends ConversationsContext {
	readonly online: Online
}

export function createRooms(context: Context): Rooms {
	return {
		nonce: (access) => drawNonce(context, access),
		open: (access, proof) => open(context, access, proof),
		directory: () => directory(context),
		list: (access, listing) => list(context, access, listing),
		secret: async (conversation) => {
			const listing = await openListing(context, conversation)
			return listing === null ? refuse('not-found') : ok(listing.listing.secret)
		},
		knock: (access, conversation) => knock(context, access, conversation),
		knocks: async (access, conversation) => {
			const state = await administered(context, access, conversation)
			return state.ok ? ok(await context.repositories.rooms.knocks(conversation)) : state
		},
		dropKnock: async (access, conversation, account) => {
			const state = await administered(context, access, conversation)
			if (!state.ok) return state
			await context.unitOfWork.transaction(async ({ rooms }, afterCommit) => {
				await rooms.dropKnock(conversation, account)
				afterCommit(() => tellAdmins(context, state.value))
			})
			return ok(null)
		},
	}
}

const nonceKey = ({ hash }: Context, sid: string, nonce: Bytes) => `link-nonce:${sid}:${bytesToHex(hash(nonce))}`

async function drawNonce(context: Context, { account, sid }: Access): Promise<Decided<Bytes>> {
	const limited = await withinLimit(context, 'linkByAccount', account)
	if (!limited.ok) return limited
	const nonce = context.random(32)
	await context.ephemeral.put(nonceKey(context, sid, nonce), '', nonceLifetime)
	return ok(nonce)
}

async function open(context: Context, access: Access, proof: LinkProof): Promise<Decided<OpenedLink>> {
	const limited = await withinLimit(context, 'linkByAccount', access.account)
	if (!limited.ok) return limited
	const isFresh = (await context.ephemeral.take(nonceKey(context, access.sid, proof.serverNonce))) !== null
	if (!isFresh || !(await isProven(context, proof))) return refuse('bad-link')
	const state = await context.conversationStates.get(proof.conversation)
	const id = linkIdOf(context.hash, proof.linkKey)
	const link = state?.links.get(bytesToBase64url(id))
	if (state === null || link === undefined || !isUsable(link, context.clock())) return refuse('bad-link')
	const box = await context.repositories.rooms.linkBox(state.id, id)
	if (box === null) throw new Error('a link without a box')
	await context.ephemeral.put(visitKey(access.account), bytesToBase64url(state.id), visitLifetime)
	const entries = (await context.repositories.conversations.entries(state.id, 0)).slice(0, state.head.seq + 1)
	const head = context.instance.signHead({ subject: padConversationId(state.id), ...state.head })
	return ok({ log: { from: 0, entries, head }, epoch: box.epoch, box: box.box })
}

async function isProven(context: Context, proof: LinkProof): Promise<boolean> {
	const { conversation, linkKey, clientNonce, serverNonce, signature } = proof
	const server = context.instance.serverId
	const body = encodeAuthBody({ use: 'link', server, conversation, linkKey, clientNonce, serverNonce })
	const [valid] = await context.verify([claimOver(context.hash, 'auth', { key: linkKey, body, signature })])
	return valid === true
}

const visitKey = (account: Bytes) => `link-visit:${bytesToBase64url(account)}`

/** An open room as the directory has it now. */
export interface OpenRoom {
	readonly listing: RoomListing
	readonly state: ConversationState
}

type OpenRoomContext = Pick<Context, 'repositories' | 'conversationStates' | 'clock'>

/** Null when it is not open to join now: archived, or its link has ended. */
export async function openListing(
	{ repositories, conversationStates, clock }: OpenRoomContext,
	conversation: Bytes,
): Promise<OpenRoom | null> {
	const listing = await repositories.rooms.listing(conversation)
	const state = listing === null ? null : await conversationStates.get(conversation)
	if (listing === null || state === null || isArchivedAt(state, state.head.seq)) return null
	const link = state.links.get(bytesToBase64url(listing.link))
	return link !== undefined && isUsable(link, clock()) ? { listing, state } : null
}

/** All of them. */
export async function openRooms(context: OpenRoomContext): Promise<OpenRoom[]> {
	const listings = await context.repositories.rooms.listings()
	const open = await Promise.all(listings.map(({ conversation }) => openListing(context, conversation)))
	return open.filter((room) => room !== null)
}

async function directory(context: Context) {
	return Promise.all(
		(await openRooms(context)).map(async ({ listing, state }) => {
			const { online } = await context.online.among(state)
			return { listing, members: state.members.size, online: online.length }
		}),
	)
}

async function list(context: Context, access: Access, listing: RoomListing): Promise<Decided<null>> {
	const limited = await withinLimit(context, 'writeByAccount', access.account)
	if (!limited.ok) return limited
	const state = await administered(context, access, listing.conversation)
	if (!state.ok) return state
	const isLive = state.value.links.has(bytesToBase64url(listing.link))
	if (state.value.kind !== 'room-open' || !isLive) return refuse('forbidden')
	await context.unitOfWork.transaction(async ({ rooms }, afterCommit) => {
		await rooms.putListing(listing)
		const conversation = bytesToBase64url(listing.conversation)
		afterCommit(() => context.cluster.publish('room-listed', { conversation }))
	})
	return ok(null)
}

async function knock(context: Context, { account }: Access, conversation: Bytes): Promise<Decided<null>> {
	const limited = await withinLimit(context, 'knockByAccount', account)
	if (!limited.ok) return limited
	const state = await context.conversationStates.get(conversation)
	const isHeard =
		state?.policy.knock === 'yes' && roleOf(state, account) === null && !state.removed.has(bytesToBase64url(account))
	if (!isHeard || isArchivedAt(state, state.head.seq)) return ok(null)
	await context.unitOfWork.transaction(async ({ rooms }, afterCommit) => {
		await rooms.knock(conversation, account, context.clock())
		afterCommit(() => tellAdmins(context, state))
	})
	return ok(null)
}

/** Somebody knocked, or was turned away: all their devices ask who waits now. */
function tellAdmins({ cluster }: Context, { id, members }: ConversationState): void {
	const accounts = [...members].filter(([, { role }]) => canAdminister(role)).map(([key]) => key)
	cluster.publish('conversation-boxes', { conversation: bytesToBase64url(id), accounts })
}

/** Of an owner or admin. Refused: not-found to who is no member, forbidden. */
async function administered(
	{ conversationStates }: Context,
	{ account }: Access,
	conversation: Bytes,
): Promise<Decided<ConversationState>> {
	const state = await conversationStates.get(conversation)
	const role = state === null ? null : roleOf(state, account)
	if (state === null || role === null) return refuse('not-found')
	return canAdminister(role) ? ok(state) : refuse('forbidden')
}

/**
 * May `viewer` see the log of an account with which he shares no conversation now? It stands in the log of one that he is in, or to
 * which he proved the key of a link a moment ago, or it knocks where he opens the door.
 */
export function seenInRooms(context: ConversationsContext): (viewer: Bytes, account: Bytes) => Promise<boolean> {
	return async (viewer, account) => {
		const visited = base64urlToBytes((await context.ephemeral.get(visitKey(viewer))) ?? '')
		const own = await context.repositories.conversations.of(viewer)
		for (const conversation of visited?.length === 16 ? [visited, ...own] : own) {
			const state = await context.conversationStates.get(conversation)
			if (state === null) continue
			if (isNamed(state, account) || (await isKnocking(context, { state, viewer, account }))) return true
		}
		return false
	}
}

async function isKnocking(
	{ repositories }: ConversationsContext,
	{ state, viewer, account }: { state: ConversationState; viewer: Bytes; account: Bytes },
): Promise<boolean> {
	if (state.policy.knock !== 'yes' || !canAdminister(roleOf(state, viewer))) return false
	return (await repositories.rooms.knocks(state.id)).some((knocking) => equalBytes(knocking.account, account))
}
