/**
 * Two servers on one PostgreSQL, which tell each other by Redis: author and reader are always on different ones. The other stories
 * pass there too: `KITH_TEST_NODES=2 npx vitest run tests/scenario`.
 */
import { expect, onTestFinished, test } from 'vitest'
import { groupOf, membersUntil } from '../support/groups.ts'
import { guestAt, readUntil, setupOpen } from '../support/guests.ts'
import { describeOnPostgres } from '../support/postgres.ts'
import { describeOnRedis } from '../support/on-redis.ts'
import { PeerNetwork } from '../support/peer-network.ts'
import { startPushService } from '../support/push-service.ts'
import { ask } from '../support/raw-http.ts'
import { peopled, world } from '../support/story.ts'
import { keyOf, messagesUntil, must, now, textsUntil, until } from '../support/watching.ts'
import { accessTokenOf, befriend, offlineUntil, onlineUntil, openDirect, post, type Someone } from '../support/world.ts'

const onTwo = () => world({ nodes: 2 })

const presenceUntil = (one: Someone, other: Someone, type: string) =>
	until(one.api, {
		view: 'friends',
		of: null,
		is: (friends) => friends.some(({ account, presence }) => account === other.account && presence?.type === type),
	})

describeOnPostgres('on one PostgreSQL', () => {
	describeOnRedis('and two nodes', () => {
		test('[S1][F4] friends on different nodes talk, type, read, and see each other come and go', async () => {
			const { alice, bob, world: here } = await peopled(await onTwo(), ['alice', 'bob'])
			expect(here.servers.map(({ port }) => port)).toHaveLength(2)
			await befriend(alice, bob)
			const conversation = await openDirect(alice, bob)
			for (const [one, other] of [
				[alice, bob],
				[bob, alice],
			] as const)
				await presenceUntil(one, other, 'online')
			await post(alice, conversation, 'From the first')
			await textsUntil(bob.api, conversation, ['From the first'])
			must(await bob.api.setTyping({ conversation, typing: true }))
			await until(alice.api, { view: 'conversation', of: conversation, is: (view) => view?.typing.length === 1 })
			must(await bob.api.setTyping({ conversation, typing: false }))
			await until(alice.api, { view: 'conversation', of: conversation, is: (view) => view?.typing.length === 0 })
			must(await bob.api.markRead({ conversation, key: await keyOf(bob, conversation, 'From the first') }))
			await messagesUntil(alice.api, conversation, ([one]) => one?.mark === 'read')
			await post(bob, conversation, 'From the second')
			await textsUntil(alice.api, conversation, ['From the first', 'From the second'])
			must(
				await alice.api.edit({ conversation, key: await keyOf(alice, conversation, 'From the first'), text: 'Edited' }),
			)
			await textsUntil(bob.api, conversation, ['Edited', 'From the second'])
			bob.wire.cut()
			await presenceUntil(alice, bob, 'offline')
			bob.wire.resume()
			await presenceUntil(alice, bob, 'online')
		})

		test('[S1][S2] what was done once at one node under a key is answered at the other, also at the same moment', async () => {
			const { alice, world: here } = await peopled(await onTwo(), ['alice'])
			const token = await accessTokenOf(alice)
			const invite = async (node: number, key: string) => {
				const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key }
				const url = `${here.servers[node]?.origin}/api/v1/invites`
				const answer = await fetch(url, { method: 'POST', headers, body: '{"uses":1,"days":7}' })
				return { status: answer.status, body: await answer.text() }
			}
			const first = await invite(0, 'a-key-for-one-invitation')
			expect(first.status).toBe(201)
			expect(await invite(1, 'a-key-for-one-invitation')).toEqual(first)
			const key = 'a-key-for-another-invitation'
			const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => invite(i % 2, key)))
			for (const { status } of answers) expect([201, 409]).toContain(status)
			expect(must(await alice.api.serverInvites())).toHaveLength(2)
		})

		test('[S1][N2] who is connected to one node is woken by no other; who is not, by one', async () => {
			const service = await startPushService()
			onTestFinished(() => service.close())
			const { alice, bob } = await peopled(await world({ nodes: 2, env: service.env }), ['alice', 'bob'])
			await befriend(alice, bob)
			const conversation = await openDirect(alice, bob)
			const browser = service.subscribe()
			const words = { message: 'New message', test: 'It works' }
			must(await bob.api.setPush({ target: browser.target, named: true, words }))
			await post(alice, conversation, 'Bob is at the other node')
			await textsUntil(bob.api, conversation, ['Bob is at the other node'])
			bob.wire.cut()
			await presenceUntil(alice, bob, 'offline')
			await post(alice, conversation, 'Wake up')
			expect((await browser.next()).message.type).toBe('look')
			expect(service.asked()).toBe(1)
			bob.wire.resume()
			await textsUntil(bob.api, conversation, ['Bob is at the other node', 'Wake up'])
		})

		test('[S1][L3] devices on different nodes find each other, and talk while neither node is there', async () => {
			const here = await world({ nodes: 2, peers: new PeerNetwork() })
			const { alice, bob } = await peopled(here, ['alice', 'bob'])
			await befriend(alice, bob)
			const conversation = await openDirect(alice, bob)
			await until(alice.api, { view: 'conversation', of: conversation, is: (view) => view?.peers === 1 })
			for (const { wire } of [alice, bob]) wire.cut()
			for (const one of [alice, bob]) await offlineUntil(one)
			await post(alice, conversation, 'From device to device')
			await textsUntil(bob.api, conversation, ['From device to device'])
			for (const { wire } of [alice, bob]) wire.resume()
			await messagesUntil(alice.api, conversation, ([one]) => one?.mark === 'delivered')
		})

		test('[S1][C2] who is removed on one node is out on the other at once, and nothing that he writes there is taken', async () => {
			const { alice, bob, carol } = await peopled(await onTwo(), ['alice', 'bob', 'carol'])
			const group = await groupOf(alice, [
				[bob, 'member'],
				[carol, 'member'],
			])
			await post(bob, group, 'I am in')
			for (const one of [alice, carol]) await textsUntil(one.api, group, ['I am in'])
			must(await alice.api.removeMembers({ conversation: group, accounts: [bob.account] }))
			await until(bob.api, { view: 'conversation', of: group, is: (view) => view?.writable.type === 'no' })
			await membersUntil(carol, group, ['alice', 'carol'])
			await post(carol, group, 'Without him')
			await textsUntil(alice.api, group, ['I am in', 'Without him'])
			expect((await now(bob.api, 'conversation', group))?.messages).toHaveLength(1)
		})

		test('[S1][C2] a node that was told nothing of a removal takes nothing of the removed all the same', async () => {
			const { alice, bob, carol, world: here } = await peopled(await onTwo(), ['alice', 'bob', 'carol'])
			const group = await groupOf(alice, [
				[bob, 'member'],
				[carol, 'member'],
			])
			await post(bob, group, 'I am in')
			for (const one of [alice, carol]) await textsUntil(one.api, group, ['I am in'])
			here.redis?.cut()
			must(await alice.api.removeMembers({ conversation: group, accounts: [bob.account] }))
			must(await bob.api.post({ conversation: group, text: 'Still in?' }))
			await messagesUntil(bob.api, group, (all) => all.at(-1)?.problem === 'item-no-right')
			here.redis?.resume()
			await until(bob.api, { view: 'conversation', of: group, is: (view) => view?.writable.type === 'no' })
			await post(carol, group, 'Without him')
			for (const one of [alice, carol]) await textsUntil(one.api, group, ['I am in', 'Without him'])
		})

		test('[S1] what one node was not told of it reads: Redis goes away under talk, and nothing is lost or waits', async () => {
			const { alice, bob, world: here } = await peopled(await onTwo(), ['alice', 'bob'])
			await befriend(alice, bob)
			const conversation = await openDirect(alice, bob)
			await post(alice, conversation, 'one')
			await textsUntil(bob.api, conversation, ['one'])
			here.redis?.cut()
			await post(alice, conversation, 'two')
			await messagesUntil(
				alice.api,
				conversation,
				(all) => all.length === 2 && all.every(({ mark }) => mark !== 'queued'),
			)
			here.redis?.resume()
			await textsUntil(bob.api, conversation, ['one', 'two'])
			await post(bob, conversation, 'three')
			await textsUntil(alice.api, conversation, ['one', 'two', 'three'])
		})

		test('[S1][A4][GST6] a guest of one node reads on at the other when that one is gone, and his leaving is known to both', async () => {
			const { alice, bob, world: here } = await setupOpen(['alice', 'bob'], { nodes: 2 })
			const room = await groupOf(bob, [], { kind: 'room-open', name: 'Lobby', topic: '' })
			await post(bob, room, 'one')
			// The third device of all: at the node of the first.
			const guest = await guestAt(here)
			await readUntil(guest, room, ({ messages }) => messages.length === 1)
			await post(bob, room, 'two')
			await textsUntil(guest.api, room, ['one', 'two'])
			const other = here.servers[1]?.port ?? 0
			for (const { wire } of [alice, guest]) wire.cut()
			await here.servers[0]?.stop()
			for (const { wire } of [alice, guest]) {
				wire.retarget(other)
				wire.resume()
			}
			await post(bob, room, 'three')
			await textsUntil(guest.api, room, ['one', 'two', 'three'])
			const token = guest.tap.accessToken
			must(await guest.api.stopLooking())
			expect(await ask(bob, { path: '/guests/rooms', token })).toMatchObject({ status: 401, code: 'guest-ended' })
		})

		test('[S1][A2] a session that is ended on one node ends on the other', async () => {
			const { alice, bob } = await peopled(await onTwo(), ['alice', 'bob'])
			await onlineUntil(bob)
			must(await alice.api.setUserDisabled({ account: bob.account, disabled: true }))
			await until(bob.api, { view: 'session', of: null, is: ({ type }) => type !== 'signed-in' })
		})
	})
})
