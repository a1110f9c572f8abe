/** What happens to session families inside a transaction: opened, given tokens, ended. */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { REFRESH_TOKEN_LIFETIME } from '#protocol/limits.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { AccountStates, DomainPorts, Instance } from './domain.ts'
import type { AccountRow, RefreshTokenRow, Role, SessionFamily } from './ports.ts'
import { firstToken, refreshTokens, tokenId } from './refresh-tokens.ts'
import type { Transaction } from './transaction.ts'

export interface SessionContext extends DomainPorts {
	readonly instance: Instance
	readonly accountStates: AccountStates
	readonly accessTokens: AccessTokens
}

export interface SessionSubject {
	readonly account: Bytes
	readonly device: Bytes
	readonly role: Role
}

/** A session that the transaction stored; `issue` makes the access token once that is durable. */
export interface StoredSession extends SessionSubject {
	readonly sid: string
	readonly refreshToken: string
	readonly refreshExpiresAt: number
	/** The server nonce that the next refresh signs, 32 bytes. */
	readonly refreshNonce: Bytes
}

export interface OpenedSession extends StoredSession {
	readonly accessToken: string
	readonly accessExpiresAt: number
}

export async function issue({ accessTokens }: SessionContext, stored: StoredSession): Promise<OpenedSession> {
	const access = await accessTokens.sign(stored)
	return { ...stored, accessToken: access.token, accessExpiresAt: access.expiresAt }
}

/** One device has one session: what it had open before ends. */
export async function openFamily(
	context: SessionContext,
	transaction: Transaction,
	subject: SessionSubject,
): Promise<StoredSession> {
	await endFamiliesOfDevice(context, transaction, { ...subject, code: 'session-ended' })
	const { account, device } = subject
	const now = context.clock()
	const sid = context.random(16)
	const family = { sid: bytesToBase64url(sid), account, device, createdAt: now, lastUsedAt: now }
	await transaction.repositories.sessions.insertFamily({ ...family, endedAt: null, endedCode: null })
	const token = firstToken(context.secrets.hmac, sid, context.random(32))
	return storeToken(context, transaction, { ...subject, sid: family.sid, token })
}

export async function storeToken(
	{ clock, random, hash }: SessionContext,
	{ repositories }: Transaction,
	{ token, ...subject }: SessionSubject & { sid: string; token: string },
): Promise<StoredSession> {
	const { account, sid } = subject
	const nonce = random(32)
	await refreshTokens(repositories.sessions, clock).store({ id: tokenId(hash, token), account, sid, nonce })
	return { ...subject, refreshToken: token, refreshExpiresAt: clock() + REFRESH_TOKEN_LIFETIME, refreshNonce: nonce }
}

/** The same token once more, as its row stands. */
export function storedAs(
	subject: SessionSubject & { sid: string },
	token: string,
	row: RefreshTokenRow,
): StoredSession {
	return { ...subject, refreshToken: token, refreshExpiresAt: row.expiresAt, refreshNonce: row.nonce }
}

/** Why a session is over, as it is now: who was closed out and let in again signs in anew. */
export function codeOfEnd(family: SessionFamily | null, person: AccountRow | null): WireErrorCode {
	const code = family?.endedCode ?? 'session-ended'
	return code === 'disabled' && person?.disabledAt === null ? 'session-ended' : code
}

export async function endFamily(
	{ clock, cluster }: SessionContext,
	{ repositories, afterCommit }: Transaction,
	{ family, code }: { family: SessionFamily; code: WireErrorCode },
): Promise<void> {
	if (!(await repositories.sessions.endFamily(family.sid, clock(), code))) return
	const account = bytesToBase64url(family.account)
	afterCommit(() => cluster.publish('session-ended', { sid: family.sid, account, code }))
}

export async function endFamiliesOfDevice(
	context: SessionContext,
	transaction: Transaction,
	{ account, device, code }: { account: Bytes; device: Bytes; code: WireErrorCode },
): Promise<void> {
	const families = await transaction.repositories.sessions.familiesOf(account)
	for (const family of families) {
		if (equalBytes(family.device, device)) await endFamily(context, transaction, { family, code })
	}
}
