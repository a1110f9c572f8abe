/** Files of a conversation as lines of an archive: ciphertext as it lies on the shelf, brought here where it is not. One piece of one is in memory. */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { blobName } from '../blob-rows.ts'
import type { ConversationContext } from '../context.ts'
import { bring, type CopyFile } from './copy-files.ts'

export type FileLine = {
	readonly type: 'file'
	readonly blob: string
	/** Bytes of it that came in lines before. */
	readonly at: number
	readonly bytes: string
}

/** A multiple of three, so that nothing is padded in its middle. */
const pieceBytes = 192 * 1024

export async function* fileLines(
	context: ConversationContext,
	file: CopyFile,
	{ took, stopped }: { readonly took: (bytes: number) => void; readonly stopped: AbortSignal },
): AsyncGenerator<FileLine> {
	const { attachment, size } = file
	const { length } = attachment
	const blob = blobName(attachment)
	const stop = () => context.files.stop(blob)
	stopped.addEventListener('abort', stop, { once: true })
	try {
		if (stopped.aborted || !(await bring(context, file))) return
		for (let at = 0; at < length; at += pieceBytes) {
			const end = Math.min(length, at + pieceBytes)
			let bytes = await context.files.sealed(attachment, at, end)
			// It may have made room for another since.
			if (bytes === null && (await bring(context, file))) bytes = await context.files.sealed(attachment, at, end)
			// Begun and not ended, it is in no copy.
			if (bytes === null) return
			yield { type: 'file', blob, at, bytes: bytesToBase64url(bytes) }
		}
	} finally {
		stopped.removeEventListener('abort', stop)
		took(size)
	}
}
