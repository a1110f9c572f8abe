/** A file that comes from devices and from the server: who gives what, who lies, and what becomes of it. */
import { describe, expect, test } from 'vitest'
import { createBlobFetch } from '#core/blob-fetch.ts'
import { openIntake } from '#core/blob-intake.ts'
import { blobName } from '#core/blob-rows.ts'
import type { ChunkSource, SaidOfBlob } from '#core/chunk-sources.ts'
import { memoryShelf } from '#core/memory-shelf.ts'
import { sealFile } from '#core/seal-file.ts'
import { blobSealer } from '#crypto/blob-seal.ts'
import { createCrypto } from '#crypto/suite.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { allChunks, chunkSet, type ChunkSet } from '#protocol/chunk-set.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import { fail, ok } from '#protocol/result.ts'
import { fileNamed } from '../../support/files.ts'

const KiB = 1024
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
const suite = await createCrypto({ random })
const described = { name: 'film', mime: 'video/mp4', picture: null, sound: null }

/** A file of twenty chunks, as its author sealed it; what a liar with the key would give; and who is asked for it. */
async function scene() {
	const [author, shelf] = [memoryShelf(), memoryShelf()]
	const attachment = await sealFile(
		{ crypto: suite, shelf: author, sealed: () => {} },
		fileNamed('film', 5000 * KiB).file,
		described,
	)
	const intake = (await openIntake({ crypto: suite, shelf }, attachment))!
	const name = blobName(attachment)
	const sealed = (index: number) => {
		const { start, end } = intake.place(index).blob
		return author.read(name, start, end)
	}
	const forged = async (index: number) => {
		const { file } = intake.place(index)
		return (await blobSealer(suite, attachment)).seal(intake.place(index), new Uint8Array(file.end - file.start))
	}
	const state = { asked: [] as string[], barred: [] as string[], server: 'there' as 'there' | 'away', served: 0 }
	let wake = () => {}

	function source(
		device: string,
		give: (index: number) => Promise<Bytes | null>,
		said: Partial<SaidOfBlob> & { chunks?: ChunkSet } = {},
	): ChunkSource {
		let under = 0
		return {
			device,
			said: () => ({ chunks: said.chunks ?? allChunks(intake.count), fetching: said.fetching ?? false }),
			room: () => 2 - under,
			fetch: async (index) => {
				under++
				state.asked.push(device)
				const bytes = await give(index)
				under--
				return bytes
			},
			bar: () => {
				state.barred.push(device)
				wake()
			},
		}
	}

	async function run(sources: readonly ChunkSource[], isStopped = () => false) {
		const fetched = createBlobFetch(
			{ conversation: 'c', attachment },
			{
				...{ self: { device: 'm' }, crypto: suite, intake, isStopped, moved: () => {}, now: () => Date.now() },
				timers: {
					after: (ms, work) =>
						(
							(timer) => () =>
								clearTimeout(timer)
						)(setTimeout(work, Math.min(ms, 5))),
				},
				http: {
					call: () => Promise.reject(new Error('nothing is called')),
					transfer: async ({ input }) => {
						if (state.server === 'away') return fail({ type: 'offline' })
						const from = input['from'] as number
						const body = await author.read(name, from, Math.min(attachment.length, from + 1024 * KiB))
						state.served += body.length
						return ok({ header: () => null, body })
					},
				},
				sources: (changed) => {
					wake = changed
					return { now: () => sources.filter(({ device }) => !state.barred.includes(device)), leave: () => {} }
				},
			},
		)
		const result = await fetched.run()
		const isRight = result.ok && intake.isTrue() && (await isSame(author, shelf, attachment))
		return { result, isRight }
	}
	return { attachment, intake, sealed, forged, source, run, state }
}

async function isSame(one: ReturnType<typeof memoryShelf>, other: typeof one, { length, ...blob }: Attachment) {
	const read = (shelf: typeof one) => shelf.read(blobName(blob), 0, length)
	return Buffer.from(await read(one)).equals(await read(other))
}

