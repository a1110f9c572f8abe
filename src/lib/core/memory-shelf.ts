/** A shelf that ends with its process: for guests, and for clients without a store. */
import { concatBytes, copyBytes, type Bytes } from '#protocol/bytes.ts'
import type { FileShelf } from './deps.ts'

export function memoryShelf(): FileShelf {
	const files = new Map<string, { readonly pieces: Bytes[]; length: number }>()
	return {
		size: async (name) => files.get(name)?.length ?? 0,
		append: async (name, bytes) => {
			const file = files.get(name) ?? { pieces: [], length: 0 }
			file.pieces.push(copyBytes(bytes))
			file.length += bytes.length
			files.set(name, file)
		},
		read: async (name, start, end) => {
			const file = files.get(name)
			if (file === undefined || file.length < end) throw new Error('not on the shelf')
			const parts: Bytes[] = []
			let at = 0
			for (const piece of file.pieces) {
				if (at + piece.length > start && at < end) parts.push(piece.slice(Math.max(0, start - at), end - at))
				at += piece.length
			}
			return concatBytes(...parts)
		},
		remove: async (name) => void files.delete(name),
		list: async () => [...files.keys()],
	}
}
