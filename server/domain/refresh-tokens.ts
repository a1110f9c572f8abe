/**
 * Refresh tokens, stored through lucia 3 with hashed ids; nothing else knows lucia. (Upstream is in maintenance: this file
 * is what a change of library would touch.)
 *
 *   token = sid16 ‖ secret32 ‖ HMAC(sid ‖ secret)[0..16], in base64url; row id = hex(SHA-256(token))
 *   the secret that follows = HMAC(token)
 *
 * The tag tells a token that this instance once gave from an invented one, so only two rows of a family are kept and a reuse
 * years back is still known as one. A successor that follows from its predecessor can be given again after a lost answer,
 * though only hashes are stored (docs/decisions/0040).
 */
import {
	base64urlToBytes,
	bytesToBase64url,
	bytesToHex,
	concatBytes,
	equalBytes,
	utf8ToBytes,
	type Bytes,
} from '#protocol/bytes.ts'
import { REFRESH_TOKEN_LIFETIME } from '#protocol/limits.ts'
import type { Clock, Hash } from '#protocol/ports.ts'
import { Lucia, TimeSpan, type Adapter, type DatabaseSession } from 'lucia'
import type { DomainSecrets } from './domain.ts'
import type { RefreshTokenRow, Sessions } from './ports.ts'

declare module 'lucia' {
	interface Register {
		Lucia: Lucia<RefreshAttributes>
		DatabaseSessionAttributes: RefreshAttributes
	}
}

interface RefreshAttributes {
	readonly sid: string
	readonly nonce: Bytes
	readonly successor: string | null
}

type Hmac = DomainSecrets['hmac']

const sidLength = 16
const secretLength = 32
const tagLength = 16

function seal(hmac: Hmac, sid: Bytes, secret: Bytes): string {
	const body = concatBytes(sid, secret)
	return bytesToBase64url(concatBytes(body, hmac('kith/refresh-tag', body).slice(0, tagLength)))
}

export function firstToken(hmac: Hmac, sid: Bytes, secret: Bytes): string {
	return seal(hmac, sid, secret)
}

/** The one token that may follow `token`, which must be authentic. */
export function tokenAfter(hmac: Hmac, token: string): string {
	const sid = (base64urlToBytes(token) as Bytes).slice(0, sidLength)
	return seal(hmac, sid, hmac('kith/refresh-next', utf8ToBytes(token)))
}

/** The sid (base64url) of a token that this instance gave, in use or not; null for any other text. */
export function sidOfToken(hmac: Hmac, token: string): string | null {
	const bytes = base64urlToBytes(token)
	if (bytes === null || bytes.length !== sidLength + secretLength + tagLength) return null
	const body = bytes.slice(0, sidLength + secretLength)
	const tag = hmac('kith/refresh-tag', body).slice(0, tagLength)
	// Compared as hashes under a secret key: how far they agree says nothing about the tag.
	const same = equalBytes(hmac('kith/compare', tag), hmac('kith/compare', bytes.slice(body.length)))
	return same ? bytesToBase64url(bytes.slice(0, sidLength)) : null
}

export function tokenId(hash: Hash, token: string): string {
	return bytesToHex(hash(utf8ToBytes(token)))
}

export interface RefreshTokens {
	/** Null when there is no such token, or it has expired. */
	find(id: string): Promise<RefreshTokenRow | null>
	store(token: { id: string; account: Bytes; sid: string; nonce: Bytes }): Promise<void>
}

/** Over the sessions of one transaction: an expired token is deleted when it is met. */
export function refreshTokens(sessions: Sessions, clock: Clock): RefreshTokens {
	const lucia = new Lucia<RefreshAttributes>(adapter(sessions, clock), {
		sessionExpiresIn: new TimeSpan(REFRESH_TOKEN_LIFETIME, 'ms'),
		getSessionAttributes: (attributes) => attributes,
	})
	return {
		find: async (id) => {
			const { session } = await lucia.validateSession(id)
			return session === null ? null : sessions.token(id)
		},
		store: async ({ id, account, sid, nonce }) => {
			await lucia.createSession(bytesToBase64url(account), { sid, nonce, successor: null }, { sessionId: id })
		},
	}
}

/** Lucia reads the machine's clock; its times are shifted to ours, so that tests own them. */
function adapter(sessions: Sessions, clock: Clock): Adapter {
	const fromLucia = (date: Date): number => date.getTime() - Date.now() + clock()
	const toSession = (row: RefreshTokenRow): DatabaseSession => ({
		id: row.id,
		userId: bytesToBase64url(row.account),
		expiresAt: new Date(row.expiresAt - clock() + Date.now()),
		attributes: { sid: row.sid, nonce: row.nonce, successor: row.successor },
	})
	const accountOf = (userId: string): Bytes => base64urlToBytes(userId) as Bytes
	return {
		getSessionAndUser: async (id) => {
			const row = await sessions.token(id)
			return row === null ? [null, null] : [toSession(row), { id: bytesToBase64url(row.account), attributes: {} }]
		},
		getUserSessions: async (userId) => (await sessions.tokensOf(accountOf(userId))).map(toSession),
		setSession: ({ id, userId, expiresAt, attributes }) =>
			sessions.insertToken({ id, account: accountOf(userId), expiresAt: fromLucia(expiresAt), ...attributes }),
		updateSessionExpiration: (id, expiresAt) => sessions.setTokenExpiry(id, fromLucia(expiresAt)),
		deleteSession: (id) => sessions.deleteToken(id),
		deleteUserSessions: (userId) => sessions.deleteTokensOf(accountOf(userId)),
		deleteExpiredSessions: () => sessions.deleteExpired(clock()),
	}
}
