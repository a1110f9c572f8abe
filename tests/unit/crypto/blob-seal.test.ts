import { createDecipheriv, createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { blobSealer, newBlobKey } from '#crypto/blob-seal.ts'
import { startHash } from '#crypto/hash.ts'
import { createCrypto } from '#crypto/suite.ts'
import { blobLengthOf, chunksOf, fileLengthOf } from '#protocol/blob.ts'
import { concatBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { BLOB_CHUNK, BLOB_MAX } from '#protocol/limits.ts'
import { blobVectorOf, fileOf, sealFile, type BlobVector } from '#tests/support/blob-vectors.ts'
import { readVectors } from '#tests/support/json-vectors.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

const crypto = await createCrypto({ random: seededRandom('blobs') })
const frozen = readVectors<BlobVector[]>('blobs')
const key = newBlobKey(crypto)
const chunk = 16 + BLOB_CHUNK

async function open(blob: Bytes): Promise<(Bytes | null)[]> {
	const length = fileLengthOf(blob.length)
	if (length === null) return [null]
	const sealer = await blobSealer(crypto, key)
	const places = [...chunksOf(length)]
	return Promise.all(places.map((place) => sealer.open(place, blob.slice(place.blob.start, place.blob.end))))
}

describe('[BLB1] a file is cut into chunks, each sealed in its place', () => {
	it.each(frozen.map((vector) => [vector.fileLength, vector] as const))('%i bytes, as frozen', async (_, vector) => {
		expect(await blobVectorOf(crypto, vector.fileLength)).toEqual(vector)
	})

	it('as the text says, byte for byte, by another implementation', async () => {
		const [first, last] = (await sealFile(crypto, key, fileOf(BLOB_CHUNK + 5))) as [Bytes, Bytes]
		const opened = [first, last].map((sealed, index) => {
			const nonce = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, index, index])
			const decipher = createDecipheriv('aes-256-gcm', key.key, nonce)
			decipher.setAAD(Buffer.concat([Buffer.from('kith/blobaad/1'), key.blobId]))
			decipher.setAuthTag(sealed.slice(-16))
			return Buffer.concat([decipher.update(sealed.slice(0, -16)), decipher.final()])
		})
		expect(equalBytes(concatBytes(...opened), fileOf(BLOB_CHUNK + 5))).toBe(true)
	})

	it('chunks that are exchanged, doubled, left out, of another blob or not the last do not open', async () => {
		const sealed = await sealFile(crypto, key, fileOf(3 * BLOB_CHUNK))
		const [a, b, c] = sealed as [Bytes, Bytes, Bytes]
		expect((await open(concatBytes(a, b, c))).includes(null)).toBe(false)
		expect(await open(concatBytes(b, a, c))).toEqual([null, null, expect.anything()])
		expect(await open(concatBytes(a, a, c))).toEqual([expect.anything(), null, expect.anything()])
		expect((await open(concatBytes(a, b)))[1]).toBeNull()
		expect((await open(concatBytes(a, c)))[1]).toBeNull()
		const [strange] = await sealFile(crypto, { ...key, blobId: crypto.random(16) }, fileOf(BLOB_CHUNK))
		expect(await open(strange as Bytes)).toEqual([null])
	})

	it('draws key and id for each blob', () => {
		const other = newBlobKey(crypto)
		expect(equalBytes(other.key, key.key) || equalBytes(other.blobId, key.blobId)).toBe(false)
	})
})

describe('[BLB2] a length tells whether it is that of a blob', () => {
	it('every file has one, and it leads back', () => {
		for (const length of [0, 1, BLOB_CHUNK - 1, BLOB_CHUNK, BLOB_CHUNK + 1, 1_000_000_000]) {
			expect(fileLengthOf(blobLengthOf(length))).toBe(length)
			const chunks = [...chunksOf(length)]
			expect(chunks.at(-1)).toMatchObject({ final: true, file: { end: length }, blob: { end: blobLengthOf(length) } })
			expect(chunks.filter(({ final }) => final)).toHaveLength(1)
		}
	})

	it('no other has', () => {
		const wrong = [0, 15, -1, 0.5, chunk + 1, chunk + 16, 2 * chunk + 3, Number.NaN, BLOB_MAX + 17, 2 ** 53]
		expect(wrong.map(fileLengthOf)).toEqual(wrong.map(() => null))
	})
})

it('SHA-256 of pieces is that of the whole', () => {
	const running = startHash()
	for (const part of [fileOf(0), fileOf(100), fileOf(9999)]) running.update(part)
	const whole = createHash('sha256')
		.update(concatBytes(fileOf(100), fileOf(9999)))
		.digest('hex')
	expect(Buffer.from(running.digest()).toString('hex')).toBe(whole)
})
