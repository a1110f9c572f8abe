/** One open room as a guest reads it: its log is verified, its keys come by the room's secret, its pages as for anybody. */
import { openLinkBox } from '#crypto/boxes.ts'
import { deriveLinkKeys, linkSecretLength } from '#crypto/link-keys.ts'
import { boxCodec } from '#protocol/box.ts'
import { base64urlToBytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { parseGuid } from '#protocol/guid.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { idToText } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { AccountId, ConversationId, ConversationView, HistoryAt, HistoryView, KithError } from './api.ts'
import type { ConversationContext } from './context.ts'
import { createConversation, type Conversation } from './conversation.ts'
import { toConversationView, toHistoryView, type People } from './conversation-views.ts'
import type { Files } from './files.ts'
import { createGuestContext, type GuestGround } from './guest-context.ts'
import { guestHttp, type GuestLink } from './guest-http.ts'

export interface GuestRoom {
	/** Log and keys from the server. Refused: not-found, where it is not for guests. */
	readonly sync: () => Promise<Result<null, KithError>>
	/** Logs and keys are here, and so is the connection: its pages are read and followed. */
	readonly online: () => void
	readonly hub: (message: HubFromServer) => void
	readonly view: () => Promise<ConversationView | null>
	readonly history: (at: HistoryAt) => Promise<HistoryView | null>
	readonly fileOf: Conversation['fileOf']
	readonly files: Files
	readonly close: () => void
}

export interface GuestRoomInput {
	readonly id: ConversationId
	readonly ground: GuestGround
	readonly http: HttpClient
	/** The server shows it to guests no more. */
	readonly closed: () => void
}

/** A box of the newest key may come a moment after the key, ms; and a room that was taken out of the directory comes back. */
const syncAgain = 3_000

export async function createGuestRoom({ id, ground, http, closed }: GuestRoomInput): Promise<GuestRoom> {
	let link: GuestLink | null = null
	const ofRoom = guestHttp(http, id, (given) => (link = given))
	const { context, end } = await createGuestContext(ground, ofRoom)
	const { logs, accounts, views, timers, connection, failed } = context
	const conversation = createConversation(id, context, {
		askStream: () => Promise.resolve(null),
		grew: () => undefined,
	})
	await conversation.restore()
	const people: People = {
		...{ self: context.self, person: accounts.person, friend: () => null, now: context.time.now },
		muted: () => null,
		arranged: context.arrangements,
		...{ operates: () => false, hash: context.crypto.hash },
		accounts: (idHash) => accounts.known(idToText(idHash)),
	}
	const trouble = (error: unknown) => failed('guest-room', error)
	const named = createNaming(context)
	let isUp = false
	let cancelAgain = () => {}

	/** False while the newest key is not here. */
	async function takeKey(state: ConversationState): Promise<boolean> {
		const secret = link === null ? null : base64urlToBytes(link.secret)
		const raw = link === null ? null : base64urlToBytes(link.box)
		const box = raw === null ? null : decode(boxCodec, raw)
		const n = link?.epoch ?? 0
		const commit = state.epochs[n - 1]?.commit
		if (secret?.length !== linkSecretLength || box?.ok !== true || commit === undefined) return false
		const keys = await deriveLinkKeys(context.crypto, secret)
		const by = { link: keys.id, seed: keys.kem.seed }
		const opened = await openLinkBox(context.crypto, by, { conversation: state.id, n, commit, box: box.value })
		if (opened.ok && (await context.keyring.adopt(state, opened.value))) await conversation.logChanged()
		return opened.ok && n === state.epochs.length
	}

	async function sync(): Promise<Result<null, KithError>> {
		const synced = await logs.sync(id)
		if (!synced.ok) return synced
		const isNewest = await takeKey(synced.value)
		if (!isNewest) later()
		const hasKey = (await context.keyring.keys(id, link?.epoch ?? 0)) !== null
		return hasKey ? ok(null) : fail({ type: 'not-verified', what: 'server' })
	}

	function later(): void {
		cancelAgain()
		cancelAgain = timers.after(syncAgain, () => void again().catch(trouble))
	}

	/** Cut off, or without the newest key: once more, and where the room is not for guests any more that is the end. */
	async function again(): Promise<void> {
		const synced = await sync()
		if (!synced.ok && synced.error.type === 'server' && synced.error.code === 'not-found') return closed()
		if (synced.ok && !isUp) online()
	}

	function online(): void {
		isUp = true
		conversation.online()
	}

	function cut(): void {
		if (!isUp) return
		isUp = false
		conversation.parted()
		later()
	}

	async function pushed(message: Extract<HubFromServer, { t: 'conversation' }>): Promise<void> {
		const before = logs.known(id)
		const state = await logs.take(id, message)
		// A new epoch brings a box, a cut its list; a push carries neither.
		const isBeside = state?.epochs.length !== before?.epochs.length || state?.cuts.length !== before?.cuts.length
		if (state?.head.seq === before?.head.seq || isBeside) await sync()
	}

	const stop = [
		logs.onChange(() => void conversation.logChanged().catch(trouble)),
		accounts.onChange(() => void conversation.logChanged().catch(trouble)),
		connection.listen({ status: ({ type }) => (type === 'online' ? undefined : (isUp = false)) }),
	]

	return {
		sync,
		online,
		hub: (message) => {
			if (message.t === 'conversation' && message.conversation === id) void pushed(message).catch(trouble)
			if (message.t === 'closed' && message.code === 'not-found' && isOf(message.guid, id)) cut()
			if (message.t === 'error' && message.code === 'not-found' && message.about === id) cut()
		},
		view: async () => {
			const view = toConversationView(id, await conversation.snapshot(), people)
			if (view === null) return null
			named.look(view.messages)
			return { ...view, people: named.people(), writable: { type: 'no', why: 'guest' } }
		},
		fileOf: conversation.fileOf,
		files: context.files,
		history: async (at) => {
			const run = await conversation.run(at)
			if (run === null) return null
			const history = toHistoryView(at, run, await conversation.snapshot(run), people)
			named.look(history.messages)
			return history
		},
		close: () => {
			context.files.close()
			cancelAgain()
			for (const one of stop) one()
			conversation.close()
			end()
			views.changed('conversation', id)
		},
	}

	function createNaming({ accounts, logs }: ConversationContext) {
		/** By author, the message for which the name was asked for. */
		const asked = new Map<AccountId, string>()
		return {
			/** Those who have a name here: who wrote something. */
			people: () => [...(logs.known(id)?.roles.keys() ?? [])].map(accounts.person).filter(({ name }) => name !== ''),
			/** Who writes for the first time gets a name from now on. */
			look: (messages: ConversationView['messages']) => {
				for (const { author, key } of messages) {
					if (accounts.person(author).name !== '' || asked.get(author) === key) continue
					asked.set(author, key)
					void accounts.refresh(author).catch(trouble)
				}
			},
		}
	}
}

function isOf(guid: string, id: ConversationId): boolean {
	const address = parseGuid(guid)
	return address !== null && idToText(address.conversation) === id
}
