/**
 * Files of imported copies: as ciphertext on the shelf beside those of messages, under names of their import. No server has them, so
 * they make no room for others, and go with their copy alone.
 */
import { startHash } from '#crypto/hash.ts'
import type { Crypto } from '#crypto/suite.ts'
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { idToText, textToId } from '#protocol/ids.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { ConversationId, FilePiece, KithError } from '../api.ts'
import type { BlobBook } from '../blob-book.ts'
import { blobName } from '../blob-rows.ts'
import type { FileShelf } from '../deps.ts'
import { openChunk, toPiece } from '../downloads.ts'

/** An import of a copy. */
export interface CopyAt {
	readonly id: ConversationId
	readonly generation: string
}

export interface CopiedFiles {
	/** A file that comes out of an archive, piece by piece. */
	readonly receive: (at: CopyAt, attachment: Attachment) => Intake
	readonly has: (at: CopyAt, attachment: Attachment) => boolean
	/** Refused: not-in-copy. */
	readonly piece: (at: CopyAt, attachment: Attachment, index: number) => Promise<Result<FilePiece, KithError>>
	/** Those of imports that are not kept. */
	readonly forget: (isKept: (at: CopyAt) => boolean) => Promise<void>
}

export interface Intake {
	/** More than it may have is not taken. */
	readonly append: (bytes: Bytes) => Promise<'more' | 'whole' | 'damaged'>
	/** The rest will not come. */
	readonly drop: () => Promise<void>
}

const nameOf = ({ generation }: CopyAt, attachment: Attachment) => `${generation}.${blobName(attachment)}`

export function createCopiedFiles({
	crypto,
	shelf,
	book,
	now,
}: {
	readonly crypto: Crypto
	readonly shelf: FileShelf
	readonly book: BlobBook
	readonly now: () => number
}): CopiedFiles {
	function receive(at: CopyAt, attachment: Attachment): Intake {
		const name = nameOf(at, attachment)
		const hash = startHash()
		let received = 0
		// Without a row: what a crash leaves here is nobody's, and goes at the next start.
		const drop = () => shelf.remove(name)
		return {
			append: async (bytes) => {
				received += bytes.length
				if (received > attachment.length) return drop().then(() => 'damaged')
				await shelf.append(name, bytes)
				hash.update(bytes)
				if (received < attachment.length) return 'more'
				const conversation = textToId('conversation', at.id)
				if (conversation === null || !equalBytes(hash.digest(), attachment.sha256)) return drop().then(() => 'damaged')
				const { length } = attachment
				await book.set(name, { conversation, length, state: 'copied', event: null, usedAt: now() })
				return 'whole'
			},
			drop,
		}
	}

	const has: CopiedFiles['has'] = (at, attachment) => book.get(nameOf(at, attachment))?.state === 'copied'

	return {
		receive,
		has,
		piece: async (at, attachment, index) =>
			has(at, attachment)
				? toPiece(openChunk({ crypto, shelf }, { name: nameOf(at, attachment), attachment, index }))
				: fail({ type: 'not-in-copy' }),
		forget: async (isKept) => {
			for (const [name, { state, conversation }] of book.all()) {
				const at = { id: idToText(conversation), generation: name.split('.')[0] ?? '' }
				if (state === 'copied' && !isKept(at)) await book.remove(name)
			}
		},
	}
}

/** Whether it can be read. */
export function copiedFile(files: CopiedFiles, at: CopyAt, attachment: Attachment): Result<null, KithError> {
	return files.has(at, attachment) ? ok(null) : fail({ type: 'not-in-copy' })
}
