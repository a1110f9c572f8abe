/** Visitors without an account: they read open rooms, and nothing else (SPEC GST). */
import { expect, test } from 'vitest'
import { guestAt, readUntil, setupOpen } from '../support/guests.ts'
import { epochUntil, groupOf, groupUntil, membersUntil } from '../support/groups.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, now, refusal, textsUntil, until } from '../support/watching.ts'
import {
	friendUntil,
	inviteFrom,
	offlineUntil,
	onlineUntil,
	post,
	signUp,
	strongPassword,
	writableUntil,
} from '../support/world.ts'

const openRoom = { kind: 'room-open', name: 'Lobby', topic: 'Everything' } as const
const sent = { type: 'server', code: 'forbidden' }

test('[A4][C3][GST1][GST3] a guest reads an open room with nobody online, and sees new posts live', async () => {
	const { alice, world } = await setupOpen(['alice'])
	const room = await groupOf(alice, [], openRoom)
	await groupOf(alice, [], { kind: 'room-private', name: 'Hidden' })
	await post(alice, room, 'before')
	await messagesUntil(alice.api, room, ([first]) => first?.mark === 'sent')
	alice.wire.cut()
	await offlineUntil(alice)
	const guest = await guestAt(world)
	expect(must(await guest.api.guestRooms())).toEqual([{ conversation: room, name: 'Lobby', topic: 'Everything' }])
	const view = await readUntil(guest, room, ({ messages }) => messages.length === 1)
	expect(view).toMatchObject({ title: 'Lobby', writable: { type: 'no', why: 'guest' }, typing: [] })
	await textsUntil(guest.api, room, ['before'])
	const named = await readUntil(guest, room, ({ people }) => people.length === 1)
	expect(named.people).toMatchObject([{ account: alice.account, displayName: 'Alice', verified: false }])
	alice.wire.resume()
	await onlineUntil(alice)
	await post(alice, room, 'after')
	await textsUntil(guest.api, room, ['before', 'after'])
})

test('[A4][C3][C6][GST3][GST8] he reads the epochs that a joiner would read, stands in no log, and the line of who can read stays true', async () => {
	const { alice, bob, charlie, world } = await setupOpen(['alice', 'bob', 'charlie'])
	const room = await groupOf(alice, [], openRoom)
	must(await bob.api.joinRoom({ conversation: room }))
	await writableUntil(bob, room)
	await post(bob, room, 'first epoch')
	await textsUntil(alice.api, room, ['first epoch'])
	must(await alice.api.removeMembers({ conversation: room, accounts: [bob.account] }))
	await epochUntil(alice, room, 2)
	await post(alice, room, 'second epoch')
	const guest = await guestAt(world)
	await readUntil(guest, room, ({ messages }) => messages.length === 2)
	await textsUntil(guest.api, room, ['first epoch', 'second epoch'])
	must(await charlie.api.joinRoom({ conversation: room }))
	await textsUntil(charlie.api, room, ['first epoch', 'second epoch'])
	// The key turns while he reads.
	must(await alice.api.removeMembers({ conversation: room, accounts: [charlie.account] }))
	await epochUntil(alice, room, 3)
	await post(alice, room, 'third epoch')
	await textsUntil(guest.api, room, ['first epoch', 'second epoch', 'third epoch'])
	const group = await groupUntil(alice, room, ({ members }) => members.length === 1)
	expect(group.readers).toMatchObject({ who: { type: 'server', people: [alice.account] } })
	expect(must(await charlie.api.openRooms())).toMatchObject([{ members: 1 }])
	await membersUntil(alice, room, ['alice'])
	const seen = await readUntil(guest, room, () => true)
	expect(seen.readers).toEqual(group.readers)
	// By which the line says that people without an account read as well.
	expect(await now(alice.api, 'session', null)).toMatchObject({ instance: { guests: true } })
})

