/** Ports of sessions: one family for each sign-in, and the refresh tokens that follow from it. */
import type { Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'

/** One sign-in of one device, and all refresh tokens that follow from it. */
export interface SessionFamily {
	readonly sid: string
	readonly account: Bytes
	readonly device: Bytes
	readonly createdAt: number
	readonly lastUsedAt: number
	readonly endedAt: number | null
	readonly endedCode: WireErrorCode | null
}

export interface RefreshTokenRow {
	/** Hexadecimal SHA-256 of the token: the token itself is stored nowhere. */
	readonly id: string
	readonly account: Bytes
	readonly sid: string
	readonly expiresAt: number
	/** The server nonce that the next refresh signs. */
	readonly nonce: Bytes
	/** Id of the token that took its place; null while it is the live one. */
	readonly successor: string | null
}

export interface Sessions {
	family(sid: string): Promise<SessionFamily | null>
	/** Live families, newest first. */
	familiesOf(account: Bytes): Promise<SessionFamily[]>
	insertFamily(row: SessionFamily): Promise<void>
	touchFamily(sid: string, lastUsedAt: number): Promise<void>
	/** False when it was ended before. */
	endFamily(sid: string, endedAt: number, code: WireErrorCode): Promise<boolean>
	token(id: string): Promise<RefreshTokenRow | null>
	tokensOf(account: Bytes): Promise<RefreshTokenRow[]>
	insertToken(row: RefreshTokenRow): Promise<void>
	/** False when it has a successor already. */
	setSuccessor(id: string, successor: string): Promise<boolean>
	setTokenExpiry(id: string, expiresAt: number): Promise<void>
	deleteToken(id: string): Promise<void>
	deleteTokensOf(account: Bytes): Promise<void>
	/** The tokens of a family but these: a rotation keeps the live one and its predecessor. */
	deleteOtherTokens(sid: string, keep: readonly string[]): Promise<void>
	/** Tokens past their expiry, and families left without any. */
	deleteExpired(now: number): Promise<void>
}
