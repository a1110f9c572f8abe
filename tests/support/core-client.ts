/**
 * The conversation half of a client, wired as signed-in.ts does it, over a real connection to the server's end of the line
 * (server-end.ts), memory that survives a restart, and an HTTP whose answers a test gives.
 */
import { onTestFinished, vi } from 'vitest'
import type { ConversationView, FriendState, MessageView } from '#core/api.ts'
import { createAccounts } from '#core/accounts.ts'
import type { ConversationContext } from '#core/context.ts'
import { createConversationLogs } from '#core/conversation-logs.ts'
import { createConversations } from '#core/conversations.ts'
import { createEpochKeyring } from '#core/epoch-keys.ts'
import { createEventStore } from '#core/event-store.ts'
import { createForks } from '#core/forks.ts'
import { createHybridClock } from '#core/hybrid-clock.ts'
import type { CheckHead, Self } from '#core/identity.ts'
import { createFiles } from '#core/files.ts'
import { memoryShelf } from '#core/memory-shelf.ts'
import { createOutbox } from '#core/outbox.ts'
import { createPeers } from '#core/peers/peers.ts'
import { createPins, type Pin } from '#core/pins.ts'
import { createRecords, type Records } from '#core/records.ts'
import { createSealing } from '#core/sealing.ts'
import { createServerTime } from '#core/server-time.ts'
import { createStorageWrap, importStorageKey } from '#crypto/storage-wrap.ts'
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { pageDigest } from '#protocol/digest.ts'
import { ciphertextHash, decodeItem, encodeHead, eventHash, eventIdOf } from '#protocol/envelope.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { headClaim } from '#protocol/head.ts'
import { idToText } from '#protocol/ids.ts'
import { EPOCH_DUE_EVENTS } from '#protocol/limits.ts'
import { encodeUpdate, inUpdateOrder, type PageItem } from '#protocol/page-codec.ts'
import { fail, ok } from '#protocol/result.ts'
import { createMemoryDatabase, openMemoryStorage, type MemoryDatabase } from '#store/memory-storage.ts'
import { StorageError, type Storage } from '#store/storage.ts'
import { createChannels } from '#sync/channels.ts'
import { createConnection } from '#sync/connection.ts'
import type { CallError, HttpClient } from '#sync/http-client.ts'
import type { CoreActor, CoreDirect, CorePeople } from './core-people.ts'
import { fakeTime, settle } from './fake-timers.ts'
import { ServerEnd } from './server-end.ts'

/** What has not come by then will not come, ms of the real clock: WebCrypto works in threads of its own. */
const patience = 10_000

/** Looks again after every turn of the event loop, until it holds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what = 'what was awaited'): Promise<void> {
	const until = process.hrtime.bigint() + BigInt(patience) * 1_000_000n
	while (process.hrtime.bigint() < until) {
		if (await holds()) return
		await settle()
	}
	throw new Error(`it did not come to ${what}`)
}

/** A server that refuses a call: thrown by an answer of `fakeHttp`. */
export class Refused extends Error {
	readonly error: CallError
	constructor(code: WireErrorCode | 'offline') {
		super(code)
		this.error = code === 'offline' ? { type: 'offline' } : { type: 'problem', code }
	}
}

export type Answers = Record<string, (input: never) => unknown>

/** Answers by `room.call`; what has no answer is offline. */
export function fakeHttp(
	answers: Answers,
): HttpClient & { readonly calls: { readonly name: string; readonly input: unknown }[] } {
	const calls: { name: string; input: unknown }[] = []
	const room = (name: string) =>
		new Proxy(
			{},
			{
				get: (_, call: string) => async (input: unknown) => {
					calls.push({ name: `${name}.${call}`, input })
					const answer = answers[`${name}.${call}`]
					if (answer === undefined) throw new Refused('offline')
					return answer(input as never)
				},
			},
		)
	const api = new Proxy({}, { get: (_, name: string) => room(name) })
	return {
		calls,
		transfer: async () => fail({ type: 'offline' }),
		call: async (ask) => {
			try {
				return ok(await ask(api as never))
			} catch (error) {
				if (error instanceof Refused) return fail(error.error)
				throw error
			}
		},
	}
}

/** Rows as they lie on disk, under the device's storage key; opened again they play a restart. */
export async function memoryDevice({ crypto }: CorePeople) {
	const database: MemoryDatabase = createMemoryDatabase()
	const wrap = createStorageWrap(crypto, await importStorageKey(crypto, crypto.random(32)))
	return { wrap, open: () => openMemoryStorage(database) }
}

export type MemoryDevice = Awaited<ReturnType<typeof memoryDevice>>

/** From the `writes`-th write on the process is gone: nothing is written or read any more. */
export function dyingStorage(storage: Storage, writes: number): Storage & { readonly isDead: () => boolean } {
	let left = writes
	const dead = () => left < 0
	return {
		...storage,
		generation: storage.generation,
		transaction: (mode, stores, run) => {
			if (mode !== 'read') left--
			return dead() ? Promise.reject(new StorageError('closed')) : storage.transaction(mode, stores, run)
		},
		close: () => storage.close(),
		destroy: () => storage.destroy(),
		isDead: dead,
	}
}

