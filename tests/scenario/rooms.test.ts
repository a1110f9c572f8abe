import { expect, test } from 'vitest'
import { groupOf, groupUntil, membersUntil, notWritableUntil } from '../support/groups.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, refusal, textOf, textsUntil, until } from '../support/watching.ts'
import { befriend, offlineUntil, onlineUntil, post, writableUntil } from '../support/world.ts'

const link = { role: 'member', expires: null, uses: null } as const

test('[C3] a link lets a stranger in with nobody online, and he reads what was written before', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	const room = await groupOf(alice, [], { kind: 'room-private', name: 'Kitchen' })
	await post(alice, room, 'before')
	const { url } = must(await alice.api.createGroupLink({ conversation: room, ...link }))
	await messagesUntil(alice.api, room, ([first]) => first?.mark === 'sent')
	alice.wire.cut()
	await offlineUntil(alice)
	expect(must(await bob.api.joinByLink({ url })).conversation).toBe(room)
	await writableUntil(bob, room)
	await textsUntil(bob.api, room, ['before'])
	await groupUntil(bob, room, ({ name, role }) => name === 'Kitchen' && role === 'member')
	await post(bob, room, 'hello')
	alice.wire.resume()
	await onlineUntil(alice)
	await textsUntil(alice.api, room, ['before', 'hello'])
	await membersUntil(alice, room, ['alice', 'bob'])
})

test('[C3][LNK3] a link that is ended, used up or expired opens nothing, nor does one of another server or key', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const room = await groupOf(alice, [], { kind: 'room-private' })
	const bad = { type: 'server', code: 'bad-link' }
	const once = must(await alice.api.createGroupLink({ conversation: room, ...link, uses: 1 }))
	must(await bob.api.joinByLink({ url: once.url }))
	expect(refusal(await charlie.api.joinByLink({ url: once.url }))).toEqual(bad)
	const ended = must(await alice.api.createGroupLink({ conversation: room, ...link }))
	must(await alice.api.endGroupLink({ conversation: room, link: ended.link }))
	expect(refusal(await charlie.api.joinByLink({ url: ended.url }))).toEqual(bad)
	const expired = must(await alice.api.createGroupLink({ conversation: room, ...link, expires: 1 }))
	expect(refusal(await charlie.api.joinByLink({ url: expired.url }))).toEqual(bad)
	expect(refusal(await charlie.api.joinByLink({ url: 'http://elsewhere/i#AQIC' }))).toMatchObject({ type: 'bad-link' })
	expect(
		(await groupUntil(alice, room, ({ members }) => members.length === 2)).links.map(({ used }) => used),
	).toContain(1)
})

test('[C3] a remove ends every link, and who was removed comes back only by being added', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const room = await groupOf(alice, [[bob, 'member']], { kind: 'room-private' })
	const before = must(await alice.api.createGroupLink({ conversation: room, ...link }))
	must(await alice.api.removeMembers({ conversation: room, accounts: [bob.account] }))
	expect(refusal(await charlie.api.joinByLink({ url: before.url }))).toEqual({ type: 'server', code: 'bad-link' })
	const after = must(await alice.api.createGroupLink({ conversation: room, ...link }))
	expect(refusal(await bob.api.joinByLink({ url: after.url }))).toEqual({ type: 'server', code: 'bad-link' })
	must(await charlie.api.joinByLink({ url: after.url }))
	must(await alice.api.addMembers({ conversation: room, members: [{ account: bob.account, role: 'reader' }] }))
	await membersUntil(bob, room, ['alice', 'bob', 'charlie'])
})

test('[C3] a reader who came by link reads and writes nothing', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	const room = await groupOf(alice, [], { kind: 'room-private' })
	await post(alice, room, 'news')
	const { url } = must(await alice.api.createGroupLink({ conversation: room, ...link, role: 'reader' }))
	must(await bob.api.joinByLink({ url }))
	await textsUntil(bob.api, room, ['news'])
	await notWritableUntil(bob, room, 'reader')
})

