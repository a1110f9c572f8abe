/** Which files are on this device, and in what state: rows in memory, each change on the disk before it is told. */
import { blobAt, blobRange, blobRow, nameOfKey, type BlobRow } from './blob-rows.ts'
import type { FileShelf } from './deps.ts'
import type { Records } from './records.ts'

export interface BlobBook {
	/** From the store, and of what is unsent where all of it lies on the shelf; what lies on the shelf without a row is nobody's, and goes. */
	readonly restore: (unsent: readonly (readonly [string, BlobRow])[]) => Promise<void>
	readonly get: (name: string) => BlobRow | null
	readonly all: () => readonly (readonly [string, BlobRow])[]
	readonly set: (name: string, row: BlobRow) => Promise<void>
	/** With its bytes. */
	readonly remove: (name: string) => Promise<void>
}

export function createBlobBook({ records, shelf }: { records: Records; shelf: FileShelf }): BlobBook {
	const rows = new Map<string, BlobRow>()
	const book: BlobBook = {
		restore: async (unsent) => {
			for (const { key, value } of await records.all(blobRow, 'meta', blobRange)) rows.set(nameOfKey(key), value)
			for (const [name, row] of unsent) {
				if (!rows.has(name) && (await shelf.size(name)) === row.length) await book.set(name, row)
			}
			for (const name of await shelf.list()) if (!rows.has(name)) await shelf.remove(name)
		},
		get: (name) => rows.get(name) ?? null,
		all: () => [...rows],
		set: async (name, row) => {
			await records.put(blobRow, blobAt(name), row)
			rows.set(name, row)
		},
		remove: async (name) => {
			rows.delete(name)
			await records.delete(blobAt(name))
			await shelf.remove(name)
		},
	}
	return book
}