export function selfOf(people: CorePeople, { idHash, id, device, plaintext }: CoreActor): Self {
	return {
		...{ account: id, idHash, device: idToText(device.deviceId), deviceId: device.deviceId, keys: device },
		isGuest: false,
		accountKey: (g) => plaintext.accountKeys[g] ?? null,
		serverKey: people.serverKey,
	}
}

export function headCheck({ crypto, serverKey }: CorePeople): CheckHead {
	return async (head, subject) =>
		equalBytes(head.subject, subject) && (await crypto.verify([headClaim(crypto.hash, head, serverKey)]))[0] === true
}

/** Of a device that knows the server by its key. */
export function forksOf({ crypto, serverKey }: CorePeople, records: Records) {
	return createForks({ records, crypto, serverKey, now: () => 7 })
}

/** eventIds as the server would compute them, for the devices of these people. */
export function serverEnd(people: CorePeople, actors: readonly CoreActor[], talk: CoreDirect): ServerEnd {
	const { hash } = people.crypto
	const eventIdOfItem = (item: PageItem): string => {
		const decoded = decodeItem(item.content)
		if (!decoded.ok) return ''
		const author = actors.find(({ device }) => equalBytes(device.deviceId, decoded.value.head.deviceId)) ?? actors[0]
		const ctHash = ciphertextHash(hash, decoded.value)
		const hashed = {
			convId: talk.made.conversation,
			idHash: author?.idHash as Bytes,
			head: encodeHead(decoded.value.head),
			ctHash,
		}
		return bytesToBase64url(eventIdOf(eventHash(hash, hashed)))
	}
	return new ServerEnd({ eventIdOf: eventIdOfItem, serverKey: bytesToBase64url(people.serverKey) })
}

export interface ClientOptions {
	readonly people: CorePeople
	readonly me: CoreActor
	readonly others: readonly CoreActor[]
	readonly talk: CoreDirect
	readonly server: ServerEnd
	readonly device: MemoryDevice
	/** Over the usual answers. */
	readonly answers?: Answers
	readonly storage?: (storage: Storage) => Storage
	readonly friend?: () => FriendState | null
	readonly pins?: () => readonly Pin[]
}

/** What the server answers over HTTP, from the rows that its end of the socket holds. */
export function answersOf({ people, me, others, talk, server }: ClientOptions): Answers {
	const actors = [me, ...others]
	const pages = () => Array.from({ length: server.current + 1 }, (_, page) => page)
	const digest = (page: number) =>
		bytesToBase64url(
			pageDigest(
				people.crypto.hash,
				server.rows(talk.guid(page)).map((row) => ({ ...row, eventId: base64urlToBytes(row.eventId) as Bytes })),
			),
		)
	const version = () => pages().reduce((sum, page) => sum + server.rows(talk.guid(page)).length, 0)
	return {
		'accounts.log': ({ account, from }: { account: string; from: number }) => {
			const actor = actors.find(({ id }) => id === account)
			if (actor === undefined) throw new Refused('not-found')
			return people.accountLog(actor, { from })
		},
		'conversations.list': () => ({
			conversations: [{ conversation: talk.id, headSeq: 1, recv: 0, current: 0, lastAt: 0 }],
		}),
		'conversations.log': ({ from }: { from: number }) => talk.log(me, from),
		'conversations.markers': () => ({ markers: [] }),
		'conversations.heads': () => ({
			...{ version: version(), current: server.current, recv: 0 },
			pages: pages()
				.map((page) => ({
					page,
					part: 0,
					version: server.rows(talk.guid(page)).length,
					posts: 0,
					digest: digest(page),
				}))
				.filter((head) => head.version > 0),
		}),
		'conversations.rows': ({ page }: { page: number }) => {
			const rows = inUpdateOrder(server.rows(talk.guid(page)))
			return { update: bytesToBase64url(encodeUpdate(rows)), recv: rows.map(({ recv }) => recv) }
		},
	}
}

