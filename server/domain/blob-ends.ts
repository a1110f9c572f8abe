/**
 * The end of blobs: rows go in a transaction, bytes after its commit. Where the process dies between the two, files without a
 * row are left, and the sweep takes them (blobs.ts).
 */
import type { Bytes } from '#protocol/bytes.ts'
import { BlobFilesUnavailable, type BlobFiles } from './blob-ports.ts'
import type { Log } from './log.ts'
import type { AfterCommit, Repositories } from './ports.ts'

export interface BlobEndsContext {
	readonly blobFiles: BlobFiles
	readonly log: Log
}

export interface Ending {
	readonly repositories: Pick<Repositories, 'blobs'>
	readonly afterCommit: AfterCommit
}

/** With messages of which a skeleton is left (BLB9). */
export async function endBlobsOf(
	context: BlobEndsContext,
	{ repositories, afterCommit }: Ending,
	ended: { readonly conversation: Bytes; readonly events: readonly Bytes[] },
): Promise<void> {
	if (ended.events.length === 0) return
	const blobs = await repositories.blobs.deleteOf(ended.conversation, ended.events)
	if (blobs.length > 0) afterCommit(() => void removeFiles(context, blobs))
}

/** Never rejects: what stays is swept. */
export async function removeFiles({ blobFiles, log }: BlobEndsContext, blobs: readonly Bytes[]): Promise<void> {
	for (const blob of blobs) {
		await blobFiles.remove(blob).catch((error: unknown) => {
			log.warn('file-not-removed', error instanceof BlobFilesUnavailable ? { code: error.code } : { error })
		})
	}
}
