/** By what push services know this server (VAPID, RFC 8292): a token of its own key for each of them. */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { Clock } from '#protocol/ports.ts'
import { createECDH, createPrivateKey, sign } from 'node:crypto'
import { curve } from './seal-message.ts'

export interface ServerKey {
	/** P-256 point, 65 bytes. */
	readonly publicKey: Bytes
	/** The header `Authorization` for a push service at `origin`. */
	readonly authorization: (origin: string) => string
}

/** A day is the most that a token may be for (RFC 8292 §2); half of it leaves room for clocks that differ. */
const lifetime = 12 * 60 * 60
const renewedAfter = 6 * 60 * 60
/** Push services that tokens are kept for. */
const tokensMax = 100

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** `privateKey`: 32 bytes. `contact`: whom a push service may write to, as `https:` or `mailto:` address. */
export function createServerKey(privateKey: Bytes, contact: string, clock: Clock): ServerKey {
	const pair = createECDH(curve)
	pair.setPrivateKey(privateKey)
	const publicKey = new Uint8Array(pair.getPublicKey())
	const point = { x: bytesToBase64url(publicKey.slice(1, 33)), y: bytesToBase64url(publicKey.slice(33)) }
	const jwk = { kty: 'EC', crv: 'P-256', ...point, d: bytesToBase64url(privateKey) }
	const key = createPrivateKey({ key: jwk, format: 'jwk' })
	const tokens = new Map<string, { readonly token: string; readonly at: number }>()

	function tokenFor(origin: string): string {
		const now = Math.floor(clock() / 1000)
		const known = tokens.get(origin)
		if (known !== undefined && now - known.at < renewedAfter && now >= known.at) return known.token
		const claims = `${part({ typ: 'JWT', alg: 'ES256' })}.${part({ aud: origin, exp: now + lifetime, sub: contact })}`
		const signature = sign('sha256', Buffer.from(claims), { key, dsaEncoding: 'ieee-p1363' })
		const token = `${claims}.${signature.toString('base64url')}`
		if (tokens.size >= tokensMax) tokens.clear()
		tokens.set(origin, { token, at: now })
		return token
	}

	return {
		publicKey,
		authorization: (origin) => `vapid t=${tokenFor(origin)}, k=${bytesToBase64url(publicKey)}`,
	}
}