export async function startClient(options: ClientOptions) {
	const { people, me, others, talk, server, device } = options
	const { crypto } = people
	const time = fakeTime()
	const troubles: unknown[] = []
	const opened = await device.open()
	const storage = options.storage?.(opened) ?? opened
	const records = createRecords(storage, device.wrap)
	const http = fakeHttp({ ...answersOf(options), ...options.answers })
	const self = selfOf(people, me)
	const checkHead = headCheck(people)
	const serverTime = createServerTime(time.clock)
	const failed = (_: string, error: unknown) => void (error instanceof StorageError || troubles.push(error))
	const forks = forksOf(people, records)
	const accounts = createAccounts({
		...{ records, storage, crypto, http, checkHead, forks, failed },
		pins: createPins(options.pins ?? (() => [])),
		presence: () => null,
	})
	await accounts.restore()
	for (const actor of [me, ...others]) if (accounts.known(actor.id) === null) await accounts.load(actor.id)
	const connection = createConnection({
		url: 'wss://kith.example/sync',
		openSocket: server.openSocket,
		timers: time.timers,
		random: crypto.random,
		prove: async () => ok({ accessToken: 'token', signature: new Uint8Array(64) as Bytes }),
	})
	const keyring = createEpochKeyring({ records, crypto, self })
	const outbox = await createOutbox({ records, storage, now: serverTime.now })
	const peers = createPeers(null)
	const context: ConversationContext = {
		...{ self, crypto, storage, records, http, connection, keyring, accounts, forks, failed },
		received: { server: 0, devices: 0 },
		channels: createChannels(connection),
		timers: time.timers,
		time: serverTime,
		hybridClock: await createHybridClock({ records, time: serverTime }),
		entries: {
			restore: async () => {},
			value: () => null,
			put: async () => ok(null),
			refresh: async () => {},
			onChange: () => () => {},
		},
		hidden: {
			...{ restore: async () => {}, version: () => 0, of: () => new Set<string>() },
			...{ onChange: () => () => {}, set: async () => {}, close: () => {} },
		},
		afterReading: {
			...{ restore: async () => {}, delayOf: () => null, goneUpTo: () => 0, set: async () => {}, read: async () => {} },
			...{ sweep: async () => {}, start: () => {}, woke: () => {}, close: () => {} },
		},
		mutes: { restore: async () => {}, of: () => null, set: async () => {}, close: () => {} },
		drafts: { restore: async () => {}, of: () => '', set: async () => {}, close: () => {} },
		arrangements: {
			...{ restore: async () => {}, set: async () => {}, close: () => {} },
			...{ isPinned: () => false, isArchived: () => false, isMarkedUnread: () => false },
		},
		knocks: { restore: async () => {}, of: () => [], look: async () => {} },
		privacy: {
			now: () => ({ presence: true, typing: true, receipts: true, direct: true, relayed: false }),
			isDirectIn: () => false,
		},
		peers,
		friends: {
			...{ stateOf: options.friend ?? (() => 'accepted'), onChange: () => () => {}, refresh: async () => {} },
			// Nobody asks anybody here.
			...{ incoming: () => [], request: async () => fail({ type: 'not-here' }), accept: async () => ok(null) },
		},
		logs: createConversationLogs({
			...{ records, storage, crypto, http, accounts, forks, checkHead, keyring },
			isOurs: ({ roles }) => roles.has(me.id),
		}),
		events: createEventStore({ records, storage, hash: crypto.hash }),
		outbox,
		files: createFiles({
			...{ http, crypto, connection, outbox, records, failed, timers: time.timers, now: serverTime.now },
			...{ self, peers, shelf: memoryShelf(), changed: () => {}, preparingChanged: () => {} },
		}),
		sealing: createSealing(() => {}),
		epochDueEvents: EPOCH_DUE_EVENTS,
		views: { changed: () => {}, watched: () => false },
	}
	const conversations = createConversations(context, { origin: 'https://kith.test', operates: () => false })
	await conversations.restore()
	const view = async (): Promise<ConversationView> => (await conversations.view(talk.id)) as ConversationView
	const client = {
		...{ context, conversations, connection, http, time, troubles, storage },
		conversation: () => conversations.get(talk.id) as NonNullable<ReturnType<typeof conversations.get>>,
		view,
		messages: async (): Promise<readonly MessageView[]> => (await conversations.view(talk.id))?.messages ?? [],
		texts: async () => (await client.messages()).map(textOf),
		/** Connected, with the key unless it is withheld, the current page synced, and caught up. */
		online: async ({ withoutKey = false } = {}) => {
			const before = server.synced.length
			const heads = () => http.calls.filter(({ name }) => name === 'conversations.heads').length
			const asked = heads()
			// The providers of pages that were open before come back by timers of their own.
			await vi.advanceTimersByTimeAsync(3_000)
			connection.start()
			await eventually(
				() => server.synced.slice(before).includes(talk.guid(server.current)) && heads() > asked,
				'a synced page',
			)
			await eventually(async () => withoutKey || (await keyring.keys(talk.id, 1)) !== null, 'the key')
			await client.idle()
		},
		/** What came in by now has gone its way. */
		idle: async () => {
			for (let i = 0; i < 20; i++) await settle()
			await conversations.get(talk.id)?.discard('in the queue after everything else')
			for (let i = 0; i < 5; i++) await settle()
		},
		close: () => {
			connection.stop()
			conversations.close()
		},
	}
	onTestFinished(client.close)
	return client
}

export type CoreClient = Awaited<ReturnType<typeof startClient>>

export function textOf({ content, mark }: MessageView): string {
	const text =
		content.type === 'text' ? content.text : `<${content.type === 'unreadable' ? content.why : content.type}>`
	return mark === null ? text : `${text} (${mark})`
}
