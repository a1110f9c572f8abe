import { expect, test } from 'vitest'
import { decodeLinkFragment } from '#protocol/link.ts'
import { groupOf, groupUntil, membersUntil } from '../support/groups.ts'
import { peopled, setup, world } from '../support/story.ts'
import { must, now, refusal, textsUntil } from '../support/watching.ts'
import { friendUntil, openDirect, post, signUp, writableUntil, type World } from '../support/world.ts'

/** What a screen does with a welcome link: an account by the invitation in it, then the room. */
async function arrive(story: World, name: string, url: string) {
	const device = await story.device(name)
	const { welcome } = must(await device.api.readRoomLink({ url }))
	if (welcome === null || welcome.invite === null) throw new Error('a welcome link names its maker and lets people in')
	const person = await signUp(device, { type: 'invite', token: welcome.invite })
	const { conversation } = must(await person.api.joinByLink({ url }))
	return { person, conversation }
}

test('[C3] [A3] one link: a newcomer has an account, is in the room and a friend of the member who invited him', async () => {
	const { alice, bob, world: story } = await setup('alice', 'bob')
	const room = await groupOf(alice, [[bob, 'member']], { kind: 'room-private', name: 'Kitchen', invite: 'members' })
	await post(alice, room, 'before')
	const { url } = must(await bob.api.createWelcomeLink({ conversation: room, uses: 1, days: 7 }))
	const { person: dora, conversation } = await arrive(story, 'dora', url)
	expect(conversation).toBe(room)
	await writableUntil(dora, room)
	await textsUntil(dora.api, room, ['before'])
	await friendUntil(dora, bob, 'accepted')
	await friendUntil(bob, dora, 'accepted')
	const direct = await openDirect(dora, bob)
	await post(dora, direct, 'thank you')
	await textsUntil(bob.api, direct, ['thank you'])
	await membersUntil(alice, room, ['alice', 'bob', 'dora'])
	expect(refusal(await (await story.device('eve')).api.prepareSignUp(await formBy(url)))).toEqual({
		...{ type: 'server', code: 'bad-invite' },
	})
})

async function formBy(url: string) {
	const [maker] = url.slice(url.indexOf('#') + 1).split('.')
	const link = decodeLinkFragment(maker ?? '')
	const token = link?.type === 'friend' && link.invite !== null ? Buffer.from(link.invite).toString('base64url') : ''
	const grant = { type: 'invite', token } as const
	return { name: 'eve', displayName: 'Eve', password: 'eve correct horse battery staple', grant }
}

test('[C3] [A3] [LNK6] the maker may be away: the room is there at once, the friendship when he is back', async () => {
	const { alice, bob, world: story } = await setup('alice', 'bob')
	const room = await groupOf(alice, [[bob, 'member']], { kind: 'room-private', invite: 'members' })
	const { url } = must(await bob.api.createWelcomeLink({ conversation: room, uses: 2, days: 7 }))
	await bob.api.close()
	const { person: dora } = await arrive(story, 'dora', url)
	await writableUntil(dora, room)
	await friendUntil(dora, bob, 'outgoing')
	await bob.reopen()
	await friendUntil(dora, bob, 'accepted')
	// Who is no friend any more does not come back by himself, though he still is in the room.
	must(await bob.api.removeFriend({ account: dora.account }))
	await friendUntil(dora, bob, 'ended')
	must(await dora.api.requestFriend({ name: 'bob' }))
	await friendUntil(bob, dora, 'incoming')
	await post(dora, room, 'hello?')
	await textsUntil(bob.api, room, ['hello?'])
	expect((await now(bob.api, 'friends', null)).find(({ account }) => account === dora.account)?.state).toBe('incoming')
})

