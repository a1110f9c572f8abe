/** Every limit of the HTTP edge, with the attacker whom it stops. Each test has a server, and so counters, of its own. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rateLimits } from '#server/domain/rate-limits.ts'
import type { Refusal } from '#server/domain/ports.ts'
import {
	clientCrypto,
	codeOf,
	must,
	anonymous,
	signUpAdmin,
	signUpInvited,
	refreshForm,
	toText,
	type Person,
} from '#tests/support/http-person.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

let server: TestServer
let alice: Person
beforeEach(async () => {
	server = await startTestServer({ env: { KITH_SIGN_UP: 'open', KITH_PROXY_HOPS: '1' } })
	alice = await signUpAdmin(server)
})
afterEach(() => server.close())

type Answer = { readonly ok: true } | { readonly ok: false; readonly error: Refusal }

/** How often `attempt` is answered before the first rate-limited, at most `max` times. */
async function answered(attempt: (i: number) => Promise<Answer>, max: number): Promise<number> {
	for (let i = 0; i < max; i++) {
		const answer = await attempt(i)
		if (!answer.ok && answer.error.type === 'rate-limited') {
			expect(answer.error.retryAfterMs).toBeGreaterThan(0)
			return i
		}
	}
	return max
}

describe('sign-in', () => {
	const login = async (name: string, ip: string) => {
		const { opaque } = await clientCrypto()
		const { request } = await opaque.startLogin('guess')
		return server.domain.signIn.startLogin(name, request, { ip })
	}

	it('one guesser at one person', async () => {
		const { points } = rateLimits.loginByCaller
		expect(await answered(() => login('alice', '192.0.2.1'), points + 5)).toBe(points)
		expect((await login('bob', '192.0.2.1')).ok).toBe(true)
		expect((await login('alice', '192.0.2.2')).ok).toBe(true)
	})

	it('the case of a name and the kind of sign-in make no difference', async () => {
		const attempt = (i: number) =>
			i % 2 === 0 ? login('ALICE', '192.0.2.1') : server.domain.signIn.startRecovery('alice', { ip: '192.0.2.1' })
		expect(await answered(attempt, 20)).toBe(rateLimits.loginByCaller.points)
	})

	it('many addresses at one person: all OPRF evaluations of a name count together', async () => {
		const { points } = rateLimits.oprfByName
		expect(await answered((i) => login('somebody', `192.0.2.${i}`), points + 5)).toBe(points)
	})

	it('one address at many people', async () => {
		const { points } = rateLimits.loginByIp
		expect(await answered((i) => login(`person${i}`, '192.0.2.1'), points + 5)).toBe(points)
	})

	it('says over HTTP how long to wait', async () => {
		const post = () =>
			fetch(`${server.origin}/api/v1/auth/recovery/start`, {
				method: 'POST',
				headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.7' },
				body: JSON.stringify({ name: 'alice' }),
			})
		for (let i = 0; i < rateLimits.loginByCaller.points; i++) expect((await post()).status).toBe(200)
		const refused = await post()
		expect(refused.status).toBe(429)
		expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
		expect(await refused.json()).toMatchObject({ code: 'rate-limited', retryAfterMs: expect.any(Number) })
	})

	it('counts the address that our own proxy saw, not what the client says', async () => {
		const post = (i: number) =>
			fetch(`${server.origin}/api/v1/auth/recovery/start`, {
				method: 'POST',
				headers: { 'content-type': 'application/json', 'x-forwarded-for': `198.51.100.${i}, 203.0.113.7` },
				body: JSON.stringify({ name: 'alice' }),
			})
		for (let i = 0; i < rateLimits.loginByCaller.points; i++) await post(i)
		expect((await post(99)).status).toBe(429)
	})
})

