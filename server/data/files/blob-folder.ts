/**
 * Blobs as files in the data folder: `ab/ab12….blob` by the id in hexadecimal, 256 folders. A piece is synced before it counts,
 * and its row says how far it came: what lies beyond, after a crash, is written over.
 */
import { BlobFilesUnavailable, type BlobFiles } from '#server/domain/blob-ports.ts'
import { bytesToHex, hexToBytes, type Bytes } from '#protocol/bytes.ts'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const ending = '.blob'

export async function openBlobFolder(folder: string): Promise<BlobFiles> {
	await mkdir(folder, { recursive: true, mode: 0o700 })
	const shelfOf = (blob: Bytes) => join(folder, bytesToHex(blob.slice(0, 1)))
	const pathOf = (blob: Bytes) => join(shelfOf(blob), bytesToHex(blob) + ending)
	return {
		write: (blob, offset, bytes) =>
			reaching(async () => {
				await mkdir(shelfOf(blob), { recursive: true, mode: 0o700 })
				const file = await open(pathOf(blob), constants.O_RDWR | constants.O_CREAT, 0o600)
				try {
					await writeAll(file, offset, bytes)
					await file.datasync()
				} finally {
					await file.close()
				}
			}),
		finish: async () => {},
		read: async (blob, start, end) => {
			const file = await open(pathOf(blob), 'r')
			try {
				const bytes = new Uint8Array(end - start)
				const { bytesRead } = await file.read(bytes, 0, bytes.length, start)
				if (bytesRead !== bytes.length) throw new Error('a file is shorter than its row says')
				return bytes
			} finally {
				await file.close()
			}
		},
		remove: (blob) => rm(pathOf(blob), { force: true }),
		list: () => listed(folder),
	}
}

/** A disk that is full, gone or broken: whoever waits for it is told so, and may come again. */
async function reaching<T>(work: () => Promise<T>): Promise<T> {
	try {
		return await work()
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException
		throw code === undefined ? error : new BlobFilesUnavailable(code)
	}
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, offset: number, bytes: Bytes): Promise<void> {
	for (let done = 0; done < bytes.length;) {
		done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten
	}
}

async function* listed(folder: string): AsyncIterable<Bytes> {
	for (const shelf of await readdir(folder)) {
		for (const name of await readdir(join(folder, shelf))) {
			const blob = name.endsWith(ending) ? hexToBytes(name.slice(0, -ending.length)) : null
			if (blob !== null) yield blob
		}
	}
}