test('[C3] [LNK6] a request of who did not come by the link waits for an answer as any other', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const room = await groupOf(alice, [[charlie, 'member']], { kind: 'room-private' })
	const usual = must(await alice.api.createGroupLink({ conversation: room, role: 'member', expires: null, uses: null }))
	must(await alice.api.createWelcomeLink({ conversation: room, uses: 1, days: 7 }))
	must(await bob.api.joinByLink({ url: usual.url }))
	await membersUntil(alice, room, ['alice', 'bob', 'charlie'])
	must(await bob.api.requestFriend({ name: 'alice' }))
	await friendUntil(alice, bob, 'incoming')
	await post(bob, room, 'I have asked')
	await textsUntil(alice.api, room, ['I have asked'])
	await friendUntil(alice, bob, 'incoming')
})

test('[A3] a member brings in as many as the operator lets him, and a link that was not made takes no place', async () => {
	const opened = await world({ env: { KITH_MEMBER_INVITES: '2' } })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	const room = await groupOf(alice, [[bob, 'member']], { kind: 'room-private' })
	const ask = (uses: number) => bob.api.createWelcomeLink({ conversation: room, uses, days: 7 })
	// The room’s admins keep its doors: what was taken for the newcomer is given back.
	expect(refusal(await ask(2))).toEqual({ type: 'server', code: 'bad-entry' })
	must(await alice.api.setGroupPolicy({ conversation: room, policy: { invite: 'members' } }))
	await groupUntil(bob, room, ({ policy }) => policy.invite === 'members')
	expect(refusal(await ask(3))).toEqual({ type: 'server', code: 'invites-spent' })
	must(await ask(2))
	expect(refusal(await ask(1))).toEqual({ type: 'server', code: 'invites-spent' })
	expect(refusal(await bob.api.friendLink({ withInvite: true }))).toEqual({ type: 'server', code: 'invites-spent' })
	must(await alice.api.createWelcomeLink({ conversation: room, uses: 20, days: 7 }))
})

test('[C3] who has an account already joins by the same link, and sees before what he joins', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const room = await groupOf(alice, [[charlie, 'member']], { kind: 'room-private', name: 'Kitchen', topic: 'Soup' })
	const { url } = must(await alice.api.createWelcomeLink({ conversation: room, uses: 3, days: 7 }))
	// The name stays readable when keys change after it was given.
	must(await alice.api.removeMembers({ conversation: room, accounts: [charlie.account] }))
	const later = must(await alice.api.createWelcomeLink({ conversation: room, uses: 3, days: 7 }))
	expect(refusal(await bob.api.previewRoom({ url }))).toEqual({ type: 'server', code: 'bad-link' })
	expect(must(await bob.api.previewRoom({ url: later.url }))).toEqual({
		...{ conversation: room, kind: 'room-private', name: 'Kitchen', topic: 'Soup', members: 1, friends: [] },
		...{ role: 'member', history: 'shared', archived: false },
	})
	expect(must(await bob.api.readRoomLink({ url: later.url }))).toMatchObject({ conversation: room, member: false })
	must(await bob.api.joinByLink({ url: later.url }))
	await friendUntil(bob, alice, 'accepted')
	expect(must(await bob.api.readRoomLink({ url: later.url }))).toMatchObject({ member: true })
	expect(refusal(await bob.api.readRoomLink({ url: 'http://x/i#nothing' }))).toMatchObject({ type: 'bad-link' })
})

test('[C3] who creates rooms is the operator’s to say, and groups are everybody’s', async () => {
	const opened = await world({ env: { KITH_ROOMS: 'admins' } })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	const plain = { name: 'Lobby', topic: '', history: 'shared', invite: 'admins', knock: 'no', members: [] } as const
	for (const kind of ['room-open', 'room-private'] as const) {
		expect(refusal(await bob.api.createGroup({ ...plain, kind }))).toEqual({ type: 'server', code: 'rooms-by-admins' })
		must(await alice.api.createGroup({ ...plain, kind }))
	}
	must(await bob.api.createGroup({ ...plain, kind: 'group' }))
	const session = await now(bob.api, 'session', null)
	expect(session.type === 'signed-in' && session.instance?.rooms).toBe('admins')
})
