/** Files of a backup: hashed as they are read, durable when a copy resolves. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, statfs, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface FileDigest {
	readonly bytes: number
	readonly sha256: string
}

const pieceBytes = 1024 * 1024

/** A link is not followed: a file of a backup lies in it. Null: there is no such plain file. */
async function openPlain(path: string) {
	const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch(() => null)
	if (file === null || (await file.stat()).isFile()) return file
	await file.close()
	return null
}

async function eachPiece(path: string, take: (piece: Buffer) => Promise<void> | void): Promise<FileDigest | null> {
	const file = await openPlain(path)
	if (file === null) return null
	try {
		const hash = createHash('sha256')
		const buffer = Buffer.allocUnsafe(pieceBytes)
		let bytes = 0
		for (;;) {
			const { bytesRead } = await file.read(buffer, 0, pieceBytes, bytes)
			if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') }
			const piece = buffer.subarray(0, bytesRead)
			hash.update(piece)
			await take(piece)
			bytes += bytesRead
		}
	} finally {
		await file.close()
	}
}

/** Null: there is no such plain file. */
export function digestFile(path: string): Promise<FileDigest | null> {
	return eachPiece(path, () => {})
}

/** `to` must not exist; its folders are made. Null: there is no such plain file. */
export function copyFile(from: string, to: string): Promise<FileDigest | null> {
	return writeCopy(to, (write) => eachPiece(from, write))
}

/** The same of what is read elsewhere, piece by piece, up to `length`. */
export function copyBytes(
	length: number,
	to: string,
	read: (start: number, end: number) => Promise<Uint8Array>,
): Promise<FileDigest> {
	return writeCopy(to, async (write) => {
		const hash = createHash('sha256')
		for (let at = 0; at < length; at += pieceBytes) {
			const piece = await read(at, Math.min(length, at + pieceBytes))
			hash.update(piece)
			await write(piece)
		}
		return { bytes: length, sha256: hash.digest('hex') }
	})
}

async function writeCopy<T>(to: string, fill: (write: (piece: Uint8Array) => Promise<void>) => Promise<T>): Promise<T> {
	await mkdir(dirname(to), { recursive: true, mode: 0o700 })
	const copy = await open(to, 'wx', 0o600)
	try {
		const digest = await fill(async (piece) => void (await copy.writeFile(piece)))
		await copy.datasync()
		return digest
	} finally {
		await copy.close()
	}
}

export async function writeDurably(path: string, content: string | Buffer): Promise<void> {
	await writeFile(path, content, { mode: 0o600, flag: 'wx', flush: true })
}

/** Bytes that the disk of a folder has left for us. */
export async function freeBytes(folder: string): Promise<number> {
	const { bavail, bsize } = await statfs(folder)
	return bavail * bsize
}
