/** Access tokens: JWT (RFC 7519) signed with EdDSA (RFC 8037), for 10 minutes. Whether the session lives is not said here. */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { textToId } from '#protocol/ids.ts'
import { ACCESS_TOKEN_LIFETIME } from '#protocol/limits.ts'
import { jwtVerify, SignJWT, type JWTPayload } from 'jose'
import type { DomainPorts, Instance } from './domain.ts'
import type { Role } from './ports.ts'

export interface AccessClaims {
	readonly account: Bytes
	readonly sid: string
	readonly device: Bytes
	/** A guest's token opens what guests-contract.ts names, and nothing else. */
	readonly role: Role | 'guest'
	readonly expiresAt: number
}

export interface AccessTokens {
	sign(
		claims: Omit<AccessClaims, 'expiresAt'>,
		lifetimeMs?: number,
	): Promise<{ readonly token: string; readonly expiresAt: number }>
	/** Null for every token that this instance did not sign for this use, or that has expired. */
	verify(token: string): Promise<AccessClaims | null>
}

const audience = 'kith/api/1'
const algorithm = 'EdDSA'
const second = 1000

export function createAccessTokens({ secrets, clock, random }: DomainPorts, instance: Instance): AccessTokens {
	const issuer = bytesToBase64url(instance.serverId)
	const { d: _secret, ...publicKey } = secrets.tokenKey
	return {
		sign: async ({ account, sid, device, role }, lifetimeMs = ACCESS_TOKEN_LIFETIME) => {
			const now = Math.floor(clock() / second)
			const expiry = now + lifetimeMs / second
			const token = await new SignJWT({ sid, device: bytesToBase64url(device), role })
				.setProtectedHeader({ alg: algorithm, typ: 'at+jwt' })
				.setIssuer(issuer)
				.setAudience(audience)
				.setSubject(bytesToBase64url(account))
				.setJti(bytesToBase64url(random(12)))
				.setIssuedAt(now)
				.setExpirationTime(expiry)
				.sign(secrets.tokenKey)
			return { token, expiresAt: expiry * second }
		},
		verify: async (token) => {
			const options = { issuer, audience, algorithms: [algorithm], typ: 'at+jwt', currentDate: new Date(clock()) }
			const verified = await jwtVerify(token, publicKey, options).catch(() => null)
			return verified === null ? null : toClaims(verified.payload)
		},
	}
}

function toClaims({ sub, exp, sid, device, role }: JWTPayload): AccessClaims | null {
	const account = textToId('account', String(sub))
	const deviceId = textToId('device', String(device))
	if (account === null || deviceId === null || exp === undefined) return null
	if (typeof sid !== 'string' || base64urlToBytes(sid)?.length !== 16) return null
	if (role !== 'admin' && role !== 'user' && role !== 'guest') return null
	return { account, sid, device: deviceId, role, expiresAt: exp * second }
}
