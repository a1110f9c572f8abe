/**
 * Events on a real database, with people whose keys and logs are real: accounts, a direct conversation of Alice and Bob,
 * and pens that write well-formed or hostile items. Time and chance belong to the test.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import {
	clientIdOf,
	encodeHead,
	encodeItem,
	eventHash,
	eventIdOf,
	placeMessage,
	type FullItem,
	type Head,
	type Item,
	type Place,
} from '#protocol/envelope.ts'
import { guidOf, parseGuid, type PageAddress } from '#protocol/guid.ts'
import { hlcOf } from '#protocol/hlc.ts'
import type { Ack } from '#protocol/hub.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import type { PageItem, Stray } from '#protocol/page-codec.ts'
import { inProcessCluster } from '#server/cluster/in-process.ts'
import { openBlobFolder } from '#server/data/files/blob-folder.ts'
import type { Data } from '#server/data/data.ts'
import { openSqliteData } from '#server/data/sqlite/sqlite.ts'
import { createAccountStates } from '#server/domain/account-states.ts'
import { createConversationStates } from '#server/domain/conversation-states.ts'
import { noMeter } from '#server/domain/meter-ports.ts'
import type { DomainPorts } from '#server/domain/domain.ts'
import type { FriendshipState } from '#server/domain/ports.ts'
import type { Signals } from '#server/domain/signals.ts'
import { createEvents, type EventParts, type EventServices } from '#server/domain/events/create-events.ts'
import { nodeHash, nodeVerify } from './crypto-ports.ts'
import { directStory, type DirectStory } from './direct-story.ts'
import { conversationIdIn } from './story-ids.ts'
import { type AccountStory, bytesOf, type Actor, type ConversationStory } from './log-actors.ts'

export interface WorldOptions {
	readonly rate?: EventParts['rate']
	readonly quota?: EventParts['quota']
	/** Random bytes: 1 samples no signature, 0 every one. */
	readonly draw?: number
	/** Instead of a SQLite of its own; whoever opened it closes it. */
	readonly data?: Data
}

export type EventWorld = Awaited<ReturnType<typeof eventWorld>>

/** A time at which the story's entries lie a few hours back. */
export const worldStart = Date.UTC(2026, 0, 2)

const ample = { perSecond: 1e6, burst: 1e9 }

