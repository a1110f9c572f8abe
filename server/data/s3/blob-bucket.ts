/**
 * Blobs in a bucket: each in cells of 1 MiB, `<id in hexadecimal>/<number of the cell>`, so that a piece of an upload is durable
 * with one request and a piece of a download comes with one (docs/decisions/0350). A cell that a piece begins in the middle of is
 * written anew with what was there before it; its row says how far it came, and what lies beyond is written over.
 */
import { bytesToHex, concatBytes, hexToBytes, type Bytes } from '#protocol/bytes.ts'
import { BlobFilesUnavailable, type BlobFiles } from '#server/domain/blob-ports.ts'
import type { Log } from '#server/domain/log.ts'
import type { BlobStore } from '#server/config-addresses.ts'
import { openBucket, type Bucket } from './bucket.ts'

/** What stands in a store is cut so: never to be changed. */
const cellBytes = 1024 * 1024
/** Deletions under way at once. */
const atOnce = 8
/** Says whose bucket it is: another instance would sweep what it does not know. */
const ownerKey = 'kith-instance'

export interface BlobBucket extends BlobFiles {
	/** As it was at the opening. */
	readonly state: {
		/** Null: it answered. */
		readonly unreachable: string | null
		/** Null: it does not say. */
		readonly keepsVersions: boolean | null
	}
}

/** Rejects with one sentence where the store will not have us; one that is away may come back. */
export async function openBlobBucket(
	store: BlobStore,
	{ instance, log }: { readonly instance: string; readonly log: Log },
): Promise<BlobBucket> {
	const bucket = openBucket(store)
	const owner = ownership(bucket, instance)
	const unreachable = await owner.check().then(
		() => null,
		(error: unknown) => {
			if (!(error instanceof BlobFilesUnavailable) || error.isFinal) throw sentenceOf(error)
			return error.code
		},
	)
	if (unreachable !== null) log.warn('file-store-unreachable', { code: unreachable })
	const keepsVersions = unreachable === null ? await bucket.keepsVersions().catch(() => null) : null
	if (keepsVersions === true) log.warn('file-store-keeps-versions')
	return { ...blobFilesIn(bucket, owner.check), state: { unreachable, keepsVersions } }
}

function sentenceOf(error: unknown): unknown {
	if (!(error instanceof BlobFilesUnavailable)) return error
	return new Error(
		`KITH_BLOBS names a store that refuses (${error.code}): look at endpoint, region, bucket, KITH_BLOBS_KEY_ID and KITH_BLOBS_SECRET.`,
	)
}

/** Asked until it was answered once: nothing is written or swept in a bucket that may be another's. */
function ownership(bucket: Bucket, instance: string) {
	let isKnown = false
	return {
		check: async (): Promise<void> => {
			if (isKnown) return
			const found = await bucket.get(ownerKey, 0, 256)
			if (found === null) await bucket.put(ownerKey, Uint8Array.from(Buffer.from(instance)))
			else if (Buffer.from(found).toString() !== instance)
				throw new Error('KITH_BLOBS names a place where the files of another Kith lie: give each its own prefix or bucket.')
			isKnown = true
		},
	}
}

function blobFilesIn(bucket: Bucket, mustBeOurs: () => Promise<void>): BlobFiles {
	const keyOf = (blob: Bytes, cell: number) => `${bytesToHex(blob)}/${String(cell).padStart(6, '0')}`

	/** `bytes` at `within` of a cell, after what lies before them. */
	async function writeCell(key: string, within: number, bytes: Bytes): Promise<void> {
		if (within === 0) return bucket.put(key, bytes)
		const before = await bucket.get(key, 0, within)
		if (before?.length !== within) throw new Error('a file is shorter than its row says')
		await bucket.put(key, concatBytes(before, bytes))
	}

	return {
		write: async (blob, offset, bytes) => {
			await mustBeOurs()
			for (const { cell, within, from, to } of cellsOf(offset, offset + bytes.length))
				await writeCell(keyOf(blob, cell), within, bytes.slice(from - offset, to - offset))
		},
		finish: async () => {},
		read: async (blob, start, end) => {
			const parts: Bytes[] = []
			for (const { cell, within, from, to } of cellsOf(start, end)) {
				const part = await bucket.get(keyOf(blob, cell), within, within + to - from)
				if (part?.length !== to - from) throw new Error('a file is shorter than its row says')
				parts.push(part)
			}
			return concatBytes(...parts)
		},
		remove: async (blob) => {
			await mustBeOurs()
			const begin = `${bytesToHex(blob)}/`
			// Listed anew until nothing is listed: what is deleted meanwhile moves no page of a listing.
			for (let round = 0; round < roundsMax; round++) {
				const keys = await some(bucket, begin)
				if (keys.length === 0) return
				for (let at = 0; at < keys.length; at += atOnce)
					await Promise.all(keys.slice(at, at + atOnce).map((key) => bucket.remove(key)))
			}
			throw new BlobFilesUnavailable('not-deleted')
		},
		async *list() {
			await mustBeOurs()
			for await (const folder of bucket.folders()) {
				const blob = /^(?:[0-9a-f]{2}){1,64}$/.test(folder) ? hexToBytes(folder) : null
				if (blob !== null) yield blob
			}
		},
	}
}

const someMax = 1000
/** The largest blob takes five. */
const roundsMax = 16

async function some(bucket: Bucket, begin: string): Promise<string[]> {
	const keys: string[] = []
	for await (const key of bucket.keys(begin)) if (keys.push(key) === someMax) break
	return keys
}

function* cellsOf(start: number, end: number) {
	for (let from = start; from < end;) {
		const cell = Math.floor(from / cellBytes)
		const to = Math.min(end, (cell + 1) * cellBytes)
		yield { cell, within: from - cell * cellBytes, from, to }
		from = to
	}
}
