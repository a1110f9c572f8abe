/** The edge itself: Problem Details, origins, sizes, headers, health, the API's own document. */
import { request as nodeRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorAnswers } from '#protocol/error-answers.ts'
import { wireErrors } from '#protocol/errors.ts'
import { doctorQuestion } from '#server/domain/doctor-question.ts'
import { largeBodies } from '#server/http/large-bodies.ts'
import { problemOf } from '#server/http/problem.ts'
import { signUpAdmin, type Person } from '#tests/support/http-person.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

let server: TestServer
let alice: Person
beforeAll(async () => {
	server = await startTestServer()
	alice = await signUpAdmin(server)
})
afterAll(() => server.close())

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
	fetch(`${server.origin}/api/v1${path}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body,
	})

describe('Problem Details', () => {
	it('have the members of RFC 9457, and code, number and retry of the registry', async () => {
		const answer = await fetch(`${server.origin}/api/v1/account`)
		expect(answer.status).toBe(401)
		expect(answer.headers.get('content-type')).toBe('application/problem+json')
		expect(await answer.json()).toEqual({
			type: 'urn:kith:problem:unauthenticated',
			title: errorAnswers.unauthenticated.sentence,
			status: 401,
			code: 'unauthenticated',
			number: 20,
			retry: 'refresh',
		})
	})

	it.each([
		['a body that is no JSON', '/auth/recovery/start', '{', 'malformed'],
		['a body of another form', '/auth/recovery/start', '{"name":7}', 'malformed'],
		['a field that is too long', '/auth/recovery/start', JSON.stringify({ name: 'x'.repeat(65) }), 'malformed'],
		['a route that is not there', '/auth/nothing', '{}', 'not-found'],
		['a body over the limit', '/auth/recovery/start', JSON.stringify({ name: 'x'.repeat(40_000) }), 'too-large'],
	])('answer %s', async (_title, path, body, code) => {
		const answer = await post(path, body)
		expect(await answer.json()).toMatchObject({ code, status: answer.status })
	})

	it('answer ids of another length, and positions that are none', async () => {
		const headers = { authorization: `Bearer ${alice.session.accessToken}` }
		const get = async (path: string) =>
			((await (await fetch(`${server.origin}/api/v1${path}`, { headers })).json()) as { code: string }).code
		expect(await get('/accounts/AAAA/log')).toBe('malformed')
		expect(await get(`/accounts/${alice.id}/log?from=-1`)).toBe('malformed')
		expect(await get(`/accounts/${alice.id}/log?from=1.5`)).toBe('malformed')
		expect(await get(`/accounts/${alice.id}/log?from=x`)).toBe('malformed')
		expect(await get(`/accounts/${alice.id}/log?from=0`)).toBeUndefined()
	})

	it('say nothing of what went wrong inside', async () => {
		const { accounts } = server.domain.repositories
		const original = accounts.byName
		Object.assign(accounts, { byName: () => Promise.reject(new Error('secret detail')) })
		const written = process.stderr.write
		process.stderr.write = () => true
		try {
			const answer = await post('/auth/recovery/start', '{"name":"alice"}')
			const text = await answer.text()
			expect(answer.status).toBe(500)
			expect(text).not.toContain('secret')
			expect(JSON.parse(text)).toMatchObject({ code: 'internal' })
			expect(
				server.lines.some(
					({ event, fields }) => event === 'request failed' && fields.route === 'POST /auth/recovery/start',
				),
			).toBe(true)
		} finally {
			process.stderr.write = written
			Object.assign(accounts, { byName: original })
		}
	})

	it('cover the registry: every code has a status between 400 and 599', () => {
		for (const code of Object.keys(wireErrors) as (keyof typeof wireErrors)[]) {
			const { status } = problemOf(code)
			expect(status).toBeGreaterThanOrEqual(400)
			expect(status).toBeLessThan(600)
		}
	})
})

describe('a body', () => {
	it('that never ends is cut off at the limit, whatever length it claims', async () => {
		const status = await new Promise<number>((resolve, reject) => {
			const sending = nodeRequest(`${server.origin}/api/v1/auth/recovery/start`, { method: 'POST' }, (response) => {
				resolve(response.statusCode ?? 0)
				sending.destroy()
			})
			sending.on('error', reject)
			sending.setHeader('content-type', 'application/json')
			sending.write('{"name":"')
			const chunk = 'x'.repeat(8192)
			for (let i = 0; i < 10; i++) sending.write(chunk)
		})
		expect(status).toBe(413)
	})
})

describe('an origin', () => {
	const code = async (headers: Record<string, string>, at = server) => {
		const answer = await fetch(`${at.origin}/api/v1/auth/recovery/start`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: '{"name":"somebody"}',
		})
		return ((await answer.json()) as { code?: string }).code ?? 'ok'
	}

	it('other than the host that is spoken to is refused', async () => {
		expect(await code({})).toBe('ok')
		expect(await code({ origin: server.origin })).toBe('ok')
		expect(await code({ origin: 'https://evil.example' })).toBe('wrong-origin')
		expect(await code({ origin: `http://localhost:${server.port + 1}` })).toBe('wrong-origin')
		expect(await code({ origin: 'null' })).toBe('wrong-origin')
		expect(await code({ 'sec-fetch-site': 'cross-site' })).toBe('wrong-origin')
	})

	it('is the configured one alone, where there is one', async () => {
		const proxied = await startTestServer({ env: { KITH_ORIGIN: 'https://chat.example' } })
		const at = { ...proxied, origin: `http://localhost:${proxied.port}` }
		expect(proxied.origin).toBe('https://chat.example')
		expect(await code({ origin: 'https://chat.example' }, at)).toBe('ok')
		expect(await code({ origin: at.origin }, at)).toBe('wrong-origin')
		const answer = await fetch(`${at.origin}/healthz`)
		expect(answer.headers.get('strict-transport-security')).toMatch(/^max-age=/)
		await proxied.close()
	})
})

