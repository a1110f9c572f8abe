/**
 * Ciphertext of files in the browser's private file system (File System Standard, §3): in a worker, by synchronous handles,
 * which alone append in place. A database would hold each piece in memory twice.
 */
import type { FileShelf } from '#core/deps.ts'
import type { Bytes } from '#protocol/bytes.ts'

/** What a worker has, and the typings of a window do not. */
interface SyncHandle {
	getSize(): number
	read(into: Bytes, options: { at: number }): number
	write(bytes: Bytes, options: { at: number }): number
	flush(): void
	close(): void
}
type WorkerFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> }

export function openOpfsShelf(folderName: string): FileShelf {
	let folder: Promise<FileSystemDirectoryHandle> | null = null
	/** One handle a file at a time: the standard locks it. */
	const last = new Map<string, Promise<unknown>>()

	const folderNow = () =>
		(folder ??= navigator.storage.getDirectory().then((root) => root.getDirectoryHandle(folderName, { create: true })))

	async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
		const mine = (last.get(name) ?? Promise.resolve()).then(work, work)
		last.set(name, mine)
		try {
			return await mine
		} finally {
			if (last.get(name) === mine) last.delete(name)
		}
	}

	function withHandle<T>(name: string, create: boolean, work: (handle: SyncHandle) => T): Promise<T> {
		return inTurn(name, async () => {
			const file = (await (await folderNow()).getFileHandle(name, { create })) as WorkerFile
			const handle = await file.createSyncAccessHandle()
			try {
				return work(handle)
			} finally {
				handle.close()
			}
		})
	}

	return {
		size: (name) =>
			withHandle(name, false, (handle) => handle.getSize()).catch((error: unknown) => {
				if (isNotFound(error)) return 0
				throw error
			}),
		append: (name, bytes) => withHandle(name, true, (handle) => put(handle, handle.getSize(), bytes)),
		write: (name, at, bytes) => withHandle(name, true, (handle) => put(handle, at, bytes)),
		read: (name, start, end) =>
			withHandle(name, false, (handle) => {
				const bytes = new Uint8Array(end - start)
				if (handle.read(bytes, { at: start }) !== bytes.length) throw new Error('not on the shelf')
				return bytes
			}),
		part: (name, start, end) =>
			inTurn(name, async () => {
				const file = await (await (await folderNow()).getFileHandle(name)).getFile()
				if (file.size < end) throw new Error('not on the shelf')
				return file.slice(start, end)
			}),
		remove: (name) =>
			inTurn(name, async () => {
				await (await folderNow()).removeEntry(name).catch((error: unknown) => {
					if (!isNotFound(error)) throw error
				})
			}),
		list: async () => {
			const names: string[] = []
			for await (const name of (await folderNow()).keys()) names.push(name)
			return names
		},
	}
}

function put(handle: SyncHandle, at: number, bytes: Bytes): void {
	if (handle.write(bytes, { at }) !== bytes.length) throw new Error('no room on this device')
	handle.flush()
}

function isNotFound(error: unknown): boolean {
	return error instanceof DOMException && error.name === 'NotFoundError'
}
