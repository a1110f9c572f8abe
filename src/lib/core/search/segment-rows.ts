/**
 * Segments at rest: each part a sealed row of `searchIndex`, named by the number of its segment and nothing that it says. What was
 * opened last stays in memory, up to a bound.
 */
import type { Bytes } from '#protocol/bytes.ts'
import type { Codec, Decoded } from '#protocol/codec.ts'
import { searchRowKey, searchSegmentRange } from '#store/keys.ts'
import type { Storage, Transaction } from '#store/storage.ts'
import type { Records, Sealed } from '../records.ts'
import {
	placesChunk,
	segmentBlock,
	segmentFilters,
	segmentHead,
	segmentPlaces,
	type Segment,
	type SegmentHead,
} from './segment.ts'

const parts = { head: segmentHead, filters: segmentFilters, places: segmentPlaces, block: segmentBlock } as const
type PartName = keyof typeof parts
type Part<P extends PartName> = Decoded<(typeof parts)[P]>

export interface PartAt<P extends PartName = PartName> {
	readonly segment: number
	readonly part: P
	readonly index: number
}

export interface SegmentRows {
	/** All heads, by number of their segment, ascending. Null where one of them does not open: nothing here is to be trusted. */
	readonly heads: () => Promise<ReadonlyMap<number, SegmentHead> | null>
	/** In one transaction; throws DamagedIndex where one does not open. */
	readonly read: <P extends PartName>(wanted: readonly PartAt<P>[]) => Promise<readonly Part<P>[]>
	/** The whole of it. */
	readonly load: (segment: number, head: SegmentHead) => Promise<Segment>
	readonly seal: (number: number, segment: Segment) => Promise<readonly Sealed<'searchIndex'>[]>
	readonly remove: (tx: Transaction, segment: number) => Promise<void>
	readonly clear: () => Promise<void>
}

/** A row of the index is gone or does not open: the index is made anew from the messages. */
export class DamagedIndex extends Error {}

/** Bytes of opened parts that stay in memory. */
const memoryMax = 12 * 1024 * 1024

export function createSegmentRows({ records, storage }: { records: Records; storage: Storage }): SegmentRows {
	/** The least recently used first. */
	const opened = new Map<string, { readonly value: unknown; readonly size: number }>()
	let size = 0

	function forget(key: string): void {
		size -= opened.get(key)?.size ?? 0
		opened.delete(key)
	}

	function remember(key: string, value: unknown, bytes: number): void {
		forget(key)
		opened.set(key, { value, size: bytes })
		size += bytes
		for (const oldest of opened.keys()) {
			if (size <= memoryMax) break
			forget(oldest)
		}
	}

	const keyOf = ({ segment, part, index }: PartAt) => searchRowKey(part, segment, index)

	async function read<P extends PartName>(wanted: readonly PartAt<P>[]): Promise<readonly Part<P>[]> {
		const keys = wanted.map(keyOf)
		const values = keys.map((key) => opened.get(key))
		const missing = keys.filter((_, i) => values[i] === undefined)
		const rows = await storage.transaction('read', ['searchIndex'], (tx) =>
			Promise.all(missing.map((key) => tx.get('searchIndex', key))),
		)
		const bytes = new Map(missing.map((key, i) => [key, rows[i] ?? null]))
		return Promise.all(
			wanted.map(async ({ part }, i) => {
				const key = keys[i] as string
				const known = values[i]
				const value = known === undefined ? await openOne(part, key, bytes.get(key) ?? null) : (known.value as Part<P>)
				remember(key, value, known?.size ?? bytes.get(key)?.length ?? 0)
				return value
			}),
		)
	}

	async function openOne<P extends PartName>(part: P, key: string, bytes: Bytes | null): Promise<Part<P>> {
		const codec = parts[part] as unknown as Codec<Part<P>>
		const [row] = bytes === null ? [] : await records.openAll(codec, 'searchIndex', [{ key, bytes }])
		if (row === undefined) throw new DamagedIndex()
		return row.value
	}

	return {
		heads: async () => {
			const rows = await storage.transaction('read', ['searchIndex'], (tx) =>
				tx.range('searchIndex', searchSegmentRange('head')),
			)
			const heads = await records.openAll(segmentHead, 'searchIndex', rows)
			if (heads.length < rows.length) return null
			return new Map(heads.map(({ key, value }) => [Number.parseInt(key.split('/')[1] as string, 16), value]))
		},
		read,
		load: async (segment, head) => {
			const chunks = Math.ceil(head.count / placesChunk)
			const [[filters], places, blocks] = await Promise.all([
				read([{ segment, part: 'filters', index: 0 }]),
				read(Array.from({ length: chunks }, (_, index) => ({ segment, part: 'places' as const, index }))),
				read(head.blocks.map((_, index) => ({ segment, part: 'block' as const, index }))),
			])
			return { head, filters: filters as Segment['filters'], places, blocks }
		},
		seal: (number, { head, filters, places, blocks }) => {
			const seal = <P extends PartName>(part: P, index: number, value: Part<P>) =>
				records.seal(
					parts[part] as unknown as Codec<Part<P>>,
					{ store: 'searchIndex', key: searchRowKey(part, number, index) },
					value,
				)
			return Promise.all([
				seal('head', 0, head),
				seal('filters', 0, filters),
				...places.map((chunk, i) => seal('places', i, chunk)),
				...blocks.map((block, i) => seal('block', i, block)),
			])
		},
		remove: async (tx, segment) => {
			for (const part of Object.keys(parts) as PartName[]) {
				const range = searchSegmentRange(part, segment)
				for (const key of opened.keys()) if (key.startsWith(range.from as string)) forget(key)
				await tx.deleteRange('searchIndex', range)
			}
		},
		clear: async () => {
			opened.clear()
			size = 0
			await storage.transaction('write', ['searchIndex'], (tx) => tx.clear('searchIndex'))
		},
	}
}
