/**
 * Own streams: under which incarnation and clock this device writes next in a page. Kept for ever and durable before an
 * item leaves. At the first contact after a start the server is asked what it holds: where it knows another event, or a
 * clock that we do not, this device goes on under a new random incarnation, so no clock is ever used twice (SPEC ADM).
 */
import { base64urlToBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { clientIdOf } from '#protocol/envelope.ts'
import { keyToNumber, streamKey, under, pageKey, type PageId } from '#store/keys.ts'
import { streamRow, type StreamRow } from './conversation-rows.ts'
import type { ConversationContext } from './context.ts'
import type { Sealed } from './records.ts'

export interface OwnStream {
	readonly guid: string
	readonly incarnation: number
	readonly clientId: number
	/** Next clock. */
	readonly next: number
	readonly lastEventId: Bytes | null
	/** When it was begun, ms; null before its first row. */
	readonly since: number | null
}

/** The server's answer: its next clock of a stream, and the event before it. */
export interface ServerStream {
	readonly next: number
	readonly lastEventId: string | null
}

export interface Streams {
	/** Checked against the server once per start and page; null while it does not answer. */
	readonly current: (page: PageId, guid: string) => Promise<OwnStream | null>
	/** As this device remembers it, while no server can be asked: it is compared when one answers again. */
	readonly remembered: (page: PageId, guid: string) => Promise<OwnStream>
	/** The row after `eventId` took the next clock. */
	readonly advance: (
		page: PageId,
		stream: OwnStream,
		eventId: Bytes,
	) => Promise<{ stream: OwnStream; row: Sealed<'streams'> }>
	/** In memory, after the transaction that wrote the row. */
	readonly advanced: (stream: OwnStream) => void
	/** The row of a stream of which the server refused an item: nothing more is written under this incarnation. */
	readonly ended: (page: PageId, incarnation: number) => Promise<Sealed<'streams'>>
	/** In memory, after the transaction that wrote the row. */
	readonly abandon: (guid: string, incarnation: number) => void
	/** A new connection may be another server: ask again. */
	readonly forget: () => void
}

const incarnations = 2 ** 16

type AskServer = (guid: string, clientId: number) => Promise<ServerStream | null>
interface Kept {
	readonly key: string
	readonly value: StreamRow
}

export function createStreams(context: ConversationContext, ask: AskServer): Streams {
	const { crypto, records, self, storage, events, time } = context
	const checked = new Map<string, OwnStream>()

	function streamOf(guid: string, incarnation: number, row: StreamRow | null): OwnStream {
		const clientId = clientIdOf(crypto.hash, { deviceId: self.deviceId, guid, incarnation })
		return {
			guid,
			incarnation,
			clientId,
			next: row?.next ?? 0,
			lastEventId: row === null || row.next === 0 ? null : row.lastEventId,
			since: row?.since ?? null,
		}
	}

	function fresh(guid: string, rows: readonly Kept[]): OwnStream {
		const used = new Set([0, ...rows.map(({ key }) => keyToNumber(key))])
		for (;;) {
			const [high = 0, low = 0] = crypto.random(2)
			const incarnation = (high * 256 + low) % incarnations
			if (!used.has(incarnation)) return streamOf(guid, incarnation, null)
		}
	}

	async function current(page: PageId, guid: string): Promise<OwnStream | null> {
		const known = checked.get(guid)
		if (known !== undefined) return known
		const rows = await records.all(streamRow, 'streams', under(pageKey(page)))
		const newest = newestOf(rows)
		const stream =
			newest === undefined && rows.length > 0 ? fresh(guid, rows) : await goOn(page, { guid, rows, newest })
		if (stream !== null) checked.set(guid, stream)
		return stream
	}

	const newestOf = (rows: readonly Kept[]) =>
		rows
			.filter(({ value }) => !value.ended)
			.toSorted((a, b) => a.value.since - b.value.since)
			.at(-1)

	/** Where the store lost how far a stream came, its rows may still tell: no clock is given twice. */
	async function remembered(page: PageId, guid: string): Promise<OwnStream> {
		const known = checked.get(guid)
		if (known !== undefined) return known
		const rows = await records.all(streamRow, 'streams', under(pageKey(page)))
		const newest = newestOf(rows)
		if (newest === undefined && rows.length > 0) return fresh(guid, rows)
		const local = newest === undefined ? streamOf(guid, 0, null) : streamOf(guid, keyToNumber(newest.key), newest.value)
		const isBehind = (await events.part(page)).some(
			({ clientId, clock }) => clientId === local.clientId && clock >= local.next,
		)
		return isBehind ? fresh(guid, rows) : local
	}

	/** The newest stream, or the first, where the server's memory of it is ours; else a new one. */
	async function goOn(
		page: PageId,
		at: { guid: string; rows: readonly Kept[]; newest: Kept | undefined },
	): Promise<OwnStream | null> {
		const { guid, rows, newest } = at
		const local = newest === undefined ? streamOf(guid, 0, null) : streamOf(guid, keyToNumber(newest.key), newest.value)
		const server = await ask(guid, local.clientId)
		if (server === null) return null
		if (await agrees(page, local, server)) return local
		if (newest !== undefined) await write(await ended(page, local.incarnation))
		return fresh(guid, rows)
	}

	/**
	 * Ours may be ahead: items that are placed and not yet stored there. What the server has must be ours. Another event at
	 * the same clock, or a clock that we never gave: this device lost its memory, or is a copy.
	 */
	async function agrees(page: PageId, local: OwnStream, server: ServerStream): Promise<boolean> {
		if (server.next > local.next) return false
		if (server.next === 0) return true
		const stored =
			server.next === local.next ? null : await events.at({ ...page, clientId: local.clientId, clock: server.next - 1 })
		const ours = server.next === local.next ? local.lastEventId : (stored?.eventId ?? null)
		const theirs = server.lastEventId === null ? null : base64urlToBytes(server.lastEventId)
		return theirs !== null && ours !== null && equalBytes(theirs, ours)
	}

	async function rowAt(page: PageId, incarnation: number): Promise<StreamRow | null> {
		return records.get(streamRow, { store: 'streams', key: streamKey(page, incarnation) })
	}

	function seal(page: PageId, incarnation: number, row: StreamRow): Promise<Sealed<'streams'>> {
		return records.seal(streamRow, { store: 'streams', key: streamKey(page, incarnation) }, row)
	}

	async function ended(page: PageId, incarnation: number): Promise<Sealed<'streams'>> {
		const row = await rowAt(page, incarnation)
		const blank = { next: 0, lastEventId: new Uint8Array(16), since: time.now() }
		return seal(page, incarnation, { ...(row ?? blank), ended: true })
	}

	const write = (row: Sealed<'streams'>) =>
		storage.transaction('write', ['streams'], (tx) => tx.put('streams', row.key, row.bytes))

	return {
		current,
		remembered,
		advance: async (page, stream, eventId) => {
			const since = stream.since ?? time.now()
			const next = { ...stream, next: stream.next + 1, lastEventId: eventId, since }
			return {
				stream: next,
				row: await seal(page, stream.incarnation, { next: next.next, lastEventId: eventId, ended: false, since }),
			}
		},
		advanced: (stream) => void checked.set(stream.guid, stream),
		ended,
		abandon: (guid, incarnation) => {
			if (checked.get(guid)?.incarnation === incarnation) checked.delete(guid)
		},
		forget: () => checked.clear(),
	}
}
