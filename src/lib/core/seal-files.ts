/** The files of a message are sealed onto the shelf before it is written; loaded with the first that goes. */
import { textToId } from '#protocol/ids.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { ConversationId, KithError, NewFile, PreparingView } from './api.ts'
import type { BlobBook } from './blob-book.ts'
import { blobName } from './blob-rows.ts'
import type { CoreDeps } from './deps.ts'
import { createPreparations, PreparingStopped } from './preparations.ts'
import { sealFile } from './seal-file.ts'

export interface FileSealer {
	/** All of them, or none is left. Refused: not-here, interrupted (`stop`), no-room. */
	readonly seal: (conversation: ConversationId, files: readonly NewFile[]) => Promise<Result<Attachment[], KithError>>
	readonly preparing: (conversation: ConversationId) => PreparingView | null
	readonly stop: (conversation: ConversationId) => void
}

export interface FileSealerParts extends Pick<CoreDeps, 'crypto' | 'shelf'> {
	readonly book: BlobBook
	/** ms */
	readonly now: () => number
	readonly failed: (where: string, error: unknown) => void
	/** Of `preparing`. */
	readonly preparingChanged: (conversation: ConversationId) => void
}

export function createFileSealer({ crypto, shelf, book, now, ...parts }: FileSealerParts): FileSealer {
	const preparations = createPreparations(parts.preparingChanged)

	return {
		preparing: preparations.of,
		stop: preparations.stop,
		seal: async (conversation, files) => {
			const id = textToId('conversation', conversation)
			if (id === null) return fail({ type: 'not-here' })
			const total = files.reduce((bytes, { file }) => bytes + file.size, 0)
			const preparation = preparations.begin(conversation, total)
			const done: Attachment[] = []
			try {
				for (const { file, ...described } of files) {
					const attachment = await sealFile({ crypto, shelf, sealed: preparation.sealed }, file, described)
					const { length } = attachment
					await book.set(blobName(attachment), { conversation: id, length, state: 'ours', event: null, usedAt: now() })
					done.push(attachment)
				}
				return ok(done)
			} catch (error) {
				for (const attachment of done) await book.remove(blobName(attachment))
				if (error instanceof PreparingStopped) return fail({ type: 'interrupted' })
				parts.failed('files', error)
				return fail({ type: 'no-room' })
			} finally {
				preparation.end()
			}
		},
	}
}
