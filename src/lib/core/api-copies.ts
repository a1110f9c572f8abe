/** Archives of other instances, or of this one, as copies to be read. docs/export.md tells their form. */
import type { Result } from '#protocol/result.ts'
import type { ConversationId, KithError } from './api-basics.ts'
import type { FileSource } from './api-files.ts'

export interface CopyCommands {
	/** Refused: no-archive, wrong-passphrase. Nothing is kept before all of the archive was read and found true. */
	beginImport(input: { file: FileSource; passphrase: string }): Promise<Result<{ key: string }, KithError>>
	/** One step on. Refused, and nothing is kept: damaged-archive, not-verified, no-room. */
	nextOfImport(input: { key: string }): Promise<Result<ImportStep, KithError>>
	/** Wanted no more: nothing is kept. */
	endImport(input: { key: string }): Promise<Result<null, KithError>>
	/** Leaves this device, and its words the index. */
	deleteCopy(input: { conversation: ConversationId }): Promise<Result<null, KithError>>
}

export interface ImportStep {
	/** Bytes of the file. */
	readonly done: number
	readonly total: number
	/** Null until it is through. */
	readonly imported: Imported | null
}

export interface Imported {
	/** Copies that are new, or newer than what was here. */
	readonly copies: readonly ConversationId[]
	/** Conversations of which as new a copy was here. */
	readonly known: number
	/** Items that nobody signed, or that did not stand there: they are not in the copies. */
	readonly refused: number
}