test('[C3][LNK4] an open room stands in the directory, and anybody joins it', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const room = await groupOf(alice, [], { kind: 'room-open', name: 'Lobby', topic: 'Everything' })
	await groupOf(alice, [], { kind: 'room-private', name: 'Hidden' })
	const seen = must(await bob.api.openRooms())
	expect(seen).toEqual([{ conversation: room, name: 'Lobby', topic: 'Everything', members: 1, online: 1 }])
	must(await bob.api.joinRoom({ conversation: room }))
	await writableUntil(bob, room)
	await post(bob, room, 'hi')
	await textsUntil(alice.api, room, ['hi'])
	expect((await groupUntil(bob, room, () => true)).readers).toMatchObject({ who: { type: 'server' } })
	must(await alice.api.removeMembers({ conversation: room, accounts: [bob.account] }))
	must(await charlie.api.joinRoom({ conversation: room }))
	await textsUntil(charlie.api, room, ['hi'])
	expect(refusal(await bob.api.joinRoom({ conversation: room }))).toEqual({ type: 'server', code: 'bad-link' })
})

test('[C3][LNK5] who knocks is let in by an admin, and learns nothing from the knock', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const room = await groupOf(alice, [], { kind: 'room-private', knock: 'yes' })
	const deaf = await groupOf(alice, [], { kind: 'room-private' })
	for (const conversation of [room, deaf, 'AAAAAAAAAAAAAAAAAAAAAA']) must(await bob.api.knock({ conversation }))
	must(await charlie.api.knock({ conversation: room }))
	await groupUntil(alice, room, ({ knocks }) => knocks.length === 2)
	expect((await groupUntil(alice, deaf, () => true)).knocks).toEqual([])
	must(await alice.api.dismissKnock({ conversation: room, account: charlie.account }))
	must(await alice.api.addMembers({ conversation: room, members: [{ account: bob.account, role: 'member' }] }))
	await writableUntil(bob, room)
	await groupUntil(alice, room, ({ knocks }) => knocks.length === 0)
	const dragged = await alice.api.addMembers({
		conversation: room,
		members: [{ account: charlie.account, role: 'member' }],
	})
	expect(dragged.ok).toBe(false)
})

test('[C3] archived, a room takes nothing and keeps its history; restored, it goes on', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const room = await groupOf(alice, [], { kind: 'room-open', name: 'Lobby' })
	must(await bob.api.joinRoom({ conversation: room }))
	await writableUntil(bob, room)
	await post(bob, room, 'kept')
	await textsUntil(alice.api, room, ['kept'])
	const denied = refusal(await bob.api.archiveGroup({ conversation: room, archived: true }))
	expect(denied).toEqual({ type: 'server', code: 'bad-entry' })
	must(await alice.api.archiveGroup({ conversation: room, archived: true }))
	await notWritableUntil(bob, room, 'archived')
	expect(must(await charlie.api.openRooms())).toEqual([])
	expect(refusal(await charlie.api.joinRoom({ conversation: room }))).toEqual({ type: 'server', code: 'not-found' })
	await post(bob, room, 'too late')
	await messagesUntil(bob.api, room, (all) => all.some((one) => one.mark === 'failed' && textOf(one) === 'too late'))
	await textsUntil(alice.api, room, ['kept'])
	must(await alice.api.archiveGroup({ conversation: room, archived: false }))
	await writableUntil(bob, room)
	must(await charlie.api.joinRoom({ conversation: room }))
	await textsUntil(charlie.api, room, ['kept'])
	await post(charlie, room, 'I am here')
	await textsUntil(alice.api, room, ['kept', 'I am here'])
})

test('[C3] members make links where the policy lets them', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const room = await groupOf(alice, [[bob, 'member']], { kind: 'room-private' })
	expect(refusal(await bob.api.createGroupLink({ conversation: room, ...link }))).toEqual({
		...{ type: 'server', code: 'bad-entry' },
	})
	must(await alice.api.setGroupPolicy({ conversation: room, policy: { invite: 'members' } }))
	await groupUntil(bob, room, ({ policy }) => policy.invite === 'members')
	const { url } = must(await bob.api.createGroupLink({ conversation: room, ...link }))
	must(await charlie.api.joinByLink({ url }))
	await befriend(bob, charlie)
	await until(charlie.api, { view: 'chats', of: null, is: (all) => all.some(({ kind }) => kind === 'group') })
})
