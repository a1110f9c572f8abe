/**
 * The files of a copy: found first, then brought here one after the other, and only then told of by the document, which so knows which of
 * them are in the copy. One chunk of one of them is in memory.
 */
import { fileLengthOf } from '#protocol/blob.ts'
import type { Bytes } from '#protocol/bytes.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import { blobName } from '../blob-rows.ts'
import type { ConversationId } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import { openPage } from './export-page.ts'

export interface CopyFile {
	readonly conversation: ConversationId
	readonly attachment: Attachment
	readonly event: Bytes
	/** Where it stands in the copy. */
	readonly path: string
	readonly size: number
}

/** Where files stand in a copy; null for those that are not in it. */
export type PathOf = (attachment: Attachment) => string | null

export const noFiles: PathOf = () => null

interface CopiedConversation {
	readonly id: ConversationId
	readonly pages: number
}

export async function filesIn(
	context: ConversationContext,
	conversations: readonly CopiedConversation[],
	stopped: AbortSignal,
): Promise<readonly CopyFile[]> {
	const found = new Map<string, CopyFile>()
	for (const { id, pages } of conversations) {
		for (let page = 0; page < pages && !stopped.aborted; page++) {
			for (const { eventId, state } of (await openPage(context, id, page)).messages) {
				for (const attachment of state.type === 'shown' ? state.attachments : []) {
					const size = fileLengthOf(attachment.length)
					const name = blobName(attachment)
					if (size === null || found.has(name)) continue
					const path = `files/${found.size + 1} ${safeName(attachment.name)}`
					found.set(name, { conversation: id, attachment, event: eventId, path, size })
				}
			}
		}
	}
	return [...found.values()]
}

/** Characters of a name, which any file system takes however many bytes each of them has. */
const nameMax = 60
/** Of an ending; what is longer is none. */
const endingMax = 12

/** What any system takes as the name of a file, in one folder, after a number. Whoever sent it chose the name. */
export function safeName(name: string): string {
	const plain = name.replace(/[\p{C}\p{Zl}\p{Zp}\\/:*?"<>|%#]+/gu, '_').trim()
	const dot = plain.lastIndexOf('.')
	const ending = dot > 0 && plain.length - dot <= endingMax ? plain.slice(dot) : ''
	const stem = [...plain.slice(0, plain.length - ending.length)].slice(0, nameMax).join('')
	return `${stem}${ending}`.replace(/[. ]+$/u, '') || 'file'
}

/** All of it on this device, from the server where it is not. False where it cannot be had. */
export async function bring({ files }: ConversationContext, file: CopyFile): Promise<boolean> {
	return (await files.fetch(file.conversation, file.attachment, file.event)).ok
}

/** In chunks. `broke`: the rest cannot be read, also not after it was brought once more. */
export async function* chunksOfFile(
	context: ConversationContext,
	file: CopyFile,
	told: { readonly took: (bytes: number) => void; readonly broke: () => void },
): AsyncGenerator<Bytes> {
	for (let index = 0; ; index++) {
		let chunk = await context.files.chunk(file.attachment, index)
		// It may have made room for another since.
		if (!chunk.ok && (await bring(context, file))) chunk = await context.files.chunk(file.attachment, index)
		if (!chunk.ok) return told.broke()
		told.took(chunk.value.bytes.length)
		yield chunk.value.bytes
		if (chunk.value.final) return
	}
}