export async function eventWorld({
	rate = { perSecond: 1000, burst: 10_000 },
	quota = ample,
	draw = 1,
	data: given,
}: WorldOptions = {}) {
	const folder = mkdtempSync(join(tmpdir(), 'kith-world-'))
	const file = join(folder, 'kith.db')
	const sqlite = given === undefined ? openSqliteData(file) : null
	const data = (given ?? sqlite) as Data
	const story = await directStory()
	const time = { now: worldStart }
	const errors: unknown[] = []
	const log = {
		debug: () => {},
		info: () => {},
		warn: () => {},
		error: (_: string, fields?: object) => void errors.push(fields),
	}
	const cluster = inProcessCluster('here', (error) => void errors.push(error))
	const chance = { draw }
	const random = (length: number) => new Uint8Array(length).fill(chance.draw)
	const blobFiles = await openBlobFolder(join(folder, 'blobs'))
	const base = {
		...data,
		blobFiles,
		cluster,
		clock: () => time.now,
		hash: nodeHash,
		verify: nodeVerify,
		random,
		log,
		meter: noMeter,
		iceHelp: { stun: [], turn: null },
		defer: setImmediate,
	}
	// Secrets, policy and limits of requests play no part in events.
	const ports = base as unknown as DomainPorts
	await storeStory(ports, story)
	const accountStates = createAccountStates(ports)
	const conversationStates = createConversationStates(ports, accountStates)
	const friends = {
		areFriends: async (a: Bytes, b: Bytes) => (await data.repositories.friendships.between(a, b))?.state === 'accepted',
		areBlocked: async (a: Bytes, b: Bytes) =>
			(await data.repositories.friendships.hasBlocked(a, b)) || (await data.repositories.friendships.hasBlocked(b, a)),
		audienceOf: async () => [],
		friendsOf: async () => [],
	}
	const barred: string[] = []
	const bars: EventParts['bars'] = {
		suspects: new Set(),
		bar: async ({ device }) => void barred.push(bytesToBase64url(device)),
	}
	const scrubs = { asked: 0 }
	const scrubbing: EventParts['scrubbing'] = { soon: () => void scrubs.asked++, stop: () => {} }
	const standing = { accountStates, conversationStates, friends, bars, scrubbing }
	const parts: EventParts = { ...standing, rate, quota, turnRate: ample }
	const services = createEvents(ports, parts)
	const stored: Signals['events-stored'][] = []
	cluster.subscribe('events-stored', (signal) => void stored.push(signal))
	const conversation = (await conversationOf(conversationStates, story.log)).id
	const state = async (): Promise<ConversationState> =>
		(await conversationStates.get(conversation)) as ConversationState
	return {
		...services,
		...data,
		blobFiles,
		...writing(services),
		cluster,
		story,
		time,
		chance,
		/** What was logged as an error: nothing, in a good test. */
		errors,
		file,
		/** Brings what is only in the write-ahead log into the file, and empties that. */
		checkpoint: () => {
			const connection = new Database(file)
			connection.pragma('wal_checkpoint(TRUNCATE)')
			connection.close()
		},
		barred,
		/** How often something deleted was to leave the disk. */
		scrubs,
		/** Every events-stored signal so far. */
		stored,
		accountStates,
		conversationStates,
		conversation,
		state,
		guid: (page: number, part = 0) => guidOf({ conversation, page, part }),
		address: (page: number, part = 0): PageAddress => ({ conversation, page, part }),
		pen: (by: AccountStory, device: Actor = by.laptop) => new Pen(state, by, device),
		/** A second server on the same database that hears no signal of the first; `beside`: over its own connections. */
		restart: (beside: Partial<Data> = {}) => {
			const alone = inProcessCluster('here', (error) => void errors.push(error))
			const fresh = createEvents({ ...ports, ...beside, cluster: alone }, parts)
			return { ...fresh, ...writing(fresh) }
		},
		close: () => {
			sqlite?.close()
			rmSync(folder, { recursive: true })
		},
	}

	function writing({ events }: EventServices) {
		return {
			upload: (pen: Pen, items: readonly PageItem[], wish: UploadWish = {}): Promise<readonly Ack[]> =>
				new Promise((resolve) => {
					const guid = wish.guid ?? guidOf({ conversation, page: 0, part: 0 })
					const uploader = { account: pen.by.idHash, device: pen.device.deviceId, connection: wish.connection ?? 'one' }
					const address = parseGuid(guid) as PageAddress
					const settle = ({ acks }: { acks: readonly Ack[] }) => resolve(acks)
					events.submit({ guid, address, items, strays: wish.strays ?? [], uploader, settle })
				}),
		}
	}
}

export interface UploadWish {
	readonly guid?: string
	readonly connection?: string
	readonly strays?: readonly Stray[]
}

async function conversationOf(states: ReturnType<typeof createConversationStates>, log: ConversationStory) {
	return (await states.get(conversationIdIn(log))) as ConversationState
}

/** What becomes of the friendship of Alice and Bob, and what is told of it. */
export async function setFriendship(
	{ unitOfWork, cluster }: Pick<DomainPorts, 'unitOfWork' | 'cluster'>,
	{ alice, bob }: DirectStory,
	state: FriendshipState,
): Promise<void> {
	const [requester, addressee] = [alice.idHash, bob.idHash]
	const accounts = [requester, addressee].map(bytesToBase64url)
	const signed = { request: bytesOf('request'), accept: bytesOf('accept'), closing: null }
	await unitOfWork.transaction(async ({ friendships }, afterCommit) => {
		await friendships.put({ requester, addressee, state, since: worldStart, ...signed })
		afterCommit(() => cluster.publish('friends-changed', { accounts }))
	})
}