describe('[BLB10] from devices and the server', () => {
	test('devices that have it give it all, some each, and the server nothing', async () => {
		const { sealed, source, run, state } = await scene()
		expect(await run([source('a', sealed), source('b', sealed)])).toMatchObject({ isRight: true })
		expect(state.served).toBe(0)
		expect(new Set(state.asked)).toEqual(new Set(['a', 'b']))
	})

	test('what no device has comes from the server, and what one has does not', async () => {
		const { sealed, source, run, state, intake, attachment } = await scene()
		const chunks = chunkSet(intake.count)
		for (let index = 0; index < 10; index++) chunks.add(index)
		expect(await run([source('a', sealed, { chunks })])).toMatchObject({ isRight: true })
		expect(state.asked).toHaveLength(10)
		expect(state.served).toBeLessThan(attachment.length * 0.6)
	})

	test('a device that does not give what it said goes aside; without a server that is the end, to go on with later', async () => {
		const { sealed, source, run, state } = await scene()
		const silent = source('a', async () => null)
		state.server = 'away'
		expect((await run([silent])).result).toEqual({ ok: false, error: { type: 'offline' } })
		expect(await run([silent, source('b', sealed)])).toMatchObject({ isRight: true })
		expect(state.barred).toEqual([])
	})

	test('what was begun goes on with what is there', async () => {
		const { intake, sealed, source, run, state } = await scene()
		for (const index of [3, 7, 0]) await intake.take(index, await sealed(index))
		expect(await run([source('a', sealed)])).toMatchObject({ isRight: true })
		expect(state.asked).toHaveLength(intake.count - 3)
	})

	test('stopped, it asks for no more', async () => {
		const { sealed, source, run, state } = await scene()
		const stopped = await run([source('a', sealed)], () => state.asked.length > 0)
		expect(stopped.result).toEqual({ ok: false, error: { type: 'interrupted' } })
		expect(state.asked.length).toBeLessThanOrEqual(2)
	})
})

describe('[PEER11] poison', () => {
	test('a chunk that does not open bars who gave it, and comes from another', async () => {
		const { sealed, source, run, state } = await scene()
		const poisoned = source('a', async (index) => {
			const bytes = await sealed(index)
			bytes[100] = (bytes[100] as number) ^ 1
			return bytes
		})
		expect(await run([poisoned, source('b', sealed)])).toMatchObject({ isRight: true })
		expect(state.barred).toContain('a')
		expect(state.barred).not.toContain('b')
		expect(state.served).toBe(0)
	})

	test('one that opens and is another is found by the hash: who said that it had all is barred, who passed it on is not', async () => {
		const { sealed, forged, source, run, state, attachment } = await scene()
		const liar = source('a', (index) => (index === 4 ? forged(index) : sealed(index)))
		const fooled = source('b', (index) => (index === 5 ? forged(index) : sealed(index)), {
			chunks: chunkSet(20, new Uint8Array([0x20])),
			fetching: true,
		})
		const honest = source('c', (index) => sealed(index), { chunks: chunkSet(20, new Uint8Array([0xcf, 0xff, 0xff])) })
		// The fourth stands with the liar alone.
		expect(await run([liar, fooled, honest])).toMatchObject({ isRight: true })
		expect(state.served).toBeGreaterThanOrEqual(attachment.length)
		expect(state.barred).toEqual(['a'])
	})

	test('without a server the devices that have all are asked in turn, each alone', async () => {
		const { sealed, forged, source, run, state } = await scene()
		state.server = 'away'
		const liar = source('a', forged)
		const honest = source('b', sealed)
		expect(await run([liar, honest])).toMatchObject({ isRight: true })
		expect(new Set(state.barred)).toEqual(new Set(['a']))
	})

	test('where all lie there is no file', async () => {
		const { forged, source, run, state } = await scene()
		state.server = 'away'
		const { result } = await run([source('a', forged)])
		expect(result).toEqual({ ok: false, error: { type: 'damaged-file' } })
		expect(state.barred).toEqual(['a'])
	})
})
