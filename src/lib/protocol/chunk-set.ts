/** Which chunks of a blob somebody has: one bit each, the lowest of the first byte for the first. */
import type { Bytes } from './bytes.ts'

export interface ChunkSet {
	readonly has: (index: number) => boolean
	readonly add: (index: number) => void
	/** How many. */
	readonly size: () => number
	readonly bytes: () => Bytes
}

/** `count`: chunks of the blob; bits beyond, and bytes that are missing, say nothing. */
export function chunkSet(count: number, from: Uint8Array = new Uint8Array()): ChunkSet {
	const bits = new Uint8Array(Math.ceil(count / 8))
	bits.set(from.subarray(0, bits.length))
	const isIn = (index: number) => index >= 0 && index < count
	const has = (index: number) => isIn(index) && ((bits[index >> 3] as number) & (1 << (index & 7))) !== 0
	let size = 0
	for (let index = 0; index < count; index++) if (has(index)) size++
	return {
		has,
		add: (index) => {
			if (!isIn(index) || has(index)) return
			bits[index >> 3] = (bits[index >> 3] as number) | (1 << (index & 7))
			size++
		},
		size: () => size,
		bytes: () => bits.slice(),
	}
}

export function allChunks(count: number): ChunkSet {
	return chunkSet(count, new Uint8Array(Math.ceil(count / 8)).fill(0xff))
}
