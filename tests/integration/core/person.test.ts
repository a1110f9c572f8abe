/** The person on a device, on a real server: what crosses, and what a server that goes back in time is told. */
import { expect, test } from 'vitest'
import { setup } from '../../support/story.ts'
import { must, mustAfterCut, now, refusal, textsUntil, until } from '../../support/watching.ts'
import { befriend, openDirect, post } from '../../support/world.ts'
import { openNodeStorage } from '#platform/node/node-storage.ts'

test('of two sign-ins at once one gets in, with one device and one connection', async () => {
	const { bob, world } = await setup('alice', 'bob')
	const laptop = await world.device('laptop')
	const results = await Promise.all([1, 2].map(() => laptop.api.signIn({ name: 'bob', password: bob.password })))
	expect(results.map(({ ok }) => ok).sort()).toEqual([false, true])
	expect(results.flatMap((result) => (result.ok ? [] : [result.error]))).toEqual([
		{ type: 'server', code: 'forbidden' },
	])
	await until(laptop.api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
	const devices = await until(laptop.api, { view: 'devices', of: null, is: (all) => all.length >= 2 })
	expect(devices).toHaveLength(2)
})

test('whoever is signed in signs out before somebody signs in', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	expect(refusal(await alice.api.signIn({ name: 'bob', password: bob.password }))).toEqual({
		type: 'server',
		code: 'forbidden',
	})
	expect(await now(alice.api, 'session', null)).toMatchObject({ type: 'signed-in', name: 'alice' })
	must(await alice.api.signOut())
	must(await alice.api.signIn({ name: 'bob', password: bob.password }))
	expect(await now(alice.api, 'session', null)).toMatchObject({ type: 'signed-in', name: 'bob' })
})

test('a sign-out in the middle of everything leaves no row behind', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(alice, conversation, 'first')
	await textsUntil(bob.api, conversation, ['first'])
	// Messages, marks, a draft and a name are under way.
	const busy = [
		...Array.from({ length: 20 }, (_, i) => alice.api.post({ conversation, text: `${i}` })),
		...Array.from({ length: 20 }, (_, i) => bob.api.post({ conversation, text: `late ${i}` })),
		bob.api.saveDraft({ conversation, text: 'draft' }),
		bob.api.setDisplayName({ displayName: 'Robert' }),
	].map((work) => work.catch(() => undefined))
	must(await bob.api.signOut())
	await Promise.all(busy)
	expect(await now(bob.api, 'chats', null)).toEqual([])
	await bob.api.close()
	const storage = await openNodeStorage({ path: bob.store, access: 'lead' })
	const stores = [
		'accountLogs',
		'accounts',
		'conversationLogs',
		'conversations',
		'boxes',
		'events',
		'held',
		'pages',
		'streams',
		'outbox',
		'markers',
		'friends',
		'drafts',
	] as const
	const left = await storage.transaction('read', stores, async (tx) => {
		const counts: [string, number][] = []
		for (const store of stores) counts.push([store, await tx.count(store)])
		return counts.filter(([, count]) => count > 0)
	})
	expect(left).toEqual([])
	const meta = await storage.transaction('read', ['meta'], (tx) => tx.keys('meta'))
	expect(meta.filter((key) => key !== 'instance')).toEqual([])
	await storage.close()
})

test('a session that ended goes on where it was: what is unsent is sent by the same device', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(alice, conversation, 'first')
	await textsUntil(bob.api, conversation, ['first'])
	const devices = await now(alice.api, 'devices', null)
	const sid = devices.find(({ current }) => current)?.sid ?? ''
	alice.wire.cut()
	must(await alice.api.post({ conversation, text: 'unsent' }))
	alice.wire.resume()
	await mustAfterCut(() => alice.api.endSession({ sid }))
	await until(alice.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
	must(await alice.api.signIn({ name: 'alice', password: alice.password }))
	await textsUntil(bob.api, conversation, ['first', 'unsent'])
	expect((await now(alice.api, 'devices', null)).length).toBe(1)
})
