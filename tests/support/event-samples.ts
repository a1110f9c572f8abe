/** One value of every format of an event, a page and the wire, in bytes and in words, with what follows from it. */
import { bytesToHex, type Bytes } from '#protocol/bytes.ts'
import { pageDigest } from '#protocol/digest.ts'
import {
	clientIdOf,
	decodeItem,
	encodeHead,
	encodeItem,
	eventAad,
	eventHash,
	eventIdOf,
	itemKey,
	placeMessage,
	toSkeleton,
	type Head,
	type Item,
	type Place,
} from '#protocol/envelope.ts'
import { decodeFrame, encodeFrame } from '#protocol/frames.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { decodeUpdate, encodeUpdate, type PageItem } from '#protocol/page-codec.ts'
import { decodePageMessage, encodePageMessage, type PageMessage } from '#protocol/page-messages.ts'
import { bodyCore, decodePlaintext, encodePlaintext, type Body } from '#protocol/plaintext.ts'
import type { Result } from '#protocol/result.ts'
import { bodies } from './bodies.ts'
import { nodeHash } from './crypto-ports.ts'
import { authorOf, convId, ctHashOf, eventOf, pageGuid, rowOf, startOfTime } from './events.ts'
import { bytesOf } from './log-actors.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

export interface EventSample {
	readonly title: string
	readonly bytes: Bytes
	/** What the bytes say, and what follows from them: hashes, ids, keys. */
	readonly says: Json
	/** Decodes, in words; and encodes what it decoded. */
	readonly read: (bytes: Bytes) => Result<{ readonly says: Json; readonly again: Bytes }, unknown>
}

/** Bytes as hex, bigints as decimals, maps as entries. */
function inWords(value: unknown): Json {
	if (value instanceof Uint8Array) return bytesToHex(value as Bytes)
	if (typeof value === 'bigint') return value.toString()
	if (value instanceof Map) return [...value].map(inWords)
	if (Array.isArray(value)) return value.map(inWords)
	if (typeof value !== 'object' || value === null) return value as Json
	return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inWords(part)]))
}

function reader<T>(
	decode: (bytes: Bytes) => Result<T, unknown>,
	encode: (value: T) => Bytes,
	words: (value: T) => Json = inWords,
) {
	return (bytes: Bytes) => {
		const decoded = decode(bytes)
		return decoded.ok
			? { ok: true as const, value: { says: words(decoded.value), again: encode(decoded.value) } }
			: decoded
	}
}

const alice = authorOf('Alice')

/** Everything that follows from an item in a page. */
function consequences(item: Item, guid: string): Json {
	const head = encodeHead(item.head)
	const evHash = eventHash(nodeHash, { convId, idHash: alice.idHash, head, ctHash: ctHashOf(item) })
	const { incarnation, clock } = item.place
	const clientId = clientIdOf(nodeHash, { deviceId: item.head.deviceId, guid, incarnation })
	return {
		item: inWords(item),
		convId: inWords(convId),
		idHash: inWords(alice.idHash),
		guid,
		evHash: inWords(evHash),
		eventId: inWords(eventIdOf(evHash)),
		aad: inWords(eventAad(convId, alice.idHash, head)),
		signed: inWords(placeMessage(nodeHash, { guid, place: item.place, evHash })),
		devicePublicKey: inWords(alice.device.signingKey),
		clientId,
		key: itemKey(clientId, clock),
	}
}

function itemSample(title: string, item: Item, guid = pageGuid(0)): EventSample {
	const words = (one: Item) => consequences(one, guid)
	return {
		title: `item: ${title}`,
		bytes: encodeItem(item),
		says: words(item),
		read: reader(decodeItem, encodeItem, words),
	}
}

function item(head: Partial<Head>, place: Partial<Place> = {}, guid = pageGuid(0)): Item {
	return eventOf({ by: alice, guid, head, place }).item
}