/** What sign-up, befriending and creating would have stored. */
export async function storeStory({ unitOfWork }: Pick<DomainPorts, 'unitOfWork'>, story: DirectStory): Promise<void> {
	await storeAccount({ unitOfWork }, 'alice', story.alice)
	await storeAccount({ unitOfWork }, 'bob', story.bob)
	await unitOfWork.transaction(async ({ friendships, conversations }) => {
		const [requester, addressee] = [story.alice.idHash, story.bob.idHash]
		const signed = { request: bytesOf('request'), accept: bytesOf('accept'), closing: null }
		await friendships.put({ requester, addressee, state: 'accepted', since: worldStart, ...signed })
		const conversation = conversationIdIn(story.log)
		await conversations.insert({ conversation, kind: 'dm', createdAt: worldStart })
		for (const [seq, entry] of story.log.entries.entries()) {
			await conversations.append(conversation, seq, encode(signedEntry, entry))
		}
		await conversations.setMembers(
			conversation,
			[requester, addressee].map((account) => ({ account, role: 'member' })),
		)
	})
}

export function storeAccount(
	{ unitOfWork }: Pick<DomainPorts, 'unitOfWork'>,
	name: string,
	story: AccountStory,
): Promise<void> {
	return unitOfWork.transaction(async ({ accounts, accountLogs, devices }) => {
		const account = story.idHash
		await accounts.insert({ account, name, role: 'user', createdAt: worldStart, disabledAt: null, owner: null })
		for (const [seq, entry] of story.entries.entries())
			await accountLogs.append(account, seq, encode(signedEntry, entry))
		await devices.insert(story.laptop.deviceId, account, worldStart)
	})
}

export interface Wish {
	readonly guid: string
	readonly head?: Partial<Head>
	readonly place?: Partial<Place>
	readonly ct?: Bytes
	/** Signs other bytes. */
	readonly badSignature?: boolean
}

export interface Written {
	readonly row: PageItem
	readonly item: FullItem
	/** base64url */
	readonly eventId: string
	readonly id: Bytes
}

let nonces = 0

/** Writes as one device: clocks go up by themselves, everything can be wished otherwise. */
export class Pen {
	readonly by: AccountStory
	readonly device: Actor
	readonly #state: () => Promise<ConversationState>
	readonly #clocks = new Map<string, number>()

	constructor(state: () => Promise<ConversationState>, by: AccountStory, device: Actor) {
		this.#state = state
		this.by = by
		this.device = device
	}

	async write({ guid, head, place, ct, badSignature = false }: Wish): Promise<Written> {
		const { id: convId, head: log } = await this.#state()
		const incarnation = place?.incarnation ?? 0
		const stream = `${guid} ${incarnation}`
		const clock = place?.clock ?? this.#clocks.get(stream) ?? 0
		if (place?.clock === undefined) this.#clocks.set(stream, clock + 1)
		const deviceId = this.device.deviceId
		const nonce = bytesOf(`nonce ${nonces++}`, 12)
		const full: Head = {
			kind: 'post',
			deviceId,
			epoch: 1,
			hlc: hlcOf(worldStart),
			nonce,
			targets: [],
			expiresAt: null,
			...head,
		}
		const where: Place = { incarnation, clock, logSeq: log.seq, logHash: log.hash.slice(0, 16), ...place }
		const text = ct ?? bytesOf(`ct ${nonces}`, 64)
		const ctHash = nodeHash(text)
		const evHash = eventHash(nodeHash, { convId, idHash: this.by.idHash, head: encodeHead(full), ctHash })
		// `sign` adds purpose and hash, as placeMessage does: what it hashes is evHash ‖ len1 guid ‖ place.
		const signature = this.device.sign(
			'ev',
			placeBody({ guid, place: where, evHash: badSignature ? bytesOf('other') : evHash }),
		)
		const item: FullItem = { form: 'full', head: full, ct: text, place: where, signature }
		const id = eventIdOf(evHash)
		return { row: rowOf(item, guid), item, eventId: bytesToBase64url(id), id }
	}

	async rows(count: number, wish: Wish): Promise<PageItem[]> {
		const rows: PageItem[] = []
		for (let i = 0; i < count; i++) rows.push((await this.write(wish)).row)
		return rows
	}
}

function placeBody(placed: Parameters<typeof placeMessage>[1]): Bytes {
	let body: Bytes | null = null
	placeMessage((message) => {
		body = new Uint8Array(message)
		return nodeHash(message)
	}, placed)
	return body as unknown as Bytes
}

export function rowOf(item: Item, guid: string): PageItem {
	const { deviceId } = item.head
	const { incarnation, clock } = item.place
	return { clientId: clientIdOf(nodeHash, { deviceId, guid, incarnation }), clock, content: encodeItem(item) }
}
