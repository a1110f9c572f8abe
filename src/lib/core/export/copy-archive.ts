/**
 * A copy as an encrypted archive: the parts of the JSON, each a line, sealed in chunks as they come. Nothing is in memory but one chunk and one
 * page. Texts are not written out: whoever imports it opens the signed items, and believes nothing else.
 */
import { archiveChunk, type ArchiveSealer } from '#crypto/archive-seal.ts'
import { concatBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import type { ConversationContext } from '../context.ts'
import { fileLines } from './archive-files.ts'
import { filesIn } from './copy-files.ts'
import { copyParts, type CopyPart, type JsonWish } from './export-json.ts'
import type { CopyProgress } from './exports.ts'

interface ArchiveWish extends JsonWish {
	readonly files: boolean
	readonly progress: CopyProgress
	readonly tookPage: () => void
	readonly stopped: AbortSignal
}

export async function* archiveChunks(
	context: ConversationContext,
	sealer: ArchiveSealer,
	wish: ArchiveWish,
): AsyncGenerator<Bytes> {
	yield sealer.header
	let held: Bytes = new Uint8Array(0)
	let index = 0
	for await (const line of lines(context, wish)) {
		held = concatBytes(held, utf8ToBytes(`${JSON.stringify(line)}\n`))
		// What is left may be the last: a full chunk goes when something follows it.
		let from = 0
		for (; held.length - from > archiveChunk; from += archiveChunk)
			yield sealer.seal({ index: index++, final: false }, held.slice(from, from + archiveChunk))
		held = held.slice(from)
	}
	yield sealer.seal({ index, final: true }, held)
}

/** Files of a conversation stand after its last page, when whoever imports knows what they must be. */
async function* lines(
	context: ConversationContext,
	wish: ArchiveWish,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
	const { progress, stopped, tookPage } = wish
	const found = wish.files ? await filesIn(context, wish.conversations, stopped) : []
	progress.total += found.reduce((sum, { size }) => sum + size, 0)
	const took = (bytes: number) => void (progress.done += bytes)
	let conversation: unknown = null
	for await (const part of copyParts(context, wish)) {
		yield lineOf(part)
		if (part.type === 'conversation') conversation = part.value['conversation']
		if (part.type !== 'page') continue
		tookPage()
		const pages = wish.conversations.find(({ id }) => id === conversation)?.pages ?? 0
		if (part.value.page !== pages - 1) continue
		for (const file of found) if (file.conversation === conversation) yield* fileLines(context, file, { took, stopped })
	}
}

function lineOf({ type, value }: CopyPart): Readonly<Record<string, unknown>> {
	if (type !== 'page') return { type, ...value }
	return { type, page: value.page, items: value.items }
}
