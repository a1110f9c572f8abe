import { describe, expect, test } from 'vitest'
import { ask } from '../support/raw-http.ts'
import { setup } from '../support/story.ts'
import { must, now, refusal, until } from '../support/watching.ts'
import { befriend, friendUntil, openDirect, post, type Someone } from '../support/world.ts'

const refusedWith = async ({ api }: Someone, to: { name: string } | { url: string }) =>
	refusal(await api.requestFriend(to))
const code = (wanted: string) => ({ type: 'server', code: wanted })

const linkOf = async ({ api }: Someone) => must(await api.friendLink({ withInvite: false })).url

/** The same link with another letter at `index` of its fragment. */
function withChangedLetter(url: string, index: number): string {
	const at = url.indexOf('#') + 1 + index
	const changed = url[at] === 'A' ? 'B' : 'A'
	return url.slice(0, at) + changed + url.slice(at + 1)
}

test('[F1] Alice asks by username, Bob sees it at once and accepts', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	expect(must(await alice.api.requestFriend({ name: 'bob' }))).toEqual({ account: bob.account, state: 'outgoing' })
	await friendUntil(alice, bob, 'outgoing')
	const [incoming] = await friendUntil(bob, alice, 'incoming')
	expect(incoming).toMatchObject({ account: alice.account, name: 'alice', verified: false, warning: null })
	must(await bob.api.acceptFriend({ account: alice.account }))
	for (const [one, other] of [
		[alice, bob],
		[bob, alice],
	] as const) {
		const [friend] = await friendUntil(one, other, 'accepted')
		expect(friend?.name).toBe(other.name)
		await until(one.api, {
			view: 'friends',
			of: null,
			is: ([first]) => first?.displayName.toLowerCase() === other.name,
		})
	}
})

test('[F1] who is added by link is verified, who came by name is not', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	must(await bob.api.requestFriend({ url: await linkOf(alice) }))
	await friendUntil(alice, bob, 'incoming')
	must(await alice.api.acceptFriend({ account: bob.account }))
	const [seenByBob] = await friendUntil(bob, alice, 'accepted')
	const [seenByAlice] = await friendUntil(alice, bob, 'accepted')
	expect([seenByBob?.verified, seenByAlice?.verified]).toEqual([true, false])
})

test('[F1] a declined request makes no friendship, and may be repeated', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	must(await alice.api.requestFriend({ name: 'bob' }))
	await friendUntil(bob, alice, 'incoming')
	must(await bob.api.declineFriend({ account: alice.account }))
	await until(bob.api, { view: 'friends', of: null, is: (all) => all.every(({ state }) => state === 'declined') })
	expect(refusal(await bob.api.acceptFriend({ account: alice.account }))).toEqual(code('no-request'))
	expect(refusal(await alice.api.openDirect({ account: bob.account }))).toEqual(code('not-friends'))
	await befriend(alice, bob)
})

