/** The edge by each of its promises, on every kind of answer: headers, cookies, origins of every call that writes, sizes of every body. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '#protocol/http/routes.ts'
import { bodyLimit, strangersMayBring } from '#server/http/body-limit.ts'
import { prepareSignUp, refreshForm, signUp, signUpAdmin, type Person } from '#tests/support/http-person.ts'
import { readEvents } from '#tests/support/event-stream.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

const metricsToken = 'a-token-of-the-operator-long-enough-for-all'

let server: TestServer
let alice: Person
beforeAll(async () => {
	server = await startTestServer({ env: { KITH_METRICS_TOKEN: metricsToken, KITH_SIGN_UP: 'open' } })
	alice = await signUpAdmin(server)
})
afterAll(() => server.close())

const bearer = () => ({ authorization: `Bearer ${alice.session.accessToken}` })

/** One of each kind. */
const answers: Readonly<Record<string, () => Promise<{ readonly headers: Headers }>>> = {
	'an answer of the API': () => fetch(`${server.origin}/api/v1/instance`),
	'its document': () => fetch(`${server.origin}/api/v1/openapi.json`),
	'a refusal': () => fetch(`${server.origin}/api/v1/account`),
	'what is not there': () => fetch(`${server.origin}/nothing/at/all`),
	'a body that is too large': () =>
		fetch(`${server.origin}/api/v1/auth/recovery/start`, { method: 'POST', body: 'x'.repeat(100_000) }),
	'a foreign origin': () =>
		fetch(`${server.origin}/api/v1/auth/sign-out`, { method: 'POST', headers: { origin: 'https://evil.example' } }),
	health: () => fetch(`${server.origin}/healthz`),
	readiness: () => fetch(`${server.origin}/readyz`),
	metrics: () => fetch(`${server.origin}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } }),
	'the documentation': () => fetch(`${server.origin}/swagger`),
	'a script of it': () => fetch(`${server.origin}/swagger/start.js`),
	'a stream': async () => {
		const reader = await readEvents(server, { token: alice.session.accessToken })
		reader.cut()
		return reader
	},
	'a stream that is refused': () => readEvents(server, {}),
}

const promised: Readonly<Record<string, RegExp>> = {
	'x-content-type-options': /^nosniff$/,
	'referrer-policy': /^no-referrer$/,
	'cross-origin-opener-policy': /^same-origin$/,
	'cross-origin-resource-policy': /^same-origin$/,
	'x-frame-options': /^DENY$/,
	'permissions-policy':
		/^(?=.*geolocation=\(\))(?=.*payment=\(\))(?=.*usb=\(\))(?=.*serial=\(\))(?=.*display-capture=\(\))/,
}

describe.each(Object.keys(promised))('%s', (header) => {
	it.each(Object.keys(answers))('stands in %s', async (kind) => {
		const { headers } = await (answers[kind] as () => Promise<{ headers: Headers }>)()
		expect(headers.get(header)).toMatch(promised[header] as RegExp)
	})
})

describe('content-security-policy', () => {
	it.each(Object.keys(answers).filter((kind) => kind !== 'what is not there'))(
		'of %s lets nothing in from outside',
		async (kind) => {
			const { headers } = await (answers[kind] as () => Promise<{ headers: Headers }>)()
			const policy = headers.get('content-security-policy') ?? ''
			expect(policy).toMatch(/^default-src 'none'/)
			expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*|https?:/)
			expect(policy).toMatch(/frame-ancestors 'none'/)
		},
	)
})

describe('strict-transport-security', () => {
	it('stands in every answer of a server behind TLS, and in none of another', async () => {
		const behind = await startTestServer({ env: { KITH_ORIGIN: 'https://chat.example' } })
		for (const path of ['/healthz', '/api/v1/instance', '/api/v1/events', '/swagger', '/nothing']) {
			const { headers } = await fetch(`http://localhost:${behind.port}${path}`)
			expect(headers.get('strict-transport-security'), path).toMatch(/^max-age=\d{8,}/)
			expect((await fetch(`${server.origin}${path}`)).headers.get('strict-transport-security'), path).toBeNull()
		}
		await behind.close()
	})
})

