/** Port of bots: accounts that a person owns, from before they have keys of their own. */
import type { Bytes } from '#protocol/bytes.ts'

/** `read`: hear and read; `write`: messages and files; `manage`: conversations, their members and links. */
export type BotScope = 'read' | 'write' | 'manage'

export interface BotRow {
	/** base64url. */
	readonly id: string
	readonly owner: Bytes
	/** Case-folded, as its account will have it. */
	readonly name: string
	readonly tokenHash: Bytes
	readonly scopes: readonly BotScope[]
	readonly createdAt: number
	/** Null until its process has come with the token. */
	readonly account: Bytes | null
	/** Null while it may act. */
	readonly endedAt: number | null
}

export interface Bots {
	insert(row: BotRow): Promise<void>
	byTokenHash(tokenHash: Bytes): Promise<BotRow | null>
	byAccount(account: Bytes): Promise<BotRow | null>
	/** The newest first, ended ones left out. */
	of(owner: Bytes): Promise<BotRow[]>
	/** Those of everybody, by name, ended ones left out. */
	all(): Promise<BotRow[]>
	setAccount(id: string, account: Bytes): Promise<void>
	end(id: string, at: number): Promise<void>
}