describe('[F2] what cannot be asked is refused with its reason', () => {
	test('[F2] yourself, by name and by link', async () => {
		const { alice } = await setup('alice')
		expect(await refusedWith(alice, { name: 'alice' })).toEqual(code('yourself'))
		expect(await refusedWith(alice, { url: await linkOf(alice) })).toEqual(code('yourself'))
	})

	test('[F2] a name that nobody has, and one that nobody can have', async () => {
		const { alice } = await setup('alice')
		expect(await refusedWith(alice, { name: 'nobody' })).toEqual(code('unknown-person'))
		const error = await refusedWith(alice, { name: 'no such name' })
		expect([code('bad-name'), code('malformed')]).toContainEqual(error)
	})

	test('[F2] somebody who is asked already, from either side', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		must(await alice.api.requestFriend({ name: 'bob' }))
		expect(await refusedWith(alice, { name: 'bob' })).toEqual(code('already-invited'))
		expect(await refusedWith(bob, { name: 'alice' })).toEqual(code('already-invited'))
	})

	test('[F2] a friend', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		await befriend(alice, bob)
		for (const [one, name] of [
			[alice, 'bob'],
			[bob, 'alice'],
		] as const) {
			expect(await refusedWith(one, { name })).toEqual(code('already-friends'))
		}
	})

	test('[F2] of two requests that cross, one stands and the other can be answered', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		const results = await Promise.all([
			alice.api.requestFriend({ name: 'bob' }),
			bob.api.requestFriend({ name: 'alice' }),
		])
		expect(results.map(({ ok }) => ok).sort()).toEqual([false, true])
		const [asker, asked] = results[0].ok ? [alice, bob] : [bob, alice]
		await friendUntil(asked, asker, 'incoming')
		must(await asked.api.acceptFriend({ account: asker.account }))
		await friendUntil(asker, asked, 'accepted')
	})

	test('[F2] a link that is broken, of another server, or of another life of the account', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		const { alice: other } = await setup('alice')
		const url = await linkOf(alice)
		expect(await refusedWith(bob, { url: `${url.slice(0, -4)}` })).toMatchObject({
			type: 'bad-link',
			reason: 'malformed',
		})
		expect(await refusedWith(bob, { url: 'https://example.org/' })).toMatchObject({
			type: 'bad-link',
			reason: 'malformed',
		})
		expect(await refusedWith(bob, { url: await linkOf(other) })).toMatchObject({
			type: 'bad-link',
			reason: 'other-server',
		})
		expect(refusal(await bob.api.readLink({ url: await linkOf(other) }))).toMatchObject({
			type: 'bad-link',
			reason: 'other-server',
		})
		// The fragment is version 1, type 1, serverId 32, idHash 32, then the head: letter 100 lies in the head's hash.
		must(await bob.api.requestFriend({ name: 'alice' }))
		await friendUntil(alice, bob, 'incoming')
		must(await alice.api.acceptFriend({ account: bob.account }))
		await friendUntil(bob, alice, 'accepted')
		expect(await refusedWith(bob, { url: withChangedLetter(url, 100) })).toMatchObject({
			type: 'bad-link',
			reason: 'log-forked',
		})
	})
})

test('[F3] both see one safety number, and it is that of no other pair', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const number = async (one: Someone, other: Someone) =>
		must(await one.api.safetyNumber({ account: other.account })).groups
	const ours = await number(alice, bob)
	expect(await number(bob, alice)).toEqual(ours)
	expect(await number(charlie, bob)).not.toEqual(ours)
	expect(ours).toHaveLength(6)
	for (const group of ours) expect(group).toMatch(/^\d{5}$/)
})

test('[F3] a name shown comes signed from the friend, and changes with him', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	must(await bob.api.setDisplayName({ displayName: 'Robert' }))
	expect(await now(bob.api, 'session', null)).toMatchObject({ displayName: 'Robert', name: 'bob' })
	await post(bob, conversation, 'do you know me?')
	await alice.reopen()
	await until(alice.api, { view: 'friends', of: null, is: ([friend]) => friend?.displayName === 'Robert' })
})

test('[F3] the server lets nobody ask or answer in the name of another', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	must(await alice.api.requestFriend({ name: 'bob' }))
	await friendUntil(bob, alice, 'incoming')
	const { body } = await ask(alice, { path: '/friends' })
	const { friends } = body as { friends: readonly { request: string }[] }
	const request = friends[0]?.request ?? ''
	// Charlie brings what Alice signed, and answers what Bob was asked.
	const asked = await ask(charlie, {
		method: 'POST',
		path: '/friends/requests',
		body: { account: bob.account, request },
	})
	expect(asked.code).toBe('bad-signature')
	const accepted = await ask(charlie, {
		method: 'POST',
		path: `/friends/${alice.account}/accept`,
		body: { accept: request },
	})
	expect(accepted.code).toBe('no-request')
	const declined = await ask(charlie, { method: 'POST', path: `/friends/${alice.account}/decline`, body: {} })
	expect(declined.code).toBe('no-request')
	expect(await now(charlie.api, 'friends', null)).toEqual([])
})
