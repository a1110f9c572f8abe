import { beforeEach, describe, expect, test, vi } from 'vitest'
import { PasswordMeasure, strengthOf } from '#ui/state/password-measure.svelte.ts'
import { recoveryWords } from '#ui/state/recovery-words.ts'
import { entryToken, invitingName } from '#ui/state/entry-token.ts'
import { SignUp } from '#ui/state/sign-up.svelte.ts'
import { fakeKithApi, type FakeKithApi } from '#tests/support/fake-kith-api.ts'

const words = Array.from({ length: 15 }, (_, index) => `word${index}`)
let fake: FakeKithApi

beforeEach(() => {
	fake = fakeKithApi()
})

describe('signing up', () => {
	async function prepared(): Promise<SignUp> {
		const flow = new SignUp(fake.api, { type: 'open' })
		flow.name = ' alice '
		flow.password = 'a long password'
		fake.answer('prepareSignUp', { ok: true, value: { words, ask: [2, 10] } })
		await flow.prepare()
		return flow
	}

	test('goes from the form to the words, to two of them, to the account', async () => {
		const flow = await prepared()
		expect(fake.calls[0]?.input).toEqual({
			name: 'alice',
			displayName: 'alice',
			password: 'a long password',
			grant: { type: 'open' },
		})
		expect(flow.step).toEqual({ type: 'words', words, ask: [2, 10] })
		flow.wroteDown()
		expect(flow.step.type).toBe('confirm')
		expect(await flow.confirm([' Word2', 'WORD10 '])).toBe(true)
		expect(fake.calls.at(-1)).toEqual({ command: 'completeSignUp', input: { words: ['word2', 'word10'] } })
		expect(flow.step.type).toBe('done')
		expect(flow.password).toBe('')
	})

	test('takes an address along where one is given', async () => {
		const flow = await prepared()
		flow.startOver()
		flow.email = ' alice@example.org '
		await flow.prepare()
		expect(fake.calls.at(-1)?.input).toMatchObject({ name: 'alice', email: 'alice@example.org' })
	})

	test('stays where it is when the core refuses, and shows the words again', async () => {
		const flow = await prepared()
		flow.wroteDown()
		fake.answer('completeSignUp', { ok: false, error: { type: 'wrong-words', positions: [2] } })
		expect(await flow.confirm(['x', 'word10'])).toBe(false)
		expect(flow.step.type).toBe('confirm')
		expect(flow.task.error).toEqual({ type: 'wrong-words', positions: [2] })
		flow.showAgain()
		expect(flow.step).toMatchObject({ type: 'words', words })
		expect(flow.task.error).toBeNull()
	})

	test('a refused form keeps what was typed', async () => {
		const flow = new SignUp(fake.api, { type: 'open' })
		flow.name = 'bob'
		fake.answer('prepareSignUp', { ok: false, error: { type: 'server', code: 'name-taken' } })
		await flow.prepare()
		expect(flow.step.type).toBe('form')
		expect(flow.name).toBe('bob')
		expect(flow.task.busy).toBe(false)
	})
})

describe('the strength of a password', () => {
	test('is named by what the core counts', () => {
		expect(strengthOf('', 0, false)).toBe('empty')
		expect(strengthOf('abc', 9, false)).toBe('weak')
		expect(strengthOf('ferry-lake', 40, false)).toBe('fair')
		expect(strengthOf('x', 55, true)).toBe('good')
		expect(strengthOf('x', 90, true)).toBe('strong')
	})

	test('is that of the last password, whichever answer comes last', async () => {
		vi.useFakeTimers()
		const answers: ((value: unknown) => void)[] = []
		const api = { estimatePassword: () => new Promise((answer) => answers.push(answer)) } as never
		const measure = new PasswordMeasure(api)
		measure.measure('first', '')
		await vi.advanceTimersByTimeAsync(200)
		measure.measure('second', '')
		await vi.advanceTimersByTimeAsync(200)
		answers[1]?.({ ok: true, value: { bits: 90, enough: true, suggestion: 's' } })
		answers[0]?.({ ok: true, value: { bits: 3, enough: false, suggestion: 's' } })
		await vi.advanceTimersByTimeAsync(0)
		expect(measure.strength).toBe('strong')
		vi.useRealTimers()
	})
})

describe('what is pasted', () => {
	test('as a recovery code is its words, whatever stands between them', () => {
		expect(recoveryWords('1. Lunar\n2. harvest,  CANYON\t')).toEqual(['lunar', 'harvest', 'canyon'])
		expect(recoveryWords('  ')).toEqual([])
	})

	test('as a mailed invitation is a username, or nothing', () => {
		expect(invitingName('#al.ice-1')).toBe('al.ice-1')
		for (const hash of ['', '#a', '#Al ice', '#<script>', `#${'a'.repeat(33)}`]) expect(invitingName(hash)).toBeNull()
	})

	test('as a set-up link is its token, or nothing', () => {
		expect(entryToken('#abcDEF_-12345678')).toBe('abcDEF_-12345678')
		expect(entryToken('')).toBeNull()
		expect(entryToken('#<script>')).toBeNull()
	})
})
