/**
 * What a guest may: the one place that says so (SPEC GST). He reads open rooms as they stand in the directory, and of people what
 * it takes to verify the room's log; the names of those alone who have written there. There is nothing that he writes.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { isNamed } from '#protocol/conversation-lookups.ts'
import type { BlobPiece, Blobs } from './blobs.ts'
import type { PageAddress } from '#protocol/guid.ts'
import { padConversationId } from '#protocol/ids.ts'
import { ok } from '#protocol/result.ts'
import { signedLog, type SignedLog } from './account-bundle.ts'
import type { ConversationStates, AccountStates } from './domain.ts'
import type { ConversationHeads, PagesApi } from './events/api.ts'
import type { StoredItem } from './event-signals.ts'
import {
	createGuestSessions,
	type GuestAccess,
	type GuestSessions,
	type GuestSessionsContext,
} from './guest-sessions.ts'
import { createOpenAuthors, type OpenAuthors } from './open-authors.ts'
import { openListing, openRooms, type OpenRoom } from './rooms.ts'
import { refuse, type Decided } from './refusal.ts'

export interface GuestRoomLog {
	readonly log: SignedLog
	readonly cutLists: readonly Bytes[]
	/** By whose secret the newest key opens (LNK2). */
	readonly link: { readonly secret: Bytes; readonly epoch: number; readonly box: Bytes }
}

/** An account as a guest sees it: named only where it has written. */
export interface GuestAccount {
	readonly log: SignedLog
	readonly name: string | null
	readonly profile: Bytes | null
}

export interface GuestRoom {
	readonly conversation: Bytes
	readonly name: string
	readonly topic: string
}

type Reads<T> = Promise<Decided<T>>

/** Each reading is refused with not-found where there is nothing for guests, whatever there is; and with rate-limited. */
export interface Guests extends GuestSessions {
	/** Asked before anything of a conversation is given to a guest, and again when its log or the directory has changed. */
	mayRead(conversation: Bytes): Promise<boolean>
	rooms(access: GuestAccess): Reads<readonly GuestRoom[]>
	log(access: GuestAccess, conversation: Bytes, from: number): Reads<GuestRoomLog>
	account(access: GuestAccess, about: { conversation: Bytes; account: Bytes; from: number }): Reads<GuestAccount>
	heads(access: GuestAccess, conversation: Bytes, since: number): Reads<ConversationHeads>
	rows(access: GuestAccess, address: PageAddress): Reads<readonly StoredItem[]>
	blob(access: GuestAccess, about: { conversation: Bytes; blob: Bytes; from: number }): Reads<BlobPiece>
}

export interface GuestsContext extends GuestSessionsContext {
	readonly accountStates: AccountStates
	readonly conversationStates: ConversationStates
	readonly pages: PagesApi
	readonly blobs: Pick<Blobs, 'pieceOf'>
}

interface Context extends GuestsContext {
	readonly authors: OpenAuthors
}

export function createGuests(given: GuestsContext): Guests {
	const context: Context = { ...given, authors: createOpenAuthors(given) }
	const sessions = createGuestSessions(context)

	/** Runs for a guest who may read on, with the room that he may read. */
	async function reading<T>(
		{ sid }: GuestAccess,
		conversation: Bytes,
		read: (room: OpenRoom) => Reads<T>,
	): Promise<Decided<T>> {
		const more = await sessions.mayReadMore(sid)
		if (!more.ok) return more
		const room = await readableRoom(context, conversation)
		return room === null ? refuse('not-found') : read(room)
	}

	return {
		...sessions,
		mayRead: async (conversation) => (await readableRoom(context, conversation)) !== null,
		rooms: async ({ sid }) => {
			const more = await sessions.mayReadMore(sid)
			if (!more.ok) return more
			const open = (await openRooms(context)).filter(isForGuests)
			return ok(open.map(({ listing: { conversation, name, topic } }) => ({ conversation, name, topic })))
		},
		log: (access, conversation, from) => reading(access, conversation, (room) => roomLog(context, room, from)),
		account: (access, about) => reading(access, about.conversation, (room) => accountIn(context, room, about)),
		heads: (access, conversation, since) =>
			reading(access, conversation, async () => ok(await context.pages.headsOf(conversation, since))),
		rows: (access, address) =>
			reading(access, address.conversation, async () => {
				const rows = await context.pages.rowsOf(address)
				return rows === null ? refuse('not-found') : ok(rows)
			}),
		blob: (access, about) => reading(access, about.conversation, () => context.blobs.pieceOf(about)),
	}
}

/** The directory's rooms are open ones already: whoever lists another is refused. Asked here too, for what a guest may is said here. */
function isForGuests({ state }: OpenRoom): boolean {
	return state.kind === 'room-open'
}

/** Null where guests do not read now: no open room, archived, or out of the directory. */
async function readableRoom(context: Context, conversation: Bytes): Promise<OpenRoom | null> {
	const room = context.policy.guests ? await openListing(context, conversation) : null
	return room !== null && isForGuests(room) ? room : null
}

async function roomLog(
	{ repositories, instance }: Context,
	{ state, listing }: OpenRoom,
	from: number,
): Promise<Decided<GuestRoomLog>> {
	const stored = await repositories.conversations.entries(state.id, from)
	// The log may have grown since the state was read: entries beyond its head have no signature over them yet.
	const entries = stored.slice(0, Math.max(0, state.head.seq + 1 - from))
	const head = instance.signHead({ subject: padConversationId(state.id), ...state.head })
	const lists = await repositories.cutLists.of(state.id)
	const box = await repositories.rooms.linkBox(state.id, listing.link)
	if (box === null) throw new Error('a link without a box')
	const link = { secret: listing.secret, epoch: box.epoch, box: box.box }
	return ok({ log: { from, entries, head }, cutLists: lists.map(({ list }) => list), link })
}

async function accountIn(
	context: Context,
	{ state }: OpenRoom,
	{ account, from }: { account: Bytes; from: number },
): Promise<Decided<GuestAccount>> {
	const { repositories, accountStates, authors } = context
	const [person, known] = await Promise.all([repositories.accounts.byId(account), accountStates.get(account)])
	if (person === null || known === null || !isNamed(state, account)) return refuse('not-found')
	const log = await signedLog(context, account, from)
	if (!(await authors.has(state.id, known))) return ok({ log, name: null, profile: null })
	return ok({ log, name: person.name, profile: await repositories.accounts.profile(account) })
}
