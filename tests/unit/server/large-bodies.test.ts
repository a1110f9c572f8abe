import { describe, expect, it } from 'vitest'
import { ok } from '#protocol/result.ts'
import { utf8ToBytes } from '#protocol/bytes.ts'
import { createLargeBodies, largeBodies, type LargeBodies } from '#server/http/large-bodies.ts'
import type { RequestContext } from '#server/http/request-context.ts'

const MiB = 1024 * 1024

function request(path: string, length: number): Request {
	const headers = { 'content-length': String(length) }
	return new Request(`http://kith.example/api/v1${path}`, { method: 'POST', headers })
}

/** A token says whose it is; a stranger has none. */
function context(who: { token: string } | { ip: string }): RequestContext {
	const verifyAccess = async (token: string) => ok({ account: utf8ToBytes(token) })
	const bearer = 'token' in who ? who.token : null
	const caller = { ip: 'ip' in who ? who.ip : '192.0.2.1' }
	return { domain: { sessions: { verifyAccess } }, bearer, caller } as unknown as RequestContext
}

/** How many bodies of this size, each of somebody else, are let in before one is refused. */
async function admitted(bodies: LargeBodies, ask: (i: number) => Ask): Promise<number> {
	for (let i = 0; i < 1000; i++) {
		const entered = await bodies.enter(...ask(i))
		if (entered.ok) continue
		expect(entered.error).toEqual({ type: 'rate-limited', retryAfterMs: largeBodies.retryAfterMs })
		return i
	}
	return Infinity
}

type Ask = Parameters<LargeBodies['enter']>

describe('room for large bodies', () => {
	const ofMember = (i: number): Ask => [request('/conversations', 4 * MiB), context({ token: `member ${i}` })]
	const ofStranger = (i: number): Ask => [
		request('/auth/registration/finish', 512 * 1024),
		context({ ip: `192.0.2.${i}` }),
	]

	it('is bounded for all members together, however many they are, and comes back', async () => {
		const bodies = createLargeBodies()
		const first = await bodies.enter(...ofMember(1000))
		expect(await admitted(bodies, ofMember)).toBe(largeBodies.members / (4 * MiB) - 1)
		if (first.ok) first.value()
		expect((await bodies.enter(...ofMember(1000))).ok).toBe(true)
	})

	it('is bounded for all strangers together, and they take none of the members’', async () => {
		const bodies = createLargeBodies()
		expect(await admitted(bodies, ofStranger)).toBe(largeBodies.strangers / (512 * 1024))
		expect((await bodies.enter(...ofMember(0))).ok).toBe(true)
	})

	it('is bounded for one', async () => {
		const bodies = createLargeBodies()
		expect(await admitted(bodies, () => ofMember(0))).toBe(largeBodies.perCaller)
		expect(await admitted(createLargeBodies(), () => ofStranger(0))).toBe(largeBodies.perCaller)
	})
})
