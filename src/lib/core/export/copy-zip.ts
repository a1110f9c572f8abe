/** A copy with its files as a zip: files as they are, then the documents that tell of them. Written as it is read, zip64 where it must be. */
import { makeZip } from 'client-zip'
import { utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import type { ConversationContext } from '../context.ts'
import { blobName } from '../blob-rows.ts'
import { bring, chunksOfFile, filesIn, type PathOf } from './copy-files.ts'
import type { TextPiece } from './export-json.ts'
import type { CopyProgress } from './exports.ts'
import type { ConversationId } from '../api.ts'

interface ZipWish {
	readonly conversations: readonly { readonly id: ConversationId; readonly pages: number }[]
	/** False: only documents. */
	readonly files: boolean
	readonly documents: (pathOf: PathOf) => readonly ZipDocument[]
	readonly progress: CopyProgress
	/** A page of messages, beside bytes of files, in `progress`. */
	readonly pageWeight: number
	readonly stopped: AbortSignal
}

export interface ZipDocument {
	readonly path: string
	readonly pieces: AsyncIterable<TextPiece>
}

interface ZipEntry {
	readonly name: string
	readonly lastModified: Date
	readonly input: AsyncIterable<Bytes>
}

export async function* zipChunks(context: ConversationContext, wish: ZipWish): AsyncGenerator<Bytes> {
	const reader = makeZip(entries(context, wish)).getReader()
	try {
		for (;;) {
			const read = await reader.read()
			if (read.done) return
			yield read.value as Bytes
		}
	} finally {
		// What it reads from ends by being told so.
		await reader.cancel().catch(() => undefined)
	}
}

async function* entries(context: ConversationContext, wish: ZipWish): AsyncGenerator<ZipEntry> {
	const { progress, stopped } = wish
	const lastModified = new Date(context.time.now())
	const found = wish.files ? await filesIn(context, wish.conversations, stopped) : []
	progress.total += found.reduce((sum, { size }) => sum + size, 0)
	const paths = new Map<string, string>()
	for (const file of found) {
		const name = blobName(file.attachment)
		const stop = () => context.files.stop(name)
		stopped.addEventListener('abort', stop, { once: true })
		const here = !stopped.aborted && (await bring(context, file))
		stopped.removeEventListener('abort', stop)
		if (stopped.aborted) return
		if (!here) {
			progress.done += file.size
			continue
		}
		paths.set(name, file.path)
		const took = (bytes: number) => (progress.done += bytes)
		const input = chunksOfFile(context, file, { took, broke: () => void paths.delete(name) })
		yield { name: file.path, lastModified, input }
	}
	for (const { path, pieces } of wish.documents((attachment) => paths.get(blobName(attachment)) ?? null))
		yield { name: path, lastModified, input: bytesOf(pieces, wish) }
}

async function* bytesOf(pieces: AsyncIterable<TextPiece>, { progress, pageWeight }: ZipWish): AsyncGenerator<Bytes> {
	for await (const { text, page } of pieces) {
		if (page) progress.done += pageWeight
		if (text !== '') yield utf8ToBytes(text)
	}
}
