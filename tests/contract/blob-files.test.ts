/** What both stores of files promise (server/domain/blob-ports.ts): a folder, and a bucket of a real store that speaks S3. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { bytesToHex, concatBytes, type Bytes } from '#protocol/bytes.ts'
import { BLOB_PIECE_MAX } from '#protocol/limits.ts'
import { openBlobFolder } from '#server/data/files/blob-folder.ts'
import { openBlobBucket } from '#server/data/s3/blob-bucket.ts'
import { BlobFilesUnavailable, type BlobFiles } from '#server/domain/blob-ports.ts'
import { fileOf } from '../support/blob-vectors.ts'
import { nodeRandom } from '../support/crypto-ports.ts'
import { recordingLog } from '../support/server.ts'
import { allOf, startS3, type S3Store } from '../support/s3.ts'

const MiB = 1024 * 1024

let s3: S3Store
beforeAll(async () => {
	s3 = await startS3()
})
afterAll(() => s3.close())

async function inFolder(): Promise<BlobFiles> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-blobs-'))
	onTestFinished(() => rm(folder, { recursive: true, force: true }))
	return openBlobFolder(join(folder, 'blobs'))
}

/** Each test has a prefix of its own. */
const inBucket = () =>
	openBlobBucket({ ...s3.place, prefix: `${bytesToHex(nodeRandom(8))}/` }, { instance: 'ours', log: recordingLog([]) })

const stores: readonly (readonly [string, () => Promise<BlobFiles>])[] = [
	['a folder', inFolder],
	['a bucket', inBucket],
]

const newBlob = () => nodeRandom(16)

test('a folder that takes nothing, as where a disk is gone or full, is a store that is away, and nothing is lost', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'kith-blobs-'))
	onTestFinished(() => rm(folder, { recursive: true, force: true }))
	const place = join(folder, 'blobs')
	const files = await openBlobFolder(place)
	const blob = newBlob()
	await files.write(blob, 0, fileOf(100))
	await rename(place, `${place}-away`)
	await writeFile(place, '')
	await expect(files.write(blob, 100, fileOf(100))).rejects.toBeInstanceOf(BlobFilesUnavailable)
	await rm(place)
	await rename(`${place}-away`, place)
	await files.write(blob, 100, fileOf(100))
	expect(await files.read(blob, 0, 200)).toEqual(concatBytes(fileOf(100), fileOf(100)))
})

/** In pieces of these lengths, one after the other. */
async function fill(files: BlobFiles, blob: Bytes, file: Bytes, lengths: readonly number[]): Promise<void> {
	let offset = 0
	for (const length of lengths) {
		await files.write(blob, offset, file.slice(offset, offset + length))
		offset += length
	}
	expect(offset).toBe(file.length)
	await files.finish(blob, offset)
}

const listed = async (files: BlobFiles) => (await allOf(files.list())).map(bytesToHex).toSorted()

describe.each(stores)('files in %s', (_, open) => {
	test.each([
		['whole pieces', [BLOB_PIECE_MAX, BLOB_PIECE_MAX, 17]],
		['pieces of any length', [1, 700_000, 400_000, BLOB_PIECE_MAX, 0, 3, BLOB_PIECE_MAX, 99]],
		['one byte', [1]],
	])('give back, from anywhere to anywhere, what came in %s', async (_name, lengths) => {
		const files = await open()
		const file = fileOf(lengths.reduce((sum, length) => sum + length))
		const blob = newBlob()
		await fill(files, blob, file, lengths)
		const parts = [0, 1, 700_001, BLOB_PIECE_MAX - 1, BLOB_PIECE_MAX, BLOB_PIECE_MAX + 1].filter(
			(at) => at < file.length,
		)
		for (const start of parts) {
			const end = Math.min(file.length, start + BLOB_PIECE_MAX)
			expect(Buffer.compare(await files.read(blob, start, end), file.slice(start, end)), `${start}`).toBe(0)
			expect(await files.read(blob, start, start + 1)).toEqual(file.slice(start, start + 1))
		}
	})

	test('a piece that comes again, shorter, longer or another, writes over what a crash left', async () => {
		const files = await open()
		const blob = newBlob()
		const file = fileOf(2 * MiB + 500)
		await files.write(blob, 0, file.slice(0, MiB - 100))
		await files.write(
			blob,
			MiB - 100,
			fileOf(MiB).map((byte) => byte ^ 1),
		)
		await files.write(blob, MiB - 100, file.slice(MiB - 100, MiB + 50))
		await files.write(blob, MiB + 50, file.slice(MiB + 50, 2 * MiB))
		await files.write(blob, MiB + 50, file.slice(MiB + 50, 2 * MiB + 50))
		await files.write(blob, 2 * MiB + 50, file.slice(2 * MiB + 50))
		await files.finish(blob, file.length)
		for (let at = 0; at < file.length; at += MiB)
			expect(
				Buffer.compare(await files.read(blob, at, Math.min(file.length, at + MiB)), file.slice(at, at + MiB)),
			).toBe(0)
	})

	test('give out nothing that is not there', async () => {
		const files = await open()
		const blob = newBlob()
		await expect(files.read(blob, 0, 1)).rejects.toThrow()
		await files.write(blob, 0, fileOf(100))
		await expect(files.read(blob, 0, 101)).rejects.toThrow()
		await expect(files.read(blob, 100, 101)).rejects.toThrow()
		await expect(files.read(newBlob(), 0, 1)).rejects.toThrow()
	})

	test('list all that lie there, whole or not, each once; nothing is left of what was removed', async () => {
		const files = await open()
		const [large, begun, gone] = [newBlob(), newBlob(), newBlob()]
		const file = fileOf(3 * MiB)
		for (const blob of [large, gone]) await fill(files, blob, file, [MiB, MiB, MiB])
		await files.write(begun, 0, fileOf(10))
		expect(await listed(files)).toEqual([large, begun, gone].map(bytesToHex).toSorted())
		await files.remove(gone)
		await files.remove(gone)
		await files.remove(newBlob())
		expect(await listed(files)).toEqual([large, begun].map(bytesToHex).toSorted())
		await expect(files.read(gone, 0, 1)).rejects.toThrow()
		expect(Buffer.compare(await files.read(large, MiB, 2 * MiB), file.slice(MiB, 2 * MiB))).toBe(0)
		await files.remove(large)
		await files.remove(begun)
		expect(await listed(files)).toEqual([])
	})
})
