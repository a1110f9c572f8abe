import { expect, test } from 'vitest'
import { wordsToRecoveryCode } from '#crypto/recovery-code.ts'
import { findLeaks } from '../support/leak-search.ts'
import { ask } from '../support/raw-http.ts'
import { setup } from '../support/story.ts'
import { must, now, refusal, textsUntil, until } from '../support/watching.ts'
import { capturedPlaces } from '../support/wire-capture.ts'
import { accessTokenOf, befriend, openDirect, post } from '../support/world.ts'

test('[A1] a wrong password and an unknown name get the same answer', async () => {
	const { bob, world } = await setup('alice', 'bob')
	const { api } = await world.device('laptop')
	const wrong = { type: 'server', code: 'wrong-credentials' }
	expect(refusal(await api.signIn({ name: 'bob', password: 'not the password of Bob' }))).toEqual(wrong)
	expect(refusal(await api.signIn({ name: 'nobody', password: bob.password }))).toEqual(wrong)
	expect(await now(api, 'session', null)).toMatchObject({ type: 'signed-out' })
	must(await api.signIn({ name: 'bob', password: bob.password }))
	expect(await now(api, 'session', null)).toMatchObject({ type: 'signed-in', account: bob.account, name: 'bob' })
})

test('[A1] after too many wrong passwords even the right one has to wait', async () => {
	const { bob, world } = await setup('alice', 'bob')
	const { api } = await world.device('laptop')
	const codes: unknown[] = []
	for (let i = 0; i < 12; i++) {
		const error = refusal(await api.signIn({ name: 'bob', password: `guess number ${i} of many` }))
		codes.push(error.type === 'server' ? error.code : error.type)
	}
	expect(codes.slice(0, 5)).toEqual(Array(5).fill('wrong-credentials'))
	expect(codes.at(-1)).toBe('rate-limited')
	const error = refusal(await api.signIn({ name: 'bob', password: bob.password }))
	expect(error).toMatchObject({ type: 'server', code: 'rate-limited' })
	expect(error.type === 'server' && (error.retryAfterMs ?? 0) > 0).toBe(true)
})

test('[A1] the server never sees the password: not in a body, a frame, a file or a log line', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	must(await bob.api.signOut())
	must(await bob.api.signIn({ name: 'bob', password: bob.password }))
	const canary = { name: 'username', value: 'charlie-the-canary' }
	refusal(await bob.api.requestFriend({ name: canary.value }))
	const secrets = [alice, bob].flatMap(({ name, password, words }) => [
		{ name: `password of ${name}`, value: password },
		{ name: `recovery code of ${name}`, value: words.join(' ') },
	])
	const log = { name: 'log', bytes: Buffer.from(JSON.stringify(world.server.lines)) }
	const files = await world.server.kept()
	const wire = [alice, bob].flatMap(({ wire: { connections } }) => capturedPlaces(connections))
	expect(files.length).toBeGreaterThan(1)
	expect(findLeaks(secrets, [...files, ...wire, log])).toEqual([])
	expect(findLeaks([canary], wire).length, 'the search works').toBeGreaterThan(0)
})

test('[A1] signing out leaves nothing on the device, and ends it for good', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(alice, conversation, 'between us')
	await textsUntil(bob.api, conversation, ['between us'])
	const gone = await accessTokenOf(bob)
	must(await bob.api.signOut())
	for (const view of ['chats', 'friends', 'devices'] as const) expect(await now(bob.api, view, null)).toEqual([])
	expect(await now(bob.api, 'conversation', conversation)).toBeNull()
	expect(refusal(await bob.api.post({ conversation, text: 'too late' }))).toEqual({ type: 'signed-out' })
	expect((await ask(bob, { path: '/friends', token: gone })).code).toBe('device-ended')
	await bob.reopen()
	await until(bob.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
	// The same person again: another device of the same account, and nothing is lost.
	must(await bob.api.signIn({ name: 'bob', password: bob.password }))
	await textsUntil(bob.api, conversation, ['between us'])
	const devices = await until(bob.api, { view: 'devices', of: null, is: (all) => all.length === 2 })
	expect(
		devices.map(({ current, ended }) => ({ current, ended })).sort((a, b) => Number(a.current) - Number(b.current)),
	).toEqual([
		{ current: false, ended: true },
		{ current: true, ended: false },
	])
})

test('[A1] what is not sent yet is counted before somebody signs out', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	alice.wire.cut()
	await post(alice, conversation, 'one', 'two')
	expect(must(await alice.api.unsent())).toEqual({ messages: 2 })
})

test('[A5] the recovery code opens the account, and says what is wrong with itself', async () => {
	const { bob, world } = await setup('alice', 'bob')
	const { api } = await world.device('phone')
	const [first = '', ...rest] = bob.words
	// One word moved to another place: of 32 such codes one has a right checksum all the same.
	const moved = rest.map((_, i) => [...rest.slice(0, i + 1), first, ...rest.slice(i + 1)].join(' '))
	const code = moved.find((words) => !wordsToRecoveryCode(words).ok) ?? ''
	expect(refusal(await api.recover({ name: 'bob', code }))).toEqual({ type: 'bad-recovery-code', reason: 'checksum' })
	const short = refusal(await api.recover({ name: 'bob', code: rest.join(' ') }))
	expect(short).toEqual({ type: 'bad-recovery-code', reason: 'length' })
	must(await api.recover({ name: 'bob', code: bob.words.join('  ').toUpperCase() }))
	expect(await now(api, 'session', null)).toMatchObject({ type: 'signed-in', account: bob.account })
})

test("[A5] one person's recovery code opens nobody else's account", async () => {
	const { alice, world } = await setup('alice', 'bob')
	const { api } = await world.device('phone')
	expect(refusal(await api.recover({ name: 'bob', code: alice.words.join(' ') }))).toEqual({
		type: 'server',
		code: 'wrong-credentials',
	})
	expect(refusal(await api.recover({ name: 'nobody', code: alice.words.join(' ') }))).toEqual({
		type: 'server',
		code: 'wrong-credentials',
	})
})