describe('sign-up', () => {
	const start = async (name: string, ip: string, grant: { type: 'open' } | { type: 'invite'; token: string }) => {
		const { opaque } = await clientCrypto()
		const { request: registrationRequest } = await opaque.startRegistration('any')
		return server.domain.signUp.start({ name, grant, registrationRequest }, { ip })
	}

	it('filling an open server with accounts', async () => {
		const { points } = rateLimits.openSignUpByIp
		expect(await answered((i) => start(`person${i}`, '192.0.2.1', { type: 'open' }), points + 5)).toBe(points)
		expect((await start('other', '192.0.2.2', { type: 'open' })).ok).toBe(true)
	})

	it('guessing invitations; a good one costs nothing', async () => {
		const { points } = rateLimits.badGrantByIp
		const { token } = await must(alice.http.call((api) => api.invites.create({ uses: 1, days: 1 })))
		const guess = (i: number) =>
			server.domain.signUp.check(
				{ name: 'newcomer', grant: { type: 'invite', token: `guess${i}` } },
				{ ip: '192.0.2.1' },
			)
		for (let i = 0; i < 30; i++) {
			const checked = await server.domain.signUp.check(
				{ name: 'newcomer', grant: { type: 'invite', token } },
				{ ip: '192.0.2.1' },
			)
			expect(checked.ok).toBe(true)
		}
		expect(await answered(guess, points + 5)).toBe(points)
	})

	it('wearing the server out with registrations', async () => {
		const { points } = rateLimits.registrationByIp
		const { token } = await must(alice.http.call((api) => api.invites.create({ uses: 1, days: 1 })))
		const check = () =>
			server.domain.signUp.check({ name: 'newcomer', grant: { type: 'invite', token } }, { ip: '192.0.2.1' })
		expect(await answered(check, points + 5)).toBe(points)
	})
})

describe('signed in', () => {
	const access = async (person: Person) => {
		const verified = await server.domain.sessions.verifyAccess(person.session.accessToken)
		if (!verified.ok) throw new Error('no access')
		return verified.value
	}

	it('listing people by trying names', async () => {
		const bob = await signUpInvited(server, alice, 'bob')
		const by = await access(bob)
		const { points } = rateLimits.resolveByAccount
		expect(await answered((i) => server.domain.friends.resolve(by, `person${i}`), points + 5)).toBe(points)
		expect(await codeOf(alice.http.call((api) => api.friends.resolve({ name: 'bob' })))).toBe('ok')
	})

	it('pestering people with requests', async () => {
		const bob = await signUpInvited(server, alice, 'bob')
		const by = await access(bob)
		const { points } = rateLimits.friendRequestByAccount
		const pester = () => server.domain.friends.request(by, alice.account.idHash, new Uint8Array(1))
		expect(await answered(pester, points + 5)).toBe(points)
	})

	it('making the server verify reports', async () => {
		const by = await access(alice)
		const { points } = rateLimits.reportByAccount
		const junk = new Uint8Array(1)
		expect(await answered(() => server.domain.reports.send(by, junk), points + 5)).toBe(points)
	})

	it('trying keys of links', async () => {
		const by = await access(alice)
		const { points } = rateLimits.linkByAccount
		expect(await answered(() => server.domain.rooms.nonce(by), points + 5)).toBe(points)
	})

	it('knocking at every door, whether somebody is behind it or not', async () => {
		const by = await access(alice)
		const { points } = rateLimits.knockByAccount
		expect(await answered((i) => server.domain.rooms.knock(by, new Uint8Array(16).fill(i)), points + 5)).toBe(points)
	})

	it('minting invitations', async () => {
		const by = await access(alice)
		const { points } = rateLimits.inviteByAccount
		expect(await answered(() => server.domain.invites.create(by, { uses: 1, days: 1 }), points + 5)).toBe(points)
	})

	it('filling the disk with vaults, profiles and log entries: one count for all', async () => {
		const by = await access(alice)
		const { points } = rateLimits.writeByAccount
		const junk = new Uint8Array(1)
		const room = new Uint8Array(16)
		const attempts = [
			() => server.domain.vaults.put(by, junk),
			() => server.domain.profiles.put(by, junk),
			() => server.domain.devices.retire(by, junk),
			() => server.domain.conversations.create(by, { create: junk, rotate: junk, boxes: [] }),
			() =>
				server.domain.conversations.append(by, room, {
					entry: junk,
					boxes: [],
					linkBoxes: [],
					cutList: null,
					linkKey: null,
				}),
		]
		expect(await answered((i) => attempts[i % attempts.length]!(), points + 5)).toBe(points)
	})

	it('refreshing in a loop', async () => {
		const form = await refreshForm(alice)
		const { points } = rateLimits.refreshByIp
		const proof = { device: alice.device.deviceId, clientNonce: new Uint8Array(32), signature: new Uint8Array(64) }
		const refresh = () => server.domain.sessions.refresh({ token: 'x', proof }, { ip: '192.0.2.1' })
		expect(await answered(refresh, points + 5)).toBe(points)
		expect(await codeOf(anonymous(server).call((api) => api.auth.refresh(form)))).toBe('ok')
	})
})

describe('what a stranger makes the server remember', () => {
	it('is bounded: the oldest goes first', async () => {
		const { ephemeral, random } = server.domain
		await ephemeral.put('first', 'x', 60_000)
		for (let i = 0; i < 100_000; i++) await ephemeral.put(toText(random(8)), 'x', 60_000)
		expect(await ephemeral.get('first')).toBeNull()
	})
})
