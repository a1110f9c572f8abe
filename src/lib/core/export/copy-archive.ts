/**
 * A copy as an encrypted archive: the parts of the JSON, each a line, sealed in chunks as they come. Nothing is in memory but one chunk and one
 * page. Texts are not written out: whoever imports it opens the signed items, and believes nothing else.
 */
import { archiveChunk, type ArchiveSealer } from '#crypto/archive-seal.ts'
import { concatBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import type { ConversationContext } from '../context.ts'
import { copyParts, type CopyPart, type JsonWish } from './export-json.ts'

export async function* archiveChunks(
	context: ConversationContext,
	sealer: ArchiveSealer,
	wish: JsonWish & { readonly tookPage: () => void },
): AsyncGenerator<Bytes> {
	yield sealer.header
	let held: Bytes = new Uint8Array(0)
	let index = 0
	for await (const part of copyParts(context, wish)) {
		held = concatBytes(held, utf8ToBytes(`${JSON.stringify(lineOf(part))}\n`))
		// What is left may be the last: a full chunk goes when something follows it.
		let from = 0
		for (; held.length - from > archiveChunk; from += archiveChunk)
			yield sealer.seal({ index: index++, final: false }, held.slice(from, from + archiveChunk))
		held = held.slice(from)
		if (part.type === 'page') wish.tookPage()
	}
	yield sealer.seal({ index, final: true }, held)
}

function lineOf({ type, value }: CopyPart): Readonly<Record<string, unknown>> {
	if (type !== 'page') return { type, ...value }
	return { type, page: value.page, items: value.items }
}
