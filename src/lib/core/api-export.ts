/** A copy of what this device holds, in pieces: whoever takes them says when he wants the next. docs/export.md tells the form. */
import type { Result } from '#protocol/result.ts'
import type { Bytes } from '#protocol/bytes.ts'
import type { ConversationId, KithError } from './api-basics.ts'

export type ExportForm = 'json' | 'html'

export type ExportWish = {
	/** Null: all of them, and the account. */
	readonly conversation: ConversationId | null
} & (
	| {
			readonly as: ExportForm
			/** As a zip, with the files that were sent; those that are not on this device are loaded. All as HTML are always a zip. */
			readonly files: boolean
	  }
	/** Encrypted, for another instance to import. */
	| { readonly as: 'archive'; readonly passphrase: string; readonly files: boolean }
)

export interface ExportCommands {
	/** Nothing is read before the first piece is asked for. Refused: weak-password, of an archive. */
	beginExport(input: ExportWish): Promise<Result<{ key: string }, KithError>>
	/** Pieces follow one another. Empty `bytes`: that was all. */
	nextOfExport(input: { key: string }): Promise<Result<ExportPiece, KithError>>
	/** Wanted no more: what is being loaded for it stops too, and who waits for a piece of it hears `interrupted`. */
	endExport(input: { key: string }): Promise<Result<null, KithError>>
}

export interface ExportPiece {
	readonly bytes: Bytes
	/** Of `total`, in parts of no unit. */
	readonly done: number
	readonly total: number
}
