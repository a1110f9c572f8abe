/** Refresh tokens and sessions, with the thief who has each thing that can be stolen. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { generateDeviceKeys } from '#crypto/device-keys.ts'
import { beginAnew } from '#server/domain/restored.ts'
import { ACCESS_TOKEN_LIFETIME, RECOVERY_WINDOW, REFRESH_TOKEN_LIFETIME } from '#protocol/limits.ts'
import {
	anonymous,
	clientCrypto,
	codeOf,
	must,
	refreshForm,
	signUpAdmin,
	signUpInvited,
	toBytes,
	toText,
	type Person,
	type SessionAnswer,
} from '#tests/support/http-person.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

let server: TestServer
let alice: Person
let now = Date.now()
beforeAll(async () => {
	server = await startTestServer({ clock: () => now })
	alice = await signUpAdmin(server)
})
afterAll(() => server.close())

let bob: Person
let count = 0
beforeEach(async () => {
	now = Date.now()
	bob = await signUpInvited(server, alice, `bob${++count}`)
})

type Form = Awaited<ReturnType<typeof refreshForm>>
const send = (form: Form) => anonymous(server).call((api) => api.auth.refresh(form))
const refresh = async (session: SessionAnswer) => must(send(await refreshForm(bob, { session })))
const refreshCode = async (session: SessionAnswer) => codeOf(send(await refreshForm(bob, { session })))
const nonceOf = (token: string | null) =>
	anonymous(server).call((api) => api.auth.refreshNonce(token === null ? {} : { refreshToken: token }))
const access = (session: SessionAnswer) =>
	codeOf(anonymous(server, session.accessToken).call((api) => api.accounts.sessions()))

describe('a refresh', () => {
	it('gives a new token, a new nonce, and the same session', async () => {
		const next = await refresh(bob.session)
		expect(next.sid).toBe(bob.session.sid)
		expect(next.refreshToken).not.toBe(bob.session.refreshToken)
		expect(next.refreshNonce).not.toBe(bob.session.refreshNonce)
		expect(await access(next)).toBe('ok')
		expect(await refreshCode(next)).toBe('ok')
	})

	it('may be repeated while the answer has not been used: a lost answer', async () => {
		const lost = await refresh(bob.session)
		const again = await refresh(bob.session)
		expect(again.refreshToken).toBe(lost.refreshToken)
		expect(again.refreshNonce).toBe(lost.refreshNonce)
		expect(await refreshCode(again)).toBe('ok')
	})

	it('goes on for a browser that took the cookie of an answer and lost the rest: it asks for the nonce', async () => {
		const lost = await refresh(bob.session)
		const halfKnown = { ...lost, refreshNonce: bob.session.refreshNonce }
		expect(await refreshCode(halfKnown)).toBe('bad-device-proof')
		const { refreshNonce } = await must(nonceOf(lost.refreshToken))
		expect(refreshNonce).toBe(lost.refreshNonce)
		expect(await refreshCode({ ...halfKnown, refreshNonce })).toBe('ok')
	})

	it('serves two tabs that refresh at once', async () => {
		const [one, two] = await Promise.all([refresh(bob.session), refresh(bob.session)])
		expect(one.refreshToken).toBe(two.refreshToken)
		expect(await refreshCode(two)).toBe('ok')
	})

	it('ends the family when the token before is used after its successor was', async () => {
		const second = await refresh(bob.session)
		const third = await refresh(second)
		expect(await refreshCode(bob.session)).toBe('token-reused')
		expect(await refreshCode(third)).toBe('token-reused')
		expect(await access(third)).toBe('token-reused')
	})

	it('ends the family for a token from long ago, of which no row is kept', async () => {
		let session = bob.session
		for (let i = 0; i < 5; i++) session = await refresh(session)
		expect(await server.domain.repositories.sessions.tokensOf(bob.account.idHash)).toHaveLength(2)
		expect(await refreshCode(bob.session)).toBe('token-reused')
		expect(await access(session)).toBe('token-reused')
	})

	it('ends the family when somebody else repeats the predecessor', async () => {
		const next = await refresh(bob.session)
		const { crypto } = await clientCrypto()
		const thief = await generateDeviceKeys(crypto)
		expect(await codeOf(send(await refreshForm(bob, { device: thief })))).toBe('token-reused')
		expect(await access(next)).toBe('token-reused')
	})

	it('tells every node at once that the family has ended', async () => {
		const ended: string[] = []
		const unsubscribe = server.domain.cluster.subscribe('session-ended', ({ sid, code }) =>
			ended.push(`${sid} ${code}`),
		)
		await refresh(await refresh(bob.session))
		expect(ended).toEqual([])
		await refreshCode(bob.session)
		expect(ended).toEqual([`${bob.session.sid} token-reused`])
		unsubscribe()
	})

	describe('is refused', () => {
		it('to a thief of the token who has not the device, and the owner notices nothing', async () => {
			const { crypto } = await clientCrypto()
			const thief = await generateDeviceKeys(crypto)
			expect(await codeOf(send(await refreshForm(bob, { device: thief })))).toBe('bad-device-proof')
			const claimed = { ...(await refreshForm(bob, { device: thief })), deviceId: toText(bob.device.deviceId) }
			expect(await codeOf(send(claimed))).toBe('bad-device-proof')
			expect(await refreshCode(bob.session)).toBe('ok')
		})

		it('to another device of the same server, with its own good key', async () => {
			const form = await refreshForm(alice, { session: bob.session })
			expect(await codeOf(send(form))).toBe('bad-device-proof')
		})

		it('with the signature of an earlier refresh', async () => {
			const recorded = await refreshForm(bob)
			const next = await refresh(bob.session)
			expect(await codeOf(send({ ...recorded, refreshToken: next.refreshToken ?? '' }))).toBe('bad-device-proof')
		})

		it('with a signature for another use, another nonce, or with none', async () => {
			const { crypto } = await clientCrypto()
			const other = { ...bob.session, refreshNonce: toText(crypto.random(32)) }
			expect(await refreshCode(other)).toBe('bad-device-proof')
			const form = await refreshForm(bob)
			expect(await codeOf(send({ ...form, signature: toText(new Uint8Array(64)) }))).toBe('bad-device-proof')
			expect(await codeOf(send({ ...form, signature: 'AAAA' }))).toBe('malformed')
		})

		it('its nonce too, without a token, for one that was invented, changed, used up, or whose session has ended', async () => {
			const token = bob.session.refreshToken ?? ''
			expect(await codeOf(nonceOf(null))).toBe('session-ended')
			expect(await codeOf(nonceOf('AAAA'))).toBe('session-ended')
			expect(await codeOf(nonceOf(`${token.slice(0, -2)}AA`))).toBe('session-ended')
			expect(await codeOf(nonceOf(token))).toBe('ok')
			await refresh(await refresh(bob.session))
			expect(await codeOf(nonceOf(token))).toBe('session-ended')
			expect(await refreshCode(bob.session)).toBe('token-reused')
		})

		it('for tokens that this server never gave, which end nobody’s session', async () => {
			const form = await refreshForm(bob)
			const token = toBytes(form.refreshToken)
			for (const at of [0, 20, token.length - 1]) {
				const forged = token.slice()
				forged[at]! ^= 1
				expect(await codeOf(send({ ...form, refreshToken: toText(forged) }))).toBe('session-ended')
			}
			expect(await codeOf(send({ ...form, refreshToken: 'nonsense' }))).toBe('session-ended')
			expect(await refreshCode(bob.session)).toBe('ok')
		})

		it('30 days after the last one; until then it slides', async () => {
			now += REFRESH_TOKEN_LIFETIME - 1000
			const next = await refresh(bob.session)
			now += REFRESH_TOKEN_LIFETIME - 1000
			const last = await refresh(next)
			now += REFRESH_TOKEN_LIFETIME
			expect(await refreshCode(last)).toBe('session-ended')
		})
	})
})

describe('an access token', () => {
	it('lives ten minutes', async () => {
		now += ACCESS_TOKEN_LIFETIME - 2000
		expect(await access(bob.session)).toBe('ok')
		now += 3000
		expect(await access(bob.session)).toBe('unauthenticated')
	})

	it('is refused when anything of it was changed, or it is of another server', async () => {
		const [head, body, signature] = bob.session.accessToken.split('.') as [string, string, string]
		const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
		const withClaims = (changed: object) => Buffer.from(JSON.stringify({ ...claims, ...changed })).toString('base64url')
		const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
		for (const token of [
			`${head}.${withClaims({ role: 'admin' })}.${signature}`,
			`${head}.${withClaims({ sub: alice.id })}.${signature}`,
			`${none}.${body}.`,
			`${head}.${body}.${toText(new Uint8Array(64))}`,
		]) {
			expect(await access({ ...bob.session, accessToken: token })).toBe('unauthenticated')
		}
		const other = await startTestServer()
		const stranger = await signUpAdmin(other)
		expect(await access(stranger.session)).toBe('unauthenticated')
		await other.close()
	})

	it('names issuer, audience, subject, session, device and role, and a fresh id', async () => {
		const claims = JSON.parse(Buffer.from(bob.session.accessToken.split('.')[1] as string, 'base64url').toString())
		expect(claims).toMatchObject({
			...{ iss: toText(server.domain.instance.serverId), aud: 'kith/api/1', sub: bob.id },
			...{ sid: bob.session.sid, device: toText(bob.device.deviceId), role: 'user' },
		})
		expect(claims.jti).toMatch(/^[A-Za-z0-9_-]{16}$/)
	})

	it('dies with its session, at once: ended by another device, or signed out', async () => {
		const http = anonymous(server, bob.session.accessToken)
		expect(await codeOf(http.call((api) => api.auth.signOut({})))).toBe('ok')
		expect(await access(bob.session)).toBe('session-ended')
		expect(await refreshCode(bob.session)).toBe('session-ended')
		const verified = await server.domain.sessions.verifyAccess(bob.session.accessToken)
		expect(verified).toEqual({ ok: false, error: { type: 'session-ended' } })
	})
})

describe('sessions', () => {
	it('are ended by their own account only', async () => {
		const { sid } = bob.session
		expect(await codeOf(alice.http.call((api) => api.accounts.endSession({ sid })))).toBe('not-found')
		expect(await access(bob.session)).toBe('ok')
		expect(await codeOf(bob.http.call((api) => api.accounts.endSession({ sid })))).toBe('ok')
		expect(await access(bob.session)).toBe('session-ended')
	})

	it('outlive a restart of the server, and so does their end', async () => {
		const first = await startTestServer()
		const carol = await signUpAdmin(first)
		const used = await must(anonymous(first).call(async (api) => api.auth.refresh(await refreshForm(carol))))
		const again = await first.restart()
		expect(await codeOf(anonymous(again, used.accessToken).call((api) => api.accounts.me()))).toBe('ok')
		const form = await refreshForm(carol, { session: used })
		const next = await must(anonymous(again).call((api) => api.auth.refresh(form)))
		await must(anonymous(again, next.accessToken).call((api) => api.auth.signOut({})))
		const third = await again.restart()
		expect(await codeOf(anonymous(third, next.accessToken).call((api) => api.accounts.me()))).toBe('session-ended')
		await third.close()
	})

	it('leave no token in the database, only hashes', async () => {
		const stored = await server.domain.repositories.sessions.tokensOf(bob.account.idHash)
		expect(stored).toHaveLength(1)
		expect(stored[0]?.id).toMatch(/^[0-9a-f]{64}$/)
		expect(JSON.stringify(stored)).not.toContain(bob.session.refreshToken)
	})
})

describe('the refresh cookie', () => {
	const post = (path: string, body: object, headers: Record<string, string> = {}) =>
		fetch(`${server.origin}/api/v1${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: JSON.stringify(body),
		})

	it('is out of reach of scripts, of other paths and of other sites, and is all that a browser has', async () => {
		const { refreshToken, ...form } = await refreshForm(bob)
		const answer = await post(
			'/auth/refresh',
			{ ...form, transport: 'cookie' },
			{ cookie: `kith-refresh=${refreshToken}` },
		)
		expect(answer.status).toBe(200)
		expect(((await answer.json()) as SessionAnswer).refreshToken).toBeNull()
		const cookie = answer.headers.get('set-cookie') ?? ''
		for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/api/v1/auth'])
			expect(cookie).toContain(attribute)
		expect(Number(/Max-Age=(\d+)/.exec(cookie)?.[1])).toBeGreaterThan(29 * 24 * 3600)
	})

	it('is cleared by sign-out', async () => {
		const answer = await post(
			'/auth/sign-out',
			{},
			{
				cookie: `kith-refresh=${bob.session.refreshToken}`,
				authorization: `Bearer ${bob.session.accessToken}`,
			},
		)
		expect(answer.headers.get('set-cookie')).toMatch(/^kith-refresh=; Max-Age=0; Path=\/api\/v1\/auth/)
	})
})

describe('after a restore, the server', () => {
	/** What came after the backup: the newest token, of which the database knows nothing. */
	let newest: SessionAnswer
	beforeEach(async () => {
		newest = await refresh(await refresh(bob.session))
		await server.domain.unitOfWork.transaction(({ sessions }) => sessions.deleteTokensOf(bob.account.idHash))
	})
	const restored = () => beginAnew(server.domain)
	afterAll(() => server.domain.unitOfWork.transaction(({ instanceFacts }) => instanceFacts.set('restored-at', null)))

	it('takes a token that it forgot for one that was used, as long as it was not restored', async () => {
		expect(await refreshCode(newest)).toBe('token-reused')
	})

	it('takes it from the device of the session, which asks for the nonce, and goes on as before', async () => {
		await restored()
		expect(await refreshCode(newest)).toBe('bad-device-proof')
		const { refreshNonce } = await must(nonceOf(newest.refreshToken))
		const known = { ...newest, refreshNonce }
		const lost = await refresh(known)
		const next = await refresh(known)
		expect(next.refreshToken).toBe(lost.refreshToken)
		expect(await access(next)).toBe('ok')
		const after = await refresh(next)
		expect(await refreshCode(after)).toBe('ok')
	})

	it('gives a thief of the token nothing, and the owner keeps his session', async () => {
		await restored()
		const { crypto } = await clientCrypto()
		const { refreshNonce } = await must(nonceOf(newest.refreshToken))
		const known = { ...newest, refreshNonce }
		const thief = await generateDeviceKeys(crypto)
		expect(await codeOf(send(await refreshForm(bob, { session: known, device: thief })))).toBe('bad-device-proof')
		expect(await codeOf(nonceOf(toText(crypto.random(64))))).toBe('session-ended')
		expect(await refreshCode(known)).toBe('ok')
	})

	it('does so for RECOVERY_WINDOW and no longer', async () => {
		await restored()
		now += RECOVERY_WINDOW
		expect(await codeOf(nonceOf(newest.refreshToken))).toBe('session-ended')
		expect(await refreshCode(newest)).toBe('token-reused')
	})
})