const targets = [bytesOf('first target', 16), bytesOf('second target', 16)].sort(Buffer.compare)
const redact = item({ kind: 'redact', targets, hlc: hlcOf(startOfTime, 65_535) })
const items: readonly EventSample[] = [
	itemSample('post', item({})),
	itemSample('post that expires', item({ expiresAt: startOfTime + 604_800_000 })),
	itemSample(
		'annotate in a part',
		item({ kind: 'annotate', epoch: 4_294_967_295 }, { clock: 4_294_967_295 }, pageGuid(7, 16)),
		pageGuid(7, 16),
	),
	itemSample('redact', redact),
	itemSample('skeleton, redacted', toSkeleton(nodeHash, item({}), { why: 'redacted', by: bytesOf('redact', 16) })),
	itemSample('skeleton, expired', toSkeleton(nodeHash, item({ expiresAt: 1 }), { why: 'expired' })),
	itemSample(
		'skeleton, duplicate',
		toSkeleton(nodeHash, item({}, { incarnation: 65_535, clock: 3 }), { why: 'duplicate' }),
	),
	itemSample('skeleton, removed, of a redact', toSkeleton(nodeHash, redact, { why: 'removed' })),
]

const plaintexts = Object.entries(bodies).map(([name, body]): EventSample => {
	const words = (one: Body) => ({ body: inWords(one), core: inWords(bodyCore(one)) })
	return {
		title: `plaintext: ${name}`,
		bytes: encodePlaintext(body),
		says: words(body),
		read: reader((bytes) => decodePlaintext(body.kind, bytes), encodePlaintext, words),
	}
})

const rows: readonly PageItem[] = [item({}), item({}, { clock: 1 }), item({}, { incarnation: 9 })].map((one) =>
	rowOf(one, pageGuid(0)),
)
const digestOf = (all: readonly PageItem[]): Json =>
	inWords(
		pageDigest(
			nodeHash,
			all.map((row) => ({ ...row, eventId: nodeHash(row.content).slice(0, 16) })),
		),
	)

const updates = (
	[
		['page', rows],
		['gap', [rows[0], { ...rows[1], clock: 5 }]],
		['nothing', []],
	] as [string, PageItem[]][]
).map(([name, all]): EventSample => {
	const words = ({ items }: { items: readonly PageItem[] }) => ({
		items: inWords(items),
		digestOfContentHashes: digestOf(items),
	})
	const read = reader(decodeUpdate, ({ items }) => encodeUpdate(items), words)
	const bytes = encodeUpdate(all)
	const again = read(bytes)
	return { title: `update: ${name}`, bytes, says: again.ok ? again.value.says : null, read }
})

const messages = (
	[
		[
			'step1',
			{
				type: 'step1',
				vector: new Map([
					[Number.MAX_SAFE_INTEGER, 1],
					[300, 70_000],
				]),
			},
		],
		['step2', { type: 'step2', items: rows.slice(0, 1), strays: [], ignored: 0 }],
		['update', { type: 'update', items: [], strays: [], ignored: 0 }],
		[
			'awareness',
			{
				type: 'awareness',
				states: [
					{ clientId: 77, clock: 3, state: '{"v":"AA"}' },
					{ clientId: 78, clock: 9, state: 'null' },
				],
			},
		],
		['awareness, empty', { type: 'awareness', states: [] }],
		['auth', { type: 'auth', reason: 'not-member' }],
		['query awareness', { type: 'query-awareness' }],
	] as [string, PageMessage][]
).map(([name, message]): EventSample => ({
	title: `message: ${name}`,
	bytes: encodePageMessage(message),
	says: inWords(message),
	read: reader(decodePageMessage, encodePageMessage),
}))

const frames = [
	{ channel: 0, recv: [], payload: bytesOf('hub', 20) },
	{ channel: 300, recv: [1, 2 ** 32, Number.MAX_SAFE_INTEGER], payload: bytesOf('page', 20) },
].map((frame): EventSample => ({
	title: `frame: channel ${frame.channel}`,
	bytes: encodeFrame(frame),
	says: inWords(frame),
	read: reader(decodeFrame, encodeFrame),
}))

export const eventSamples: readonly EventSample[] = [...items, ...plaintexts, ...updates, ...messages, ...frames]
