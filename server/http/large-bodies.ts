/**
 * Room for bodies larger than usual. They lie in memory until they are whole, so nobody has many of them under way: a
 * member is asked for his token before the first byte is read, and strangers share a room of their own.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import { refuse, type Decided } from '../domain/refusal.ts'
import { bodyLimit, strangersMayBring, usualBody } from './body-limit.ts'
import type { RequestContext } from './request-context.ts'

const MiB = 1024 * 1024

export const largeBodies = {
	/** Under way of one account, or of one address of strangers. */
	perCaller: 4,
	/** Bytes under way of all members, and of all strangers. */
	members: 64 * MiB,
	strangers: 16 * MiB,
	/** When to ask again, ms. */
	retryAfterMs: 1000,
} as const

export interface LargeBodies {
	/** Room for the body of this request; the answer gives it back. Refused: rate-limited, or as the token is. */
	enter(request: Request, context: RequestContext): Promise<Decided<() => void>>
}

const nothing = ok(() => {})

export function createLargeBodies(): LargeBodies {
	const callers = new Map<string, number>()
	const bytes = { members: 0, strangers: 0 }

	function take(who: 'members' | 'strangers', key: string, size: number): Decided<() => void> {
		const count = callers.get(key) ?? 0
		if (count >= largeBodies.perCaller || bytes[who] + size > largeBodies[who])
			return { ok: false, error: { type: 'rate-limited', retryAfterMs: largeBodies.retryAfterMs } }
		callers.set(key, count + 1)
		bytes[who] += size
		return ok(() => {
			bytes[who] -= size
			const left = (callers.get(key) ?? 1) - 1
			if (left > 0) callers.set(key, left)
			else callers.delete(key)
		})
	}

	return {
		enter: async (request, { domain, bearer, caller }) => {
			const path = new URL(request.url).pathname
			const limit = bodyLimit(path)
			const size = Math.min(limit, Number(request.headers.get('content-length') ?? limit) || limit)
			if (limit <= usualBody || size <= usualBody) return nothing
			if (strangersMayBring(path)) return take('strangers', caller.ip, size)
			const access = bearer === null ? refuse('unauthenticated') : await domain.sessions.verifyAccess(bearer)
			return access.ok ? take('members', bytesToBase64url(access.value.account), size) : access
		},
	}
}