test('[A4][C3][GST4] somebody who writes for the first time gets a name then', async () => {
	const { alice, bob, world } = await setupOpen(['alice', 'bob'])
	const room = await groupOf(alice, [[bob, 'member']], openRoom)
	await post(alice, room, 'hello')
	const guest = await guestAt(world)
	const before = await readUntil(guest, room, ({ people }) => people.length > 0)
	expect(before.people.map(({ displayName }) => displayName)).toEqual(['Alice'])
	await post(bob, room, 'hello back')
	const after = await readUntil(guest, room, ({ people }) => people.length === 2)
	expect(after.people.map(({ displayName }) => displayName).toSorted()).toEqual(['Alice', 'Bob'])
})

test('[A4][C3] a guest becomes an account and is in the room, where he was, joined', async () => {
	const { alice, world } = await setupOpen(['alice'])
	const room = await groupOf(alice, [], openRoom)
	await post(alice, room, 'one', 'two')
	const guest = await guestAt(world, 'gwen')
	const { messages } = await readUntil(guest, room, (view) => view.messages.length === 2)
	const gwen = await signUp(guest, await inviteFrom(alice))
	must(await gwen.api.joinRoom({ conversation: room }))
	await writableUntil(gwen, room)
	await textsUntil(gwen.api, room, ['one', 'two'])
	const around = messages[0]?.event ?? ''
	const at = { conversation: room, around, before: 0, after: 0 }
	const history = await until(gwen.api, { view: 'history', of: at, is: (run) => run !== null })
	expect(history?.messages.map(({ event }) => event)).toEqual([around])
	await post(gwen, room, 'three')
	await textsUntil(alice.api, room, ['one', 'two', 'three'])
	expect(world.server.domain.guests.count()).toBe(0)
})

test('[A4][A3][C3] a guest who is invited has an account, a friend and his place in the room by one link', async () => {
	const { alice, bob, world } = await setupOpen(['alice', 'bob'])
	const room = await groupOf(alice, [[bob, 'member']], { ...openRoom, invite: 'members' })
	await post(alice, room, 'one', 'two')
	const guest = await guestAt(world, 'gwen')
	const { messages } = await readUntil(guest, room, (view) => view.messages.length === 2)
	const { url } = must(await bob.api.createWelcomeLink({ conversation: room, uses: 1, days: 7 }))
	const { conversation, welcome } = must(await guest.api.readRoomLink({ url }))
	expect([conversation, welcome?.by]).toEqual([room, bob.account])
	const gwen = await signUp(guest, { type: 'invite', token: welcome?.invite ?? '' })
	must(await gwen.api.joinByLink({ url }))
	await writableUntil(gwen, room)
	const seen = await textsUntil(gwen.api, room, ['one', 'two'])
	expect(seen.map(({ event }) => event)).toEqual(messages.map(({ event }) => event))
	await friendUntil(gwen, bob, 'accepted')
	await friendUntil(bob, gwen, 'accepted')
	await post(gwen, room, 'three')
	await textsUntil(alice.api, room, ['one', 'two', 'three'])
	expect(world.server.domain.guests.count()).toBe(0)
})

test('[A4][GST5] commands of people with an account do nothing for a guest', async () => {
	const { alice, world } = await setupOpen(['alice'])
	const room = await groupOf(alice, [], openRoom)
	const { api } = await guestAt(world)
	must(await api.readRoom({ conversation: room }))
	const signedOut = { type: 'signed-out' }
	expect(refusal(await api.post({ conversation: room, text: 'hello' }))).toEqual(signedOut)
	expect(refusal(await api.requestFriend({ name: 'alice' }))).toEqual(signedOut)
	expect(refusal(await api.joinRoom({ conversation: room }))).toEqual(signedOut)
	expect(refusal(await api.setTyping({ conversation: room, typing: true }))).toEqual(signedOut)
	expect(refusal(await alice.api.lookAround())).toEqual(sent)
})

