/** Ciphertext of files in a folder beside a Node store. */
import { constants, openAsBlob } from 'node:fs'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileShelf } from '#core/deps.ts'

export async function openFolderShelf(folder: string): Promise<FileShelf> {
	await mkdir(folder, { recursive: true, mode: 0o700 })
	const pathOf = (name: string) => join(folder, name)
	return {
		size: (name) =>
			stat(pathOf(name)).then(
				({ size }) => size,
				() => 0,
			),
		append: async (name, bytes) => {
			const file = await open(pathOf(name), 'a', 0o600)
			try {
				await file.appendFile(bytes)
				await file.datasync()
			} finally {
				await file.close()
			}
		},
		write: async (name, at, bytes) => {
			const file = await open(pathOf(name), constants.O_RDWR | constants.O_CREAT, 0o600)
			try {
				const { bytesWritten } = await file.write(bytes, 0, bytes.length, at)
				if (bytesWritten !== bytes.length) throw new Error('no room on this device')
				await file.datasync()
			} finally {
				await file.close()
			}
		},
		read: async (name, start, end) => {
			const file = await open(pathOf(name), 'r')
			try {
				const bytes = new Uint8Array(end - start)
				const { bytesRead } = await file.read(bytes, 0, bytes.length, start)
				if (bytesRead !== bytes.length) throw new Error('not on the shelf')
				return bytes
			} finally {
				await file.close()
			}
		},
		part: async (name, start, end) => exactly(await openAsBlob(pathOf(name)), start, end),
		remove: (name) => rm(pathOf(name), { force: true }),
		list: () => readdir(folder),
	}
}

function exactly(file: Blob, start: number, end: number): Blob {
	if (file.size < end) throw new Error('not on the shelf')
	return file.slice(start, end)
}
