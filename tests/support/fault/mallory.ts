/**
 * Somebody with an account, a friend of Alice's, whose client says what he likes: real keys, real membership, and a free
 * hand over every byte that leaves. He reads what a member reads, so what he replays is real too.
 */
import { openEpochBox } from '#crypto/boxes.ts'
import { createDirect, type BoxTarget } from '#crypto/conversation-builder.ts'
import { deriveEpochKeys, type EpochKey, type EpochKeys } from '#crypto/epoch.ts'
import { placeEvent, sealEvent } from '#crypto/event-seal.ts'
import type { SigningKey } from '#crypto/signing-key.ts'
import type { Crypto } from '#crypto/suite.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import { appendAccountEntry, verifyAccountLog, type AccountState } from '#protocol/account-state.ts'
import { boxCodec } from '#protocol/box.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { verifyConversationLog, type ConversationState } from '#protocol/conversation-state.ts'
import { clientIdOf, encodeItem, type Place } from '#protocol/envelope.ts'
import { guidOf } from '#protocol/guid.ts'
import { hlcOf } from '#protocol/hlc.ts'
import type { Ack } from '#protocol/hub.ts'
import { idToText } from '#protocol/ids.ts'
import { signedEntry, type LogHead, type SignedEntry } from '#protocol/log-entry.ts'
import { decodeUpdate, type PageItem } from '#protocol/page-codec.ts'
import type { Action, Body } from '#protocol/plaintext.ts'
import {
	clientCrypto,
	clientOf,
	friendStep,
	logIn,
	must,
	signUp,
	toBytes,
	toText,
	type Grant,
	type Person,
} from '../http-person.ts'
import { RawClient } from '../raw-client.ts'
import type { TestServer } from '../server.ts'

export interface Talk {
	readonly id: string
	readonly state: ConversationState
	readonly key: EpochKey
	readonly keys: EpochKeys
	readonly guid: (page?: number, part?: number) => string
}

/** What an item says of itself, where that is not the truth. */
export interface Lie {
	readonly text?: string
	/** A redact of these eventIds, and no post. */
	readonly redacts?: readonly Bytes[]
	/** An edit, a reaction or a pin of this event, and no post. */
	readonly annotates?: { readonly target: Bytes; readonly action: Action }
	readonly guid?: string
	/** Account in evHash and AAD. */
	readonly idHash?: Bytes
	readonly deviceId?: Bytes
	readonly epoch?: number
	readonly hlc?: bigint
	readonly expiresAt?: number
	readonly place?: Partial<Place>
	readonly signedBy?: SigningKey
	/** Another ciphertext than was signed. */
	readonly swapText?: boolean
	/** Row under which it goes up. */
	readonly clientId?: number
	readonly clock?: number
}

type Server = Pick<TestServer, 'origin' | 'port'>

export class Mallory {
	readonly person: Person
	readonly crypto: Crypto
	#server: Server
	#socket: RawClient | null = null
	/** Own next clocks, by page. */
	readonly #clocks = new Map<string, number>()

	private constructor(person: Person, crypto: Crypto, server: Server) {
		this.person = person
		this.crypto = crypto
		this.#server = server
	}

	static async signUp(server: Server, name: string, grant: Grant): Promise<Mallory> {
		const { crypto } = await clientCrypto()
		return new Mallory(await signUp(server as TestServer, name, grant), crypto, server)
	}

	/** The server has another address now. */
	moveTo(server: Server): void {
		this.#server = server
		this.person.http = clientOf(server, () => this.person.session.accessToken)
	}

	get deviceId(): Bytes {
		return this.person.device.deviceId
	}

	async accountOf(account: string): Promise<AccountState> {
		const { log } = await must(this.person.http.call((api) => api.accounts.log({ account })))
		const { hash, verify } = this.crypto
		const verified = await verifyAccountLog({ entries: log.entries.map(entryOf), hash, verify })
		if (!verified.ok) throw new Error('a log that does not verify')
		return verified.value
	}

	/** The head that the own log has with one more entry. */
	async headAfter(entry: SignedEntry): Promise<LogHead> {
		const next = await appendAccountEntry(await this.accountOf(this.person.id), entry, this.crypto)
		if (!next.ok) throw new Error('an entry that does not fit')
		return next.value.head
	}

