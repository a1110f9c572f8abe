/**
 * Who looks around without an account: sessions of guests, in this node's memory alone (SPEC GST1, GST6). A restart ends them all,
 * and a guest has nothing to lose: he comes again as another.
 */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { deviceIdOf } from '#protocol/ids.ts'
import { GUEST_IDLE, GUEST_LIFETIME, GUESTS_MAX, GUESTS_PER_ADDRESS } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Caller, DomainPorts, Instance } from './domain.ts'
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
	leave(sid: string): void
	/** Live ones. */
	count(): number
	dropExpired(): void
}

interface Visit {
	readonly account: Bytes
	readonly device: Bytes
	readonly signingKey: Bytes
	readonly address: string
	readonly startedAt: number
	heardAt: number
}

export interface GuestSessionsContext extends DomainPorts {
	readonly instance: Instance
	readonly accessTokens: AccessTokens
}

export function createGuestSessions(context: GuestSessionsContext): GuestSessions {
	const { accessTokens, clock, cluster, hash, instance, policy, random, verify } = context
	const visits = new Map<string, Visit>()

	const isOver = ({ startedAt, heardAt }: Visit): boolean =>
		clock() >= startedAt + GUEST_LIFETIME || clock() >= heardAt + GUEST_IDLE

	function end(sid: string): void {
		const visit = visits.get(sid)
		if (visit === undefined) return
		visits.delete(sid)
		const account = bytesToBase64url(visit.account)
		cluster.publish('session-ended', { sid, account, code: 'guest-ended' })
	}

	function dropExpired(): void {
		for (const [sid, visit] of visits) if (isOver(visit)) end(sid)
	}

	function isFull(address: string): boolean {
		dropExpired()
		const here = [...visits.values()].filter((visit) => visit.address === address).length
		return visits.size >= GUESTS_MAX || here >= GUESTS_PER_ADDRESS
	}

	function liveVisit(sid: string): Visit | null {
		const visit = visits.get(sid)
		if (visit === undefined) return null
		if (isOver(visit)) end(sid)
		else visit.heardAt = clock()
		return visits.has(sid) ? visit : null
	}

	return {
		enter: async (signingKey, { ip }) => {
			if (!policy.guests) return refuse('no-guests')
			const limited = await withinLimit(context, 'guestByIp', ip)
			if (!limited.ok) return limited
			if (isFull(ip)) return refuse('guests-full')
			const sid = bytesToBase64url(random(16))
			const subject = { account: random(32), device: deviceIdOf(hash, signingKey) }
			visits.set(sid, { ...subject, signingKey, address: ip, startedAt: clock(), heardAt: clock() })
			const holder = { ...subject, sid, role: 'guest' } as const
			const { token, expiresAt } = await accessTokens.sign(holder, GUEST_LIFETIME)
			return ok({ ...holder, expiresAt, accessToken: token })
		},
		verifyAccess: async (token) => {
			const claims = await accessTokens.verify(token)
			if (claims?.role !== 'guest') return refuse('unauthenticated')
			if (!policy.guests) return refuse('no-guests')
			return liveVisit(claims.sid) === null ? refuse('guest-ended') : ok({ ...claims, role: 'guest' })
		},
		checkProof: async ({ account, device, sid }, { clientNonce, serverNonce, signature }) => {
			const visit = liveVisit(sid)
			const session = base64urlToBytes(sid) as Bytes
			if (visit === null) return refuse('guest-ended')
			const names = { server: instance.serverId, idHash: account, device, sid: session }
			const body = encodeAuthBody({ use: 'socket', ...names, clientNonce, serverNonce })
			const [proven] = await verify([claimOver(hash, 'auth', { key: visit.signingKey, body, signature })])
			return proven === true ? ok(null) : refuse('bad-device-proof')
		},
		heard: (sid) => liveVisit(sid) !== null,
		mayReadMore: async (sid) => {
			const visit = liveVisit(sid)
			if (visit === null) return refuse('guest-ended')
			const limited = await withinLimit(context, 'readByGuest', sid)
			return limited.ok ? withinLimit(context, 'guestReadsByIp', visit.address) : limited
		},
		leave: end,
		count: () => {
			dropExpired()
			return visits.size
		},
		dropExpired,
	}
}
