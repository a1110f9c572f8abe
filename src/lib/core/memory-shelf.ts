/** A shelf that ends with its process: for guests, and for clients without a store. */
import type { Bytes } from '#protocol/bytes.ts'
import type { FileShelf } from './deps.ts'

/** So that a file that grows is never copied as a whole. */
const blockLength = 256 * 1024

interface Shelved {
	readonly blocks: Map<number, Bytes>
	length: number
}

export function memoryShelf(): FileShelf {
	const files = new Map<string, Shelved>()

	/** Of `[start, end)`, block for block: where in the block, and where in the range. */
	function* blocksOf(start: number, end: number) {
		for (let at = start; at < end;) {
			const number = Math.floor(at / blockLength)
			const from = at - number * blockLength
			const length = Math.min(blockLength - from, end - at)
			yield { number, from, length, offset: at - start }
			at += length
		}
	}

	function put(name: string, at: number, bytes: Bytes): void {
		const file = files.get(name) ?? { blocks: new Map<number, Bytes>(), length: 0 }
		files.set(name, file)
		for (const { number, from, length, offset } of blocksOf(at, at + bytes.length)) {
			const block = file.blocks.get(number) ?? new Uint8Array(blockLength)
			block.set(bytes.subarray(offset, offset + length), from)
			file.blocks.set(number, block)
		}
		file.length = Math.max(file.length, at + bytes.length)
	}

	function read(name: string, start: number, end: number): Bytes {
		const file = files.get(name)
		if (file === undefined || file.length < end) throw new Error('not on the shelf')
		const bytes = new Uint8Array(end - start)
		for (const { number, from, length, offset } of blocksOf(start, end)) {
			const block = file.blocks.get(number)
			if (block !== undefined) bytes.set(block.subarray(from, from + length), offset)
		}
		return bytes
	}

	return {
		size: async (name) => files.get(name)?.length ?? 0,
		append: async (name, bytes) => put(name, files.get(name)?.length ?? 0, bytes),
		write: async (name, at, bytes) => put(name, at, bytes),
		read: async (name, start, end) => read(name, start, end),
		part: async (name, start, end) => new Blob([read(name, start, end)]),
		remove: async (name) => void files.delete(name),
		list: async () => [...files.keys()],
	}
}
