/** People and conversations in a data folder, before the server starts on it. Crosses process borders: plain data. */
import type { Bytes } from '../../src/lib/protocol/bytes.ts'

export interface WorldWish {
	readonly data: string
	/** Of PostgreSQL; the SQLite file in the folder where there is none. */
	readonly database?: string
	readonly accounts: number
	/** Places of members in the list of accounts, the one who creates it first. Two of them make a direct conversation. */
	readonly conversations: readonly (readonly number[])[]
}

export interface SeededMember {
	/** Device and account keys follow from it (tests/support/log-actors.ts). */
	readonly name: string
	readonly account: Bytes
	/** base64url */
	readonly sid: string
	/** Good for 10 minutes. */
	readonly accessToken: string
}

export interface SeededConversation {
	readonly id: Bytes
	readonly logSeq: number
	/** h at logSeq, 16 bytes. */
	readonly logHash: Bytes
	readonly members: readonly number[]
}

export interface SeededWorld {
	readonly accounts: readonly SeededMember[]
	readonly conversations: readonly SeededConversation[]
}
