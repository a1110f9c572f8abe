import { describe, expect, test } from 'vitest'
import { createHttpClient, type HttpAnswer, type HttpRequest } from '#sync/http-client.ts'

interface Asked extends HttpRequest {
	readonly url: string
}

function clientOf(answer: { status: number; body: string } | Error, token: string | null = null) {
	const asked: Asked[] = []
	const http = createHttpClient({
		origin: 'https://kith.example',
		accessToken: () => Promise.resolve(token),
		fetch: (url, request): Promise<HttpAnswer> => {
			asked.push({ url, ...request })
			if (answer instanceof Error) return Promise.reject(answer)
			const { status, body } = answer
			return Promise.resolve(new Response(body, { status, headers: { 'upload-offset': '7' } }))
		},
	})
	return { asked, http }
}

describe('a call', () => {
	const none = { status: 200, body: '{}' }

	test('fills the path and puts the rest of a GET into the query', async () => {
		const { http, asked } = clientOf({ status: 200, body: '{"from":3,"entries":[],"head":""}' }, 'token')
		const answer = await http.call((api) => api.accounts.log({ account: 'a/b c', from: 3 }))
		expect(answer).toEqual({ ok: true, value: { from: 3, entries: [], head: '' } })
		expect(asked).toEqual([
			{
				url: 'https://kith.example/api/v1/accounts/a%2Fb%20c/log?from=3',
				method: 'GET',
				headers: { authorization: 'Bearer token' },
			},
		])
	})

	test('puts the rest of the others into a JSON body', async () => {
		const { http, asked } = clientOf(none)
		await http.call((api) => api.friends.accept({ account: 'bob', accept: { step: 'x' } as never }))
		expect(asked).toEqual([
			{
				url: 'https://kith.example/api/v1/friends/bob/accept',
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: '{"accept":{"step":"x"}}',
			},
		])
	})

	test('carries no body where the path says all', async () => {
		const { http, asked } = clientOf(none)
		await http.call((api) => api.friends.unblock({ account: 'bob' }))
		expect(asked).toEqual([{ url: 'https://kith.example/api/v1/friends/bob/block', method: 'DELETE', headers: {} }])
	})

	test('leaves out what is not given', async () => {
		const { http, asked } = clientOf(none)
		await http.call((api) => api.friends.list({ since: undefined } as never))
		expect(asked[0]?.url).toBe('https://kith.example/api/v1/friends')
	})
})

describe('a transfer', () => {
	const asked = { route: 'PATCH /blobs/{blob}', input: { blob: 'b' } } as const

	test('carries headers and bytes, and gives headers and bytes', async () => {
		const { http, asked: sent } = clientOf({ status: 200, body: 'ab' }, 'token')
		const body = Uint8Array.of(1, 2)
		const answer = await http.transfer({ ...asked, headers: { 'upload-offset': '5' }, body })
		expect(answer.ok && [answer.value.header('upload-offset'), [...answer.value.body]]).toEqual(['7', [97, 98]])
		const headers = { authorization: 'Bearer token', 'upload-offset': '5' }
		expect(sent).toEqual([{ url: 'https://kith.example/api/v1/blobs/b', method: 'PATCH', headers, body }])
	})

	test('is refused as a call is', async () => {
		const { http } = clientOf({ status: 409, body: '{"code":"wrong-offset"}' })
		expect(await http.transfer(asked)).toEqual({ ok: false, error: { type: 'problem', code: 'wrong-offset' } })
	})
})

describe('what goes wrong', () => {
	const ask = ({ http }: ReturnType<typeof clientOf>) => http.call((api) => api.instance.get())

	test('is the code of a problem, with when to come back', async () => {
		const problem = { status: 429, body: '{"code":"rate-limited","retryAfterMs":1500}' }
		const error = { type: 'problem', code: 'rate-limited', retryAfterMs: 1500 }
		expect(await ask(clientOf(problem))).toEqual({ ok: false, error })
	})

	test.each(['<html>Bad gateway</html>', '{"code":"no-such-code"}', 'null', ''])(
		'is internal where the answer is none of ours: %s',
		async (body) => {
			expect(await ask(clientOf({ status: 502, body }))).toEqual({
				ok: false,
				error: { type: 'problem', code: 'internal' },
			})
		},
	)

	test('is offline where no answer came', async () => {
		expect(await ask(clientOf(new TypeError('fetch failed')))).toEqual({ ok: false, error: { type: 'offline' } })
	})

	test('is offline where something between answers with what is no JSON', async () => {
		const portal = { status: 200, body: '<html>Welcome to our wireless network</html>' }
		expect(await ask(clientOf(portal))).toEqual({ ok: false, error: { type: 'offline' } })
	})
})
