import { beforeEach, describe, expect, test } from 'vitest'
import { AddPerson, handleOf } from '#ui/state/add-person.svelte.ts'
import { EmailAddress } from '#ui/state/email-address.svelte.ts'
import { fakeKithApi, type FakeKithApi } from '#tests/support/fake-kith-api.ts'

let fake: FakeKithApi
const refused = (code: string) => ({ ok: false, error: { type: 'server', code } })

beforeEach(() => {
	fake = fakeKithApi()
})

describe('what is typed', () => {
	test.each([
		[' bob ', { type: 'name', name: 'bob' }],
		['@bob', { type: 'name', name: 'bob' }],
		['bob smith', { type: 'name', name: 'bob smith' }],
		['bob@example.org', { type: 'address', address: 'bob@example.org' }],
		['@bob@example.org', { type: 'address', address: '@bob@example.org' }],
		['https://chat.example.org/i#AbC', { type: 'link', url: 'https://chat.example.org/i#AbC' }],
		['chat.example.org/i#AbC', { type: 'link', url: 'chat.example.org/i#AbC' }],
		['HTTP://other.example.org/', { type: 'link', url: 'HTTP://other.example.org/' }],
		['', null],
		['@', null],
	])('%j is a name, an address or a link', (text, handle) => expect(handleOf(text)).toEqual(handle))
})

describe('adding somebody', () => {
	test('asks by name or link, and empties the field', async () => {
		const adding = new AddPerson(fake.api)
		fake.answer('requestFriend', { ok: true, value: { account: 'b', state: 'outgoing' } })
		adding.text = '@bob'
		expect(await adding.add()).toEqual({ type: 'asked', name: 'bob', friends: false })
		fake.answer('requestFriend', { ok: true, value: { account: 'b', state: 'accepted' } })
		adding.text = 'https://kith/i#x'
		expect(await adding.add()).toEqual({ type: 'asked', name: null, friends: true })
		expect(fake.calls.map(({ input }) => input)).toEqual([{ name: 'bob' }, { url: 'https://kith/i#x' }])
		expect(adding.text).toBe('')
	})

	test('keeps what was typed when it is refused, with the reason', async () => {
		const adding = new AddPerson(fake.api)
		for (const [text, command] of [
			['bob', 'requestFriend'],
			['bob@example', 'inviteByEmail'],
		] as const) {
			fake.answer(command, refused('rate-limited'))
			adding.text = text
			expect(await adding.add()).toBeNull()
			expect([adding.text, adding.task.error, adding.invited]).toEqual([text, refused('rate-limited').error, null])
		}
	})

	test('by an address shows a link, until the next try', async () => {
		const adding = new AddPerson(fake.api)
		const value = { sent: true, url: 'https://kith/i#x', letsIn: false }
		fake.answer('inviteByEmail', { ok: true, value })
		adding.text = 'bob@example.org'
		await adding.add()
		expect(adding.invited).toEqual({ type: 'invited', address: 'bob@example.org', ...value })
		fake.answer('requestFriend', refused('unknown-person'))
		adding.text = 'bob'
		await adding.add()
		expect(adding.invited).toBeNull()
	})
})

describe('the own address', () => {
	const own = (address: string | null, pending: string | null) => ({ ok: true, value: { address, pending } })

	test('is what waits, or what is confirmed; only another one is sent', async () => {
		const email = new EmailAddress(fake.api)
		fake.answer('email', own('a@example.org', null))
		await email.load()
		expect([email.text, email.changed]).toEqual(['a@example.org', false])
		email.typed = 'B@example.org'
		expect(email.changed).toBe(true)
		fake.answer('email', own('a@example.org', 'b@example.org'))
		expect(await email.send()).toBe(true)
		expect(fake.calls.find(({ command }) => command === 'setEmail')?.input).toEqual({ address: 'B@example.org' })
		expect([email.text, email.typed]).toEqual(['b@example.org', null])
	})

	test('stays as typed when it is refused', async () => {
		const email = new EmailAddress(fake.api)
		fake.answer('setEmail', refused('bad-email'))
		email.typed = 'nonsense'
		expect(await email.send()).toBe(false)
		expect([email.text, email.task.error]).toEqual(['nonsense', refused('bad-email').error])
	})

	test('can be removed', async () => {
		const email = new EmailAddress(fake.api)
		fake.answer('email', own('a@example.org', null))
		await email.load()
		fake.answer('email', own(null, null))
		expect((await email.remove()).ok).toBe(true)
		expect(fake.calls.find(({ command }) => command === 'setEmail')?.input).toEqual({ address: null })
		expect(email.text).toBe('')
	})
})
