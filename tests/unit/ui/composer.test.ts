import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Composer } from '#ui/state/composer.svelte.ts'
import { fakeKithApi, textMessage, type FakeKithApi } from '#tests/support/fake-kith-api.ts'

let fake: FakeKithApi
let composer: Composer

const inputsOf = (command: string) => fake.calls.filter((call) => call.command === command).map((call) => call.input)
const type = (text: string) => {
	composer.text = text
	composer.typed()
}

beforeEach(() => {
	vi.useFakeTimers()
	fake = fakeKithApi()
	composer = new Composer(fake.api, 'c1')
})
afterEach(() => void vi.useRealTimers())

describe('sending', () => {
	test('empties the field at once and forgets the draft', async () => {
		type('  hello  ')
		await vi.advanceTimersByTimeAsync(1_000)
		const sent = composer.send()
		expect(composer.text).toBe('')
		expect(await sent).toBe(true)
		expect(inputsOf('post')).toEqual([{ conversation: 'c1', text: 'hello', replyTo: null }])
		expect(inputsOf('saveDraft').at(-1)).toEqual({ conversation: 'c1', text: '' })
	})

	test('puts the text back when the core did not take it, before what was typed since', async () => {
		fake.answer('post', { ok: false, error: { type: 'too-long', max: 10 } })
		type('too much')
		const sent = composer.send()
		composer.text = 'next'
		expect(await sent).toBe(false)
		expect(composer.text).toBe('too much\nnext')
		expect(composer.error).toEqual({ type: 'too-long', max: 10 })
		composer.typed()
		expect(composer.error).toBeNull()
	})

	test('of an answer names what it answers, once', async () => {
		const question = textMessage('m1', 'bob', 0)
		composer.replyTo = question
		type('yes')
		await composer.send()
		expect(inputsOf('post')).toEqual([{ conversation: 'c1', text: 'yes', replyTo: 'm1' }])
		expect(composer.replyTo).toBeNull()
		fake.answer('post', { ok: false, error: { type: 'offline' } })
		composer.replyTo = question
		type('again')
		await composer.send()
		expect(composer.replyTo).toBe(question)
	})

	test('of a file that cannot be read puts everything back and says so', async () => {
		composer.files.add([new File(['x'], 'pier.jpeg', { type: 'image/jpeg' })])
		type('From the pier')
		expect(await composer.send(() => Promise.reject(new Error('larger than a canvas')))).toBe(false)
		expect([composer.text, composer.files.chosen.length, composer.preparing]).toEqual(['From the pier', 1, false])
		expect(composer.error).toEqual({ type: 'no-room' })
		expect(inputsOf('post')).toEqual([])
	})

	test('of nothing does nothing', async () => {
		type(' \n ')
		expect(await composer.send()).toBe(false)
		expect(inputsOf('post')).toEqual([])
	})
})

describe('the draft', () => {
	test('is kept a moment after the last key, and at once when the conversation is left', async () => {
		type('a')
		type('ab')
		expect(inputsOf('saveDraft')).toEqual([])
		await vi.advanceTimersByTimeAsync(500)
		expect(inputsOf('saveDraft')).toEqual([{ conversation: 'c1', text: 'ab' }])
		type('abc')
		composer.leave()
		expect(inputsOf('saveDraft').at(-1)).toEqual({ conversation: 'c1', text: 'abc' })
		composer.leave()
		expect(inputsOf('saveDraft')).toHaveLength(2)
	})

	test('of the store yields to what was typed before it came', () => {
		composer.receiveDraft('from the store')
		expect(composer.text).toBe('from the store')
		const other = new Composer(fake.api, 'c2')
		other.text = 'typed'
		other.receiveDraft('from the store')
		expect(other.text).toBe('typed')
	})
})

describe('typing', () => {
	test('is said once in a while, and taken back after a pause', async () => {
		type('a')
		type('ab')
		expect(inputsOf('setTyping')).toEqual([{ conversation: 'c1', typing: true }])
		await vi.advanceTimersByTimeAsync(3_100)
		type('abc')
		expect(inputsOf('setTyping')).toHaveLength(2)
		await vi.advanceTimersByTimeAsync(5_000)
		expect(inputsOf('setTyping').at(-1)).toEqual({ conversation: 'c1', typing: false })
	})

	test('ends with sending, with an empty field, and with leaving', async () => {
		const ends = [() => composer.send(), async () => type(''), async () => composer.leave()]
		for (const end of ends) {
			type('a')
			await end()
			expect(inputsOf('setTyping').at(-1)).toEqual({ conversation: 'c1', typing: false })
		}
	})
})

describe('a message that goes while it is answered or changed', () => {
	test('takes its words along; what was written stays', () => {
		const question = textMessage('m1', 'bob', 0)
		composer.replyTo = question
		type('yes')
		composer.letGo(({ key }) => key === 'other')
		expect(composer.replyTo).toBe(question)
		composer.letGo(({ key }) => key === 'm1')
		expect([composer.replyTo, composer.text]).toEqual([null, 'yes'])
		composer.startEdit(question)
		expect(composer.text).not.toBe('yes')
		composer.letGo(({ key }) => key === 'm1')
		expect([composer.editing, composer.text]).toEqual([null, 'yes'])
	})
})
