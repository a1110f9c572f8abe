import { describe, expect, test } from 'vitest'
import { setup } from '../support/story.ts'
import { must, now, textsUntil, until } from '../support/watching.ts'
import { befriend, openDirect, post } from '../support/world.ts'

/** What a device says of itself: its name among the devices of the account, and what it keeps. */
describe('a device', () => {
	test('tells the other devices of the account what it is, and the server only that it said something', async () => {
		const { alice, world } = await setup('alice')
		must(await alice.api.describeDevice({ browser: 'Firefox', system: 'Linux' }))
		const phone = await world.device('phone')
		must(await phone.api.signIn({ name: 'alice', password: alice.password }))
		const isNamed = (devices: readonly { label: unknown; current: boolean }[]) =>
			devices.some(({ current, label }) => !current && label !== null)
		const devices = await until(phone.api, { view: 'devices', of: null, is: isNamed })
		expect(devices.map(({ current, label }) => ({ current, label }))).toEqual([
			{ current: true, label: null },
			{ current: false, label: { browser: 'Firefox', system: 'Linux' } },
		])
		must(await phone.api.describeDevice({ browser: 'Chrome', system: 'Android' }))
		const both = await until(alice.api, { view: 'devices', of: null, is: isNamed })
		expect(both.map(({ label }) => label?.browser)).toEqual(['Firefox', 'Chrome'])
	})

	test('takes no name that fits no list', async () => {
		const { alice } = await setup('alice')
		const answer = await alice.api.describeDevice({ browser: 'x'.repeat(33), system: 'Linux' })
		expect(answer).toEqual({ ok: false, error: { type: 'too-long', max: 32 } })
		expect((await now(alice.api, 'devices', null))[0]?.label).toBeNull()
	})

	test('counts the conversations and messages that it keeps, none after a sign-out', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		// Notes are everybody's from the start.
		for (const { api } of [alice, bob]) await until(api, { view: 'chats', of: null, is: (chats) => chats.length === 1 })
		expect(await alice.api.stored()).toEqual({ ok: true, value: { conversations: 1, messages: 0 } })
		await befriend(alice, bob)
		const conversation = await openDirect(alice, bob)
		await post(alice, conversation, 'one')
		await post(alice, conversation, 'two')
		await textsUntil(bob.api, conversation, ['one', 'two'])
		for (const { api } of [alice, bob]) {
			expect(await api.stored()).toEqual({ ok: true, value: { conversations: 2, messages: 2 } })
		}
		must(await bob.api.signOut())
		expect(await bob.api.stored()).toEqual({ ok: false, error: { type: 'signed-out' } })
	})
})
