/** Files in stories: whose bytes follow from their length, sent and read through a client's own commands. */
import { createHash } from 'node:crypto'
import type { ConversationId, FileView, KithApi, NewFile } from '#core/api.ts'
import { concatBytes, type Bytes } from '#protocol/bytes.ts'
import { messagesUntil, must } from './watching.ts'

/** Bytes that look random: the same for the same name and length, drawn as they are read. */
export function fileNamed(name: string, size: number): NewFile {
	const block = createHash('sha512').update(name).digest()
	const at = (start: number, end: number) => Uint8Array.from({ length: end - start }, (_, i) => byteAt(start + i))
	const byteAt = (i: number) => (block[i % 64] as number) ^ (i >>> 6) ^ (i >>> 14) ^ (i >>> 22)
	const file = { size, slice: (start: number, end: number) => ({ arrayBuffer: async () => at(start, end).buffer }) }
	return { file, name, mime: 'application/octet-stream', picture: null, sound: null }
}

export async function hashOfNew({ file }: NewFile): Promise<string> {
	const hash = createHash('sha256')
	for (let start = 0; start < file.size; start += 65_536)
		hash.update(new Uint8Array(await file.slice(start, Math.min(file.size, start + 65_536)).arrayBuffer()))
	return hash.digest('hex')
}

/** The files of the newest message that has any, once it is here. */
export async function filesUntil(
	{ api }: { readonly api: KithApi },
	conversation: ConversationId,
): Promise<readonly FileView[]> {
	const messages = await messagesUntil(api, conversation, (all) => all.some(({ files }) => files.length > 0))
	return messages.findLast(({ files }) => files.length > 0)?.files ?? []
}

/** After it was fetched. */
export async function hashOfFile(api: KithApi, conversation: ConversationId, { blob }: FileView): Promise<string> {
	const hash = createHash('sha256')
	for (let index = 0; ; index++) {
		const { piece, final } = must(await api.readFile({ conversation, blob, index }))
		hash.update(new Uint8Array(await piece.arrayBuffer()))
		if (final) return hash.digest('hex')
	}
}

export async function bytesOfFile(api: KithApi, conversation: ConversationId, { blob }: FileView): Promise<Bytes> {
	const chunks: Bytes[] = []
	for (let index = 0; ; index++) {
		const { piece, final } = must(await api.readFile({ conversation, blob, index }))
		chunks.push(new Uint8Array(await piece.arrayBuffer()))
		if (final) return concatBytes(...chunks)
	}
}
