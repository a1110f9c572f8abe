/** Events without ciphers: real heads, places and signatures, a stand-in for the ciphertext, and a view to judge them by. */
import { bytesToBase64url, concatBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { encode, fixed, struct, u16, u32 } from '#protocol/codec.ts'
import type { Role } from '#protocol/conversation-log.ts'
import {
	ciphertextHash,
	clientIdOf,
	encodeHead,
	encodeItem,
	eventHash,
	eventIdOf,
	type FullItem,
	type Head,
	type Item,
	type Place,
} from '#protocol/envelope.ts'
import { hlcOf } from '#protocol/hlc.ts'
import type { AuthorDevice, Candidate, CutOfAuthor, JudgeView } from '#protocol/intrinsic.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import { nodeHash } from './crypto-ports.ts'
import { actor, bytesOf, type Actor } from './log-actors.ts'

export const convId = bytesOf('conversation', 16)
/** 1 January 2026. */
export const startOfTime = 1_767_225_600_000

export function pageGuid(page: number, part = 0): string {
	return `c/${bytesToBase64url(convId)}/${page}${part === 0 ? '' : `.${part}`}`
}

export interface Author {
	readonly device: Actor
	readonly idHash: Bytes
}

export function authorOf(name: string): Author {
	return { device: actor(`${name}'s device`), idHash: bytesOf(`account ${name}`) }
}

export interface EventWish {
	readonly by: Author
	readonly guid?: string
	readonly head?: Partial<Head>
	readonly place?: Partial<Place>
	readonly ct?: Bytes
}

export function headOf(by: Author, wish: Partial<Head> = {}): Head {
	return {
		kind: 'post',
		deviceId: by.device.deviceId,
		epoch: 1,
		hlc: hlcOf(startOfTime),
		nonce: bytesOf('nonce', 12),
		targets: [],
		expiresAt: null,
		...wish,
	}
}

/** h of the view's log at a position. */
function logHashAt(seq: number): Bytes {
	return bytesOf(`log ${seq}`)
}

/** Written out apart from envelope.ts: what an author signs and where he stands. */
export function eventOf({ by, guid = pageGuid(0), head, place, ct = bytesOf('ct', 64) }: EventWish): {
	item: FullItem
	row: PageItem
	eventId: Bytes
} {
	const unsigned = {
		head: headOf(by, head),
		place: { incarnation: 7, clock: 0, logSeq: 1, logHash: logHashAt(place?.logSeq ?? 1).slice(0, 16), ...place },
	}
	const ctHash = nodeHash(ct)
	const evHash = eventHash(nodeHash, { convId, idHash: by.idHash, head: encodeHead(unsigned.head), ctHash })
	const { incarnation, clock, logSeq, logHash } = unsigned.place
	const placeBytes = encode(struct({ incarnation: u16, clock: u32, logSeq: u32, logHash: fixed(16) }), {
		incarnation,
		clock,
		logSeq,
		logHash,
	})
	const body = concatBytes(evHash, Uint8Array.of(guid.length), utf8ToBytes(guid), placeBytes)
	const item: FullItem = { form: 'full', ...unsigned, ct, signature: by.device.sign('ev', body) }
	return { item, row: rowOf(item, guid), eventId: eventIdOf(evHash) }
}

/** The row of an item at the place that it names. */
export function rowOf(item: Item, guid: string): PageItem {
	const { deviceId } = item.head
	const { incarnation, clock } = item.place
	return { clientId: clientIdOf(nodeHash, { deviceId, guid, incarnation }), clock, content: encodeItem(item) }
}

export function candidateOf(row: PageItem, guid = pageGuid(0)): Candidate {
	return { guid, item: row, holder: null }
}

export interface World {
	readonly authors: readonly Author[]
	readonly headSeq?: number
	readonly role?: (author: Bytes, seq: number) => Role | null
	readonly archived?: (seq: number) => boolean
	readonly epoch?: (seq: number) => number
	readonly acc?: (author: Bytes, seq: number) => number | null
	readonly endedAt?: number | null
	readonly cuts?: readonly CutOfAuthor[]
}

/** A conversation of these authors, all members from seq 1 on, with a log up to `headSeq` (5). */
export function viewOf(world: World): JudgeView {
	const { headSeq = 5, endedAt = null, cuts = [] } = world
	const devices = new Map<string, AuthorDevice>(
		world.authors.map(({ device, idHash }) => [
			bytesToBase64url(device.deviceId),
			{ idHash, publicKey: device.signingKey, endedAt },
		]),
	)
	const hashes = Array.from({ length: headSeq + 1 }, (_, seq) => logHashAt(seq))
	return {
		hash: nodeHash,
		device: (deviceId) => devices.get(bytesToBase64url(deviceId)) ?? null,
		log: {
			convId,
			hashAt: (seq) => hashes[seq] ?? null,
			roleAt: (idHash, seq) => (world.role === undefined ? 'member' : world.role(idHash, seq)),
			archivedAt: (seq) => world.archived?.(seq) ?? false,
			epochAt: (seq) => world.epoch?.(seq) ?? 1,
			accAt: (idHash, seq) => (world.acc === undefined ? 0 : world.acc(idHash, seq)),
			cutsOver: ({ logSeq }) => cuts.filter(({ seq }) => seq > logSeq),
		},
	}
}

/** SHA-256 of a ciphertext, of item or skeleton, for tests that compare forms. */
export function ctHashOf(item: Item): Bytes {
	return ciphertextHash(nodeHash, item)
}
