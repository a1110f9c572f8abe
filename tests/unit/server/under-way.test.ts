import { expect, test } from 'vitest'
import { countUnderWay } from '#server/http/under-way.ts'
import { fakeTime, settle } from '#tests/support/fake-timers.ts'

const request = () => new Request('http://localhost/')

test('who stops waits for what is being answered, whatever becomes of it', async () => {
	const { timers, pending } = fakeTime()
	const answers = [Promise.withResolvers<Response>(), Promise.withResolvers<Response>()] as const
	const waiting = answers.map(({ promise }) => promise)
	const { api, drained } = countUnderWay(() => waiting.shift() as Promise<Response>, timers)
	const [first, second] = [api(request(), ''), api(request(), '')]
	let isOver = false
	const over = drained().then(() => (isOver = true))
	answers[0].resolve(new Response())
	expect((await first).status).toBe(200)
	await settle()
	expect(isOver).toBe(false)
	answers[1].reject(new Error('on purpose'))
	await expect(second).rejects.toThrow('on purpose')
	await over
	expect(pending()).toBe(0)
})

test('and not for what never ends', async () => {
	const { timers, advance } = fakeTime()
	const { api, drained } = countUnderWay(() => Promise.withResolvers<Response>().promise, timers)
	void api(request(), '')
	const over = drained()
	await advance(2_000)
	await expect(over).resolves.toBeUndefined()
})