describe('headers', () => {
	it('protect every response', async () => {
		for (const path of ['/healthz', '/api/v1/instance', '/nothing']) {
			const { headers } = await fetch(`${server.origin}${path}`)
			expect(headers.get('x-content-type-options')).toBe('nosniff')
			expect(headers.get('referrer-policy')).toBe('no-referrer')
			expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
			expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
			expect(headers.get('x-frame-options')).toBe('DENY')
			expect(headers.get('strict-transport-security')).toBeNull()
		}
	})

	it('let WebAssembly compile in the worker of OPAQUE and nowhere else', async () => {
		const policy = async (path: string) =>
			(await fetch(`${server.origin}${path}`)).headers.get('content-security-policy')
		expect(await policy('/_app/immutable/workers/opaque-abc.js')).toContain("'wasm-unsafe-eval'")
		for (const path of [
			'/_app/immutable/workers/core-abc.js',
			'/_app/immutable/chunks/x.js',
			'/service-worker.js',
			'/api/v1/instance',
		]) {
			expect(await policy(path)).not.toContain('eval')
		}
		for (const script of [
			'/_app/immutable/workers/opaque-abc.js',
			'/_app/immutable/workers/core-abc.js',
			'/service-worker.js',
		])
			expect(await policy(script)).toContain("; require-trusted-types-for 'script'; trusted-types default")
		// Pages have theirs from SvelteKit.
		expect(await policy('/friends')).toBeNull()
	})

	it('name each answer to a GET by a tag, and leave out the body for who has it', async () => {
		const authorization = `Bearer ${alice.session.accessToken}`
		const ask = (known?: string) =>
			fetch(`${server.origin}/api/v1/invites`, {
				headers: known === undefined ? { authorization } : { authorization, 'if-none-match': known },
			})
		const whole = await ask()
		const tag = whole.headers.get('etag') ?? ''
		expect(tag).toMatch(/^"[\w-]{22}"$/)
		expect(await whole.json()).toEqual({ invites: [], left: null })
		for (const known of [tag, `W/${tag}`, `"another", ${tag}`, '*']) {
			const again = await ask(known)
			expect([again.status, await again.text(), again.headers.get('etag')], known).toEqual([304, '', tag])
			expect(again.headers.get('cache-control')).toBe('no-store')
		}
		expect((await ask('"another"')).status).toBe(200)
		// Whoever may not ask is told of no tag, and not that his is the right one.
		const closed = await fetch(`${server.origin}/api/v1/account`, { headers: { 'if-none-match': '*' } })
		expect([closed.status, closed.headers.get('etag')]).toEqual([401, null])
	})

	it('tell the doctor, and nobody else, whose address is counted', async () => {
		const asked = async (question: string) => {
			const headers = { 'x-kith-doctor': question, 'x-forwarded-for': '203.0.113.77' }
			return (await fetch(`${server.origin}/api/v1/instance`, { headers })).headers.get('x-kith-caller')
		}
		const { secrets } = server.domain
		const now = Date.now()
		expect(await asked(doctorQuestion(secrets.hmac, now))).toBe('127.0.0.1')
		const strange = (label: string, message: Uint8Array) => secrets.hmac(`another ${label}`, message)
		for (const question of [
			'',
			'who am I',
			doctorQuestion(strange, now),
			doctorQuestion(secrets.hmac, now - 3 * 60_000),
		])
			expect(await asked(question)).toBeNull()
	})

	it('keep answers of the API out of every cache', async () => {
		expect((await fetch(`${server.origin}/api/v1/instance`)).headers.get('cache-control')).toBe('no-store')
	})
})

