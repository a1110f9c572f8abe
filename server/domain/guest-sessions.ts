/**
 * Who looks around without an account: sessions of guests, in memory alone (SPEC GST1, GST6; guest-visits.ts). What ends them all is no
 * loss: a guest has nothing, and comes again as another.
 */
import { base64urlToBytes, bytesToBase64url, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { deviceIdOf } from '#protocol/ids.ts'
import { GUEST_LIFETIME, GUESTS_MAX, GUESTS_PER_ADDRESS } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Caller, DomainPorts, Instance } from './domain.ts'
import { createGuestVisits } from './guest-visits.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

/** Who holds the access token of a guest. */
export interface GuestAccess {
	/** 32 random bytes: no account has them for its id. */
	readonly account: Bytes
	readonly sid: string
	readonly device: Bytes
	readonly role: 'guest'
	readonly expiresAt: number
}

export interface OpenedVisit extends GuestAccess {
	readonly accessToken: string
}

export interface GuestProof {
	readonly clientNonce: Bytes
	readonly serverNonce: Bytes
	readonly signature: Bytes
}

export interface GuestSessions {
	/** `signingKey`: Ed25519, of a device that lives as long as the visit. Refused: no-guests, guests-full, rate-limited. */
	enter(signingKey: Bytes, caller: Caller): Promise<Decided<OpenedVisit>>
	/** Refused: unauthenticated, no-guests, guest-ended. It is heard of by this. */
	verifyAccess(token: string): Promise<Decided<GuestAccess>>
	/** Of the key that came with `enter`, over the socket's nonces (AUTH1, use 1). Refused: guest-ended, bad-device-proof. */
	checkProof(access: GuestAccess, proof: GuestProof): Promise<Decided<null>>
	/** It is still there. False where its time is over. */
	heard(sid: string): boolean
	/** Takes one of what it may read a minute. Refused: guest-ended, rate-limited. */
	mayReadMore(sid: string): Promise<Decided<null>>
	leave(sid: string): Promise<void>
	/** Live ones that this node knows. */
	count(): number
	dropExpired(): void
}

export interface GuestSessionsContext extends DomainPorts {
	readonly instance: Instance
	readonly accessTokens: AccessTokens
}

export function createGuestSessions(context: GuestSessionsContext): GuestSessions {
	const { accessTokens, clock, hash, instance, policy, random, verify } = context
	const visits = createGuestVisits(context)
	const nameOf = (ip: string) => bytesToBase64url(hash(utf8ToBytes(ip)).slice(0, 16))
	const isFull = (address: string) => visits.count() >= GUESTS_MAX || visits.count(address) >= GUESTS_PER_ADDRESS

	return {
		enter: async (signingKey, { ip }) => {
			if (!policy.guests) return refuse('no-guests')
			const limited = await withinLimit(context, 'guestByIp', ip)
			if (!limited.ok) return limited
			const address = nameOf(ip)
			if (isFull(address)) return refuse('guests-full')
			const sid = bytesToBase64url(random(16))
			const subject = { account: random(32), device: deviceIdOf(hash, signingKey) }
			await visits.begin(sid, { ...subject, signingKey, address, startedAt: clock() })
			const holder = { ...subject, sid, role: 'guest' } as const
			const { token, expiresAt } = await accessTokens.sign(holder, GUEST_LIFETIME)
			return ok({ ...holder, expiresAt, accessToken: token })
		},
		verifyAccess: async (token) => {
			const claims = await accessTokens.verify(token)
			if (claims?.role !== 'guest') return refuse('unauthenticated')
			if (!policy.guests) return refuse('no-guests')
			return (await visits.find(claims.sid)) === null ? refuse('guest-ended') : ok({ ...claims, role: 'guest' })
		},
		checkProof: async ({ account, device, sid }, { clientNonce, serverNonce, signature }) => {
			const visit = await visits.find(sid)
			const session = base64urlToBytes(sid) as Bytes
			if (visit === null) return refuse('guest-ended')
			const names = { server: instance.serverId, idHash: account, device, sid: session }
			const body = encodeAuthBody({ use: 'socket', ...names, clientNonce, serverNonce })
			const [proven] = await verify([claimOver(hash, 'auth', { key: visit.signingKey, body, signature })])
			return proven === true ? ok(null) : refuse('bad-device-proof')
		},
		heard: visits.isHere,
		mayReadMore: async (sid) => {
			const visit = await visits.find(sid)
			if (visit === null) return refuse('guest-ended')
			const limited = await withinLimit(context, 'readByGuest', sid)
			return limited.ok ? withinLimit(context, 'guestReadsByIp', visit.address) : limited
		},
		leave: visits.end,
		count: () => visits.count(),
		dropExpired: visits.dropExpired,
	}
}
