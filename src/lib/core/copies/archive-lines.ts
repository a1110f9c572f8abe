/** What an archive says, line by line: read from the file in chunks, opened, and cut where lines end. A whole line is the most that lies in memory. */
import { archiveHeaderLength, sealedArchiveChunk, type ArchiveSealer } from '#crypto/archive-seal.ts'
import { bytesToUtf8, concatBytes, type Bytes } from '#protocol/bytes.ts'
import type { FileSource } from '../api.ts'

/** Cut off, or not what was sealed. */
export class DamagedArchive extends Error {}

/** A page of a conversation in base64url, and more. */
const lineMax = 128 * 1024 * 1024
const newline = 10

export async function readBytes(file: FileSource, start: number, end: number): Promise<Bytes> {
	return new Uint8Array(await file.slice(start, Math.min(end, file.size)).arrayBuffer())
}

/** `read`: bytes of the file so far. Throws DamagedArchive. */
export async function* archiveLines(
	file: FileSource,
	sealer: ArchiveSealer,
	read: (bytes: number) => void,
): AsyncGenerator<string> {
	let held: Bytes[] = []
	let length = 0
	for await (const chunk of openedChunks(file, sealer, read)) {
		let from = 0
		for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
			yield textOf(concatBytes(...held, chunk.subarray(from, end)))
			held = []
			length = 0
			from = end + 1
		}
		held.push(chunk.slice(from))
		length += chunk.length - from
		if (length > lineMax) throw new DamagedArchive('a line that is too long')
	}
	if (length > 0) throw new DamagedArchive('a line without its end')
}

async function* openedChunks(
	file: FileSource,
	sealer: ArchiveSealer,
	read: (bytes: number) => void,
): AsyncGenerator<Bytes> {
	const count = Math.ceil((file.size - archiveHeaderLength) / sealedArchiveChunk)
	if (count < 1) throw new DamagedArchive('nothing after the header')
	for (let index = 0; index < count; index++) {
		const start = archiveHeaderLength + index * sealedArchiveChunk
		const sealed = await readBytes(file, start, start + sealedArchiveChunk)
		// What is the last in the file must have been sealed as the last.
		const opened = await sealer.open({ index, final: index === count - 1 }, sealed)
		if (opened === null) throw new DamagedArchive('a chunk that does not open')
		read(start + sealed.length)
		yield opened
	}
}

function textOf(bytes: Bytes): string {
	try {
		return bytesToUtf8(bytes)
	} catch {
		throw new DamagedArchive('not text')
	}
}
