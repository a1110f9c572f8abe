/** Port of what is kept of requests that came with an Idempotency-Key: one row for each key of an account. */
import type { Bytes } from '#protocol/bytes.ts'

export interface KeptAnswerRow {
	/** Follows from account and key, 32 bytes; the key itself is kept nowhere. */
	readonly id: Bytes
	readonly account: Bytes
	/** Follows from all that was asked, 32 bytes. */
	readonly request: Bytes
	readonly at: number
	/** Sealed; null while the request is under way. */
	readonly answer: Bytes | null
}

export interface KeptAnswers {
	byId(id: Bytes): Promise<KeptAnswerRow | null>
	/** In place of the one with its id. */
	put(row: KeptAnswerRow): Promise<void>
	delete(id: Bytes): Promise<void>
	count(account: Bytes): Promise<number>
	/** Those from before `at`. */
	deleteBefore(at: number): Promise<void>
}