	/** As whom a key is sealed to an account whose log he may read. */
	async target(account: string): Promise<BoxTarget> {
		const { ak } = await must(this.person.http.call((api) => api.accounts.log({ account })))
		const { idHash, head } = await this.accountOf(account)
		return { idHash, head, g: ak.g, accountKey: toBytes(ak.key) }
	}

	/** Takes a request that waits. */
	async accepts(account: string): Promise<void> {
		const { friends } = await must(this.person.http.call((api) => api.friends.list({})))
		const request = friends.find((friend) => friend.account === account)?.request ?? ''
		const to = { account: { idHash: toBytes(account) } } as unknown as Person
		const accept = await friendStep(this.person, to, { type: 'accept', request })
		await must(this.person.http.call((api) => api.friends.accept({ account, accept })))
	}

	/** A direct conversation with a friend; its id. */
	async opens(account: string): Promise<string> {
		const { account: own, device, http, id } = this.person
		const author = { idHash: own.idHash, device, now: Date.now() }
		const made = await createDirect(this.crypto, author, [await this.target(id), await this.target(account)])
		const [create, rotate] = [made.create, made.rotate].map((entry) => toText(encode(signedEntry, entry)))
		const form = { create: create ?? '', rotate: rotate ?? '', boxes: boxForms(made.boxes) }
		return (await must(http.call((api) => api.conversations.create(form)))).conversation
	}

	/** A conversation as each of its members reads it. */
	async talk(id: string, others: readonly string[]): Promise<Talk> {
		const { log, boxes } = await must(this.person.http.call((api) => api.conversations.log({ conversation: id })))
		const states = await Promise.all([this.person.id, ...others].map((account) => this.accountOf(account)))
		const accounts = (idHash: Uint8Array) =>
			states.find((state) => idToText(state.idHash) === idToText(idHash as Bytes)) ?? null
		const { hash, verify } = this.crypto
		const verified = await verifyConversationLog({ entries: log.entries.map(entryOf), accounts, hash, verify })
		if (!verified.ok) throw new Error('a conversation that does not verify')
		const state = verified.value
		const guid = (page = 0, part = 0) => guidOf({ conversation: state.id, page, part })
		const key = await this.#key(state, boxes[0]?.box ?? '')
		return { id, state, guid, key, keys: deriveEpochKeys(key) }
	}

	/** The key of the newest epoch, from his own box. */
	async keyOf(state: ConversationState): Promise<EpochKey> {
		const conversation = toText(state.id)
		const { boxes } = await must(this.person.http.call((api) => api.conversations.log({ conversation })))
		const n = state.epochs.length
		return this.#key(state, boxes.find(({ epoch }) => epoch === n)?.box ?? '', n)
	}