test('[A4][C3][GST7] a room that is archived is closed to guests at once, and open to them again when it is restored', async () => {
	const { alice, world } = await setupOpen(['alice'])
	const room = await groupOf(alice, [], openRoom)
	await post(alice, room, 'here')
	const guest = await guestAt(world)
	await readUntil(guest, room, ({ messages }) => messages.length === 1)
	const told = guest.tap.answer('closed', ({ code }) => code === 'not-found')
	must(await alice.api.archiveGroup({ conversation: room, archived: true }))
	await told
	expect(must(await guest.api.guestRooms())).toEqual([])
	await until(guest.api, { view: 'conversation', of: room, is: (view) => view === null })
	expect(refusal(await guest.api.readRoom({ conversation: room }))).toEqual({ type: 'server', code: 'not-found' })
	must(await alice.api.archiveGroup({ conversation: room, archived: false }))
	await readUntil(guest, room, ({ messages }) => messages.length === 1)
	await post(alice, room, 'again')
	await textsUntil(guest.api, room, ['here', 'again'])
})

test('[A4][C3][GST7] a room whose link has ended is closed to guests', async () => {
	const { alice, world } = await setupOpen(['alice'])
	const room = await groupOf(alice, [], openRoom)
	await post(alice, room, 'here')
	const guest = await guestAt(world)
	await readUntil(guest, room, ({ messages }) => messages.length === 1)
	const { links } = await groupUntil(alice, room, (group) => group.links.length === 1)
	must(await alice.api.endGroupLink({ conversation: room, link: links[0]?.link ?? '' }))
	await until(guest.api, { view: 'conversation', of: room, is: (view) => view === null })
	await post(alice, room, 'unheard')
	await messagesUntil(alice.api, room, (all) => all.at(-1)?.mark === 'sent')
	expect(must(await guest.api.guestRooms())).toEqual([])
	expect(refusal(await guest.api.readRoom({ conversation: room }))).toEqual({ type: 'server', code: 'not-found' })
})

test('[A4] a line that was cut comes back, and nothing is missing', async () => {
	const { alice, world } = await setupOpen(['alice'])
	const room = await groupOf(alice, [], openRoom)
	await post(alice, room, 'one')
	const guest = await guestAt(world)
	await readUntil(guest, room, ({ messages }) => messages.length === 1)
	guest.wire.cut()
	await offlineUntil(guest)
	await post(alice, room, 'two')
	await messagesUntil(alice.api, room, (all) => all.at(-1)?.mark === 'sent')
	guest.wire.resume()
	await textsUntil(guest.api, room, ['one', 'two'])
})

test('[A4][GST6] a restart of the server ends the visit, which is told and can begin anew', async () => {
	// Several keep their visits as long as one of them is there: two-nodes.test.ts.
	const { alice, world } = await setupOpen(['alice'], { nodes: 1 })
	const room = await groupOf(alice, [], openRoom)
	await post(alice, room, 'kept')
	const guest = await guestAt(world)
	await world.stop()
	await world.start()
	const ended = await until(guest.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
	expect(ended).toMatchObject({ why: 'guest-ended' })
	must(await guest.api.lookAround())
	await readUntil(guest, room, ({ messages }) => messages.length === 1)
})

test('[A4] a visit ends when it is told to, and leaves nothing on the device', async () => {
	const { alice, world } = await setupOpen(['alice'])
	const room = await groupOf(alice, [], openRoom)
	await post(alice, room, 'read and gone')
	const guest = await guestAt(world)
	await readUntil(guest, room, ({ messages }) => messages.length === 1)
	must(await guest.api.stopLooking())
	expect(world.server.domain.guests.count()).toBe(0)
	await until(guest.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
	await guest.reopen()
	await until(guest.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
	expect(refusal(await guest.api.guestRooms())).toEqual({ type: 'signed-out' })
})

test('[A4][GST1] a server takes no guests unless its operator says so', async () => {
	const { alice, world } = await setup('alice')
	await groupOf(alice, [], openRoom)
	const device = await world.device('guest')
	const session = await until(device.api, {
		view: 'session',
		of: null,
		is: (view) => view.type === 'signed-out' && view.instance !== null,
	})
	expect(session).toMatchObject({ instance: { guests: false } })
	expect(refusal(await device.api.lookAround())).toEqual({ type: 'server', code: 'no-guests' })
	expect(refusal(await device.api.signIn({ name: 'guest', password: strongPassword('guest') }))).toMatchObject({
		code: 'wrong-credentials',
	})
})