describe('health', () => {
	it('is alive, and ready while the database can be written', async () => {
		const fresh = await startTestServer()
		expect((await fetch(`${fresh.origin}/healthz`)).status).toBe(200)
		expect((await fetch(`${fresh.origin}/readyz`)).status).toBe(200)
		await fresh.instance.closeSockets()
		expect((await fetch(`${fresh.origin}/healthz`)).status).toBe(200)
		const stopping = await fetch(`${fresh.origin}/readyz`)
		expect([stopping.status, await stopping.json()]).toEqual([503, expect.objectContaining({ code: 'stopping' })])
		await fresh.close()
	})
})

describe('openapi.json', () => {
	it('describes every route of the contract', async () => {
		const document = (await (await fetch(`${server.origin}/api/v1/openapi.json`)).json()) as {
			openapi: string
			paths: Record<string, Record<string, { summary?: string; requestBody?: unknown; responses?: unknown }>>
		}
		expect(document.openapi).toMatch(/^3\.1/)
		expect(Object.keys(document.paths)).toContain('/auth/registration/finish')
		const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
		expect(operations.length).toBeGreaterThan(30)
		for (const { summary, responses } of operations) {
			expect(summary).toBeTruthy()
			expect(responses).toBeTruthy()
		}
		expect(document.paths['/auth/refresh']?.['post']?.requestBody).toBeTruthy()
	})
})

describe('the log', () => {
	it('names routes by their template, and neither names nor tokens', async () => {
		await post('/auth/recovery/start', '{"name":"some-secret-name"}')
		await fetch(`${server.origin}/api/v1/accounts/${alice.id}/log`, {
			headers: { authorization: `Bearer ${alice.session.accessToken}` },
		})
		const routes = server.lines.filter(({ event }) => event === 'request').map(({ fields }) => fields.route)
		expect(routes).toContain('GET /accounts/{account}/log')
		const text = JSON.stringify(server.lines)
		for (const secret of ['some-secret-name', alice.id, alice.session.accessToken, alice.session.refreshToken ?? '']) {
			expect(text).not.toContain(secret)
		}
	})
})

describe('a body that is larger than usual', () => {
	const path = '/api/v1/conversations'
	/** Headers and the first bytes of a body that does not end; what is answered before it does, or null. */
	const begin = (length: number, token: string | null, to = path) => {
		const headers = { 'content-type': 'application/json', 'content-length': String(length) }
		const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
		const { port } = server
		const options = { port, path: to, method: 'POST', headers: { ...headers, ...authorization } }
		const request = nodeRequest(options)
		const answered = new Promise<number>((resolve) => {
			request.on('response', (response) => {
				response.resume()
				resolve(response.statusCode ?? 0)
			})
			request.on('error', () => {})
		})
		request.write('{')
		return { request, answered }
	}

	it('is not read from strangers, whatever they claim', async () => {
		for (const token of [null, 'a.b.c']) expect(await begin(4_000_000, token).answered).toBe(401)
	})

	it('is under way so often for one account, and room comes back', async () => {
		const token = alice.session.accessToken
		const open = Array.from({ length: largeBodies.perCaller + 1 }, () => begin(4_000_000, token))
		expect(await Promise.race(open.map(({ answered }) => answered))).toBe(429)
		for (const { request } of open) request.destroy()
		const whole = async () =>
			(await post('/conversations', `{"x":"${'y'.repeat(40_000)}"}`, { authorization: `Bearer ${token}` })).status
		await expect.poll(whole).toBe(400)
	})

	it('of strangers is under way so often from one address', async () => {
		const finish = '/api/v1/auth/registration/finish'
		const open = Array.from({ length: largeBodies.perCaller + 1 }, () => begin(700_000, null, finish))
		expect(await Promise.race(open.map(({ answered }) => answered))).toBe(429)
		for (const { request } of open) request.destroy()
		// What is small needs no room.
		expect((await post('/auth/registration/finish', '{}')).status).toBe(400)
	})
})
