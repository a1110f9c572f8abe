import { expect, test, vi } from 'vitest'
import type { ConversationId, OnlineView } from '#core/api.ts'
import { groupOf, membersUntil } from '../support/groups.ts'
import { signUp as signUpPerson } from '../support/http-person.ts'
import { readHub } from '../support/socket-tap.ts'
import { setup } from '../support/story.ts'
import { must, now, until } from '../support/watching.ts'
import { inviteFrom, offlineUntil, onlineUntil, type Device, type Person } from '../support/world.ts'

const onlineIn = ({ api }: Device, conversation: ConversationId, is: (view: OnlineView) => boolean) =>
	until(api, { view: 'online', of: conversation, is: (view): view is OnlineView => view !== null && is(view) })

const namesUntil = (device: Device, conversation: ConversationId, names: readonly string[]) =>
	onlineIn(device, conversation, ({ count, people }) => {
		const shown = (people ?? []).map(({ name }) => name).toSorted()
		return count === names.length && JSON.stringify(shown) === JSON.stringify(names)
	})

/** What the server says to who asks by a changed client. */
async function told({ tap }: Person, conversation: ConversationId) {
	const answer = tap.answer('online', (message) => message.conversation === conversation)
	tap.say({ t: 'online', conversation, watch: true })
	return (await answer).online
}

async function refused({ tap }: Person, conversation: ConversationId) {
	const answer = tap.answer('error', ({ about }) => about === conversation)
	tap.say({ t: 'online', conversation, watch: true })
	return (await answer).code
}

test('[C4] each person is counted once, over two devices and all tabs, and goes with the last of them', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	const room = await groupOf(alice, [[bob, 'member']], { kind: 'room-private' })
	await namesUntil(alice, room, ['alice', 'bob'])
	const phone = await world.device('phone')
	must(await phone.api.recover({ name: 'bob', code: bob.words.join(' ') }))
	await onlineUntil(phone)
	await membersUntil(phone, room, ['alice', 'bob'])
	// A second screen of the same device, as a tab beside the one that is open.
	const stop = bob.api.watch('online', room, () => {})
	await namesUntil(bob, room, ['alice', 'bob'])
	stop()
	await namesUntil(phone, room, ['alice', 'bob'])
	await bob.api.close()
	// Alice has heard of it when the other device's word has come round.
	must(await phone.api.setActive({ active: false }))
	await namesUntil(alice, room, ['alice'])
	must(await phone.api.setActive({ active: true }))
	await namesUntil(alice, room, ['alice', 'bob'])
	await phone.api.close()
	await namesUntil(alice, room, ['alice'])
	await bob.reopen()
	await namesUntil(alice, room, ['alice', 'bob'])
})

test('[C4] [WIRE15] who hides presence is in no list and no count, and is told nothing', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const room = await groupOf(alice, [[bob, 'member']], { kind: 'room-open' })
	await namesUntil(alice, room, ['alice', 'bob'])
	must(await bob.api.setPrivacy({ presence: false }))
	await namesUntil(alice, room, ['alice'])
	expect(await told(bob, room)).toBeNull()
	expect(must(await charlie.api.openRooms())).toMatchObject([{ members: 2, online: 1 }])
	must(await bob.api.setPrivacy({ presence: true }))
	await namesUntil(alice, room, ['alice', 'bob'])
	await namesUntil(bob, room, ['alice', 'bob'])
})

test('[C4] [WIRE15] who joins or leaves changes the number; who is not in the room learns the directory’s number and nothing else', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const open = await groupOf(alice, [], { kind: 'room-open', name: 'Lobby' })
	const closed = await groupOf(alice, [], { kind: 'room-private', name: 'Attic' })
	await namesUntil(alice, open, ['alice'])
	expect(must(await bob.api.openRooms())).toMatchObject([{ conversation: open, members: 1, online: 1 }])
	for (const room of [open, closed, 'AAAAAAAAAAAAAAAAAAAAAA']) expect(await refused(charlie, room)).toBe('not-member')
	const heard = () => charlie.tap.heard.filter((frame) => readHub(frame)?.t === 'online')
	must(await bob.api.joinRoom({ conversation: open }))
	await namesUntil(alice, open, ['alice', 'bob'])
	await namesUntil(bob, open, ['alice', 'bob'])
	must(await bob.api.leaveGroup({ conversation: open }))
	await namesUntil(alice, open, ['alice'])
	expect(must(await charlie.api.openRooms())).toMatchObject([{ members: 1, online: 1 }])
	expect(heard()).toEqual([])
})

test('[C4] without a connection no number is shown, and it comes back with it', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	const room = await groupOf(alice, [[bob, 'member']])
	const stop = alice.api.watch('online', room, () => {})
	await namesUntil(alice, room, ['alice', 'bob'])
	alice.wire.cut()
	await offlineUntil(alice)
	expect(await now(alice.api, 'online', room)).toBeNull()
	alice.wire.resume()
	await onlineUntil(alice)
	await namesUntil(alice, room, ['alice', 'bob'])
	stop()
})

test('[C4] [WIRE15] above fifty members the number alone is told, to whatever client, and the people again below', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	const room = await groupOf(alice, [[bob, 'member']], { kind: 'room-private', knock: 'yes' })
	const grant = await inviteFrom(alice, { uses: 49, days: 7 })
	const names = Array.from({ length: 49 }, (_, i) => `guest${i}`)
	const people = await Promise.all(names.map((name) => signUpPerson(world.server, name, grant)))
	for (const { http } of people) must(await http.call((api) => api.rooms.knock({ conversation: room })))
	const [last, ...members] = people.map(({ id }) => ({ account: id, role: 'reader' as const }))
	if (last === undefined) throw new Error('nobody knocked')
	must(await alice.api.addMembers({ conversation: room, members }))
	await namesUntil(alice, room, ['alice', 'bob'])
	must(await alice.api.addMembers({ conversation: room, members: [last] }))
	expect(await onlineIn(alice, room, ({ people: shown }) => shown === null)).toMatchObject({ count: 2 })
	expect(await told(bob, room)).toEqual({ count: 2, people: null })
	must(await alice.api.removeMembers({ conversation: room, accounts: [last.account] }))
	await namesUntil(alice, room, ['alice', 'bob'])
})

test('[C4] [C3] [WIRE15] who looks at the directory is told when it changes, and nobody else', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const seen: number[] = []
	const stop = charlie.api.watch('directory', null, (count) => seen.push(count))
	const toldAfter = (before: number) =>
		vi.waitFor(() => expect(seen.at(-1) ?? 0).toBeGreaterThan(before), { timeout: 20_000 })
	await toldAfter(0)
	const first = seen.at(-1) ?? 0
	const open = await groupOf(alice, [], { kind: 'room-open', name: 'Lobby' })
	await toldAfter(first)
	await vi.waitFor(async () => expect(must(await charlie.api.openRooms())).toHaveLength(1))
	const before = seen.at(-1) ?? 0
	must(await bob.api.joinRoom({ conversation: open }))
	await toldAfter(before)
	expect(must(await charlie.api.openRooms())).toMatchObject([{ members: 2 }])
	const words = () => charlie.tap.heard.filter((frame) => readHub(frame)?.t === 'rooms').length
	stop()
	const heard = words()
	must(await bob.api.leaveGroup({ conversation: open }))
	await namesUntil(alice, open, ['alice'])
	expect(words()).toBe(heard)
	expect(bob.tap.heard.filter((frame) => readHub(frame)?.t === 'rooms')).toEqual([])
})