describe('the cookie of a refresh token', () => {
	const flags = ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/api/v1/auth']
	const flagsOf = (response: Response) => {
		const [cookie = ''] = response.headers.getSetCookie()
		return flags.filter((flag) => cookie.split('; ').includes(flag))
	}
	const send = (path: string, body: object, headers: Record<string, string> = {}) =>
		fetch(`${server.origin}/api/v1${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: JSON.stringify(body),
		})

	it('is out of reach of scripts and other sites, when it is given, renewed and taken back', async () => {
		const { form } = await prepareSignUp(server, 'carol', { type: 'open' })
		const given = await send('/auth/registration/finish', { ...form, transport: 'cookie' })
		expect([given.status, flagsOf(given)]).toEqual([200, flags])
		expect(((await given.json()) as { refreshToken: string | null }).refreshToken).toBeNull()
		const renewed = await send('/auth/refresh', { ...(await refreshForm(alice)), transport: 'cookie' })
		expect([renewed.status, flagsOf(renewed)]).toEqual([200, flags])
		const { accessToken } = (await renewed.json()) as { accessToken: string }
		const [cookie = ''] = renewed.headers.getSetCookie()
		const out = { authorization: `Bearer ${accessToken}`, cookie: cookie.split(';')[0] ?? '' }
		const back = await send('/auth/sign-out', {}, out)
		expect([back.status, flagsOf(back)]).toEqual([200, flags])
		expect(back.headers.getSetCookie()[0]).toContain('Max-Age=0')
		// Who was signed out is asked no more.
		alice = await signUp(server, 'dan', { type: 'open' })
	})
})

const all = Object.values(routes).flatMap((group) => Object.values(group as Record<string, string>))
const writing = all.filter((route) => !/^(GET|HEAD) /.test(route))
const placeOf = (route: string) => {
	const [method = '', template = ''] = route.split(' ')
	return { method, path: `/api/v1${template.replace(/\{\w+\}/g, 'AAAAAAAAAAAAAAAAAAAAAA')}` }
}

describe('a page of another origin', () => {
	it.each(writing)('is refused %s', async (route) => {
		const { method, path } = placeOf(route)
		for (const said of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
			const headers = { ...said, ...bearer(), 'content-type': 'application/json' }
			const answer = await fetch(`${server.origin}${path}`, { method, headers, body: '{}' })
			expect(((await answer.json()) as { code: string }).code, JSON.stringify(said)).toBe('wrong-origin')
		}
	})

	it('is told by no header that it may read what it asks for', async () => {
		for (const path of ['/api/v1/instance', '/api/v1/account', '/api/v1/events']) {
			const headers = { origin: 'https://evil.example', ...bearer() }
			const cutter = new AbortController()
			const answer = await fetch(`${server.origin}${path}`, { headers, signal: cutter.signal })
			expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
			cutter.abort()
		}
	})
})

describe('a body beyond its limit', () => {
	/** Only said to be so long: what is refused for its length is not waited for. */
	const refusal = (method: string, path: string, length: number) =>
		new Promise<number>((resolve) => {
			const headers = { ...bearer(), 'content-type': 'application/json', 'content-length': String(length) }
			const sending = request({ port: server.port, method, path, headers }, (response) => {
				resolve(response.statusCode ?? 0)
				sending.destroy()
			})
			sending.on('error', () => {})
			sending.write('{')
		})

	it.each(writing)('is not read: %s', async (route) => {
		const { method, path } = placeOf(route)
		const length = bodyLimit(path) + 1
		expect(length).toBeLessThan(10 * 1024 * 1024)
		expect(await refusal(method, path, length)).toBe(413)
	})

	it('may be larger than usual for strangers in two calls, and for members in a few', () => {
		const usual = bodyLimit('/api/v1/anything')
		const larger = writing.filter((route) => bodyLimit(placeOf(route).path) > usual)
		expect(larger.length).toBeLessThan(15)
		expect(larger.filter((route) => strangersMayBring(placeOf(route).path))).toHaveLength(2)
	})
})