	async #key({ id, epochs }: ConversationState, text: string, n = 1): Promise<EpochKey> {
		const box = decode(boxCodec, toBytes(text))
		const seed = this.person.account.plaintext.accountKeys[0]
		const epoch = epochs[n - 1]
		if (epoch === undefined || !box.ok || seed === undefined) throw new Error('no key')
		const by = { idHash: this.person.account.idHash, g: 0, seed }
		const opened = await openEpochBox(this.crypto, by, { conversation: id, n, commit: epoch.commit, box: box.value })
		if (!opened.ok) throw new Error('a box that does not open')
		return opened.value
	}

	/** Close code of his last socket, once it is closed. */
	thrownOut(): Promise<number> {
		if (this.#socket === null) throw new Error('he has no socket')
		return this.#socket.closed
	}

	/** A proven socket; where he was thrown out, by a new session. */
	async socket(): Promise<RawClient> {
		const open = this.#socket
		if (open !== null && open.socket.readyState === open.socket.OPEN) return open
		this.#socket = await this.enter().catch(async () => {
			await this.openSession()
			return this.enter()
		})
		return this.#socket
	}

	async enter(): Promise<RawClient> {
		const client = new RawClient(this.#server.port)
		await client.opened()
		const clientNonce = this.crypto.random(32)
		const { serverNonce } = await client.challenge(clientNonce)
		const { session, serverId, account, device } = this.person
		const names = { server: serverId, idHash: account.idHash, device: device.deviceId, sid: toBytes(session.sid) }
		const body = encodeAuthBody({ use: 'socket', ...names, clientNonce, serverNonce: toBytes(serverNonce) })
		client.say({
			t: 'auth',
			accessToken: session.accessToken,
			signature: toText(await device.signing.sign('auth', body)),
		})
		await client.told('welcome')
		return client
	}

	/** Signs in anew, on the same device. */
	async openSession(): Promise<void> {
		const { name, password, serverId, account, device } = this.person
		const method = await logIn(this.#server as TestServer, name, password)
		if (method === null) throw new Error('the password is wrong')
		const clientNonce = this.crypto.random(32)
		const names = {
			server: serverId,
			idHash: account.idHash,
			device: device.deviceId,
			sid: new Uint8Array(16) as Bytes,
		}
		const body = encodeAuthBody({ use: 'refresh', ...names, clientNonce, serverNonce: toBytes(method.serverNonce) })
		const form = {
			methodToken: method.methodToken,
			deviceId: toText(device.deviceId),
			clientNonce: toText(clientNonce),
		}
		const signature = toText(await device.signing.sign('auth', body))
		this.person.session = await must(
			this.person.http.call((api) => api.auth.openSession({ ...form, signature, transport: 'body' })),
		)
	}

	/** Where nothing is wished otherwise, an item as an honest client makes it, at its own next clock. */
	async item(talk: Talk, lie: Lie = {}): Promise<PageItem> {
		const { guid = talk.guid(), deviceId = this.deviceId, idHash = this.person.account.idHash, epoch = 1 } = lie
		const common = { version: 1, writtenAt: Date.now(), prev: null, was: [] } as const
		const post = { replyTo: null, mentions: [], attachments: [], forwarded: false }
		const targets = lie.redacts ?? []
		const said: Body =
			lie.annotates === undefined
				? { kind: 'post', ...common, ...post, text: lie.text ?? 'a lie' }
				: { kind: 'annotate', ...common, ...lie.annotates }
		const body: Body = targets.length > 0 ? { kind: 'redact', ...common, reason: null } : said
		const hlc = lie.hlc ?? hlcOf(Date.now())
		const sealed = await sealEvent(
			this.crypto,
			{ ...talk.keys, n: epoch },
			{
				...{ idHash, deviceId, hlc, body, targets },
				expiresAt: lie.expiresAt ?? null,
			},
		)
		const { seq, hash } = talk.state.head
		const own = { incarnation: 0, clock: this.#clocks.get(guid) ?? 0, logSeq: seq, logHash: hash.slice(0, 16) }
		const place: Place = { ...own, ...lie.place }
		const by = lie.signedBy ?? this.person.device.signing
		const item = await placeEvent(this.crypto, by, { event: sealed, guid, place })
		const ct = lie.swapText === true ? item.ct.map((byte) => byte ^ 1) : item.ct
		const stream = clientIdOf(this.crypto.hash, { deviceId, guid, incarnation: place.incarnation })
		return { clientId: lie.clientId ?? stream, clock: lie.clock ?? place.clock, content: encodeItem({ ...item, ct }) }
	}

	/** Uploads and answers the verdicts, one for each item; his own clock moves on with what was stored. */
	async upload(guid: string, items: readonly PageItem[]): Promise<Ack[]> {
		const socket = await this.socket()
		const channel = await socket.open(guid)
		// Verdicts that somebody else has asked for.
		socket.hub.values.length = 0
		socket.page(channel, { type: 'update', items })
		const acks = await socket.acks(items.length)
		const own = clientIdOf(this.crypto.hash, { deviceId: this.deviceId, guid, incarnation: 0 })
		for (const { verdict, clientId, clock } of acks) {
			if (verdict === 'accept' && clientId === own) this.#clocks.set(guid, clock + 1)
		}
		return acks
	}

	/** Every row of a page, as a member reads it. */
	async rows(talk: Talk, page = 0): Promise<readonly PageItem[]> {
		const asked = this.person.http.call((api) => api.conversations.rows({ conversation: talk.id, page, part: 0 }))
		const decoded = decodeUpdate(toBytes((await must(asked)).update))
		if (!decoded.ok) throw new Error('an update that does not decode')
		return decoded.value.items
	}
}

/** Boxes as they go up. */
export function boxForms(boxes: Awaited<ReturnType<typeof createDirect>>['boxes']) {
	return boxes.map(({ idHash, g, box }) => ({ account: idToText(idHash), g, box: toText(encode(boxCodec, box)) }))
}

function entryOf(text: string) {
	const entry = decode(signedEntry, toBytes(text))
	if (!entry.ok) throw new Error('an entry that does not decode')
	return entry.value
}
