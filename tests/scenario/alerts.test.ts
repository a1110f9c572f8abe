import { expect, test } from 'vitest'
import { alertsUntil, briefs } from '../support/alerts.ts'
import { groupOf, groupUntil } from '../support/groups.ts'
import { phoneOf } from '../support/second-device.ts'
import { storyClock } from '../support/story-clock.ts'
import { peopled, setup, world } from '../support/story.ts'
import { must, now, textsUntil, until } from '../support/watching.ts'
import {
	befriend,
	friendUntil,
	offlineUntil,
	openDirect,
	post,
	writableUntil,
	type NodeDevice,
} from '../support/world.ts'

const everything = { alerts: 'all' } as const

test('[N1] a request is an alert until it is answered, and its answer is one to who asked', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	must(await alice.api.requestFriend({ name: 'bob' }))
	const [request] = (await alertsUntil(bob, ['*request Alice'])).alerts
	expect(request).toMatchObject({ person: { name: 'alice' }, warning: false })
	must(await bob.api.acceptFriend({ account: alice.account }))
	await alertsUntil(bob, [])
	await alertsUntil(alice, ['*accepted Bob'])
	must(await charlie.api.requestFriend({ name: 'bob' }))
	await alertsUntil(bob, ['*request Charlie'])
	must(await bob.api.declineFriend({ account: charlie.account }))
	await alertsUntil(bob, [])
	expect(await now(charlie.api, 'alerts', null)).toEqual({ alerts: [], unread: 0, apart: 0 })
})

test('[N1] messages are one alert for each conversation, counted once, until they are read', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	for (const friend of [bob, charlie]) await befriend(friend, alice)
	const withBob = await openDirect(alice, bob)
	const withCharlie = await openDirect(alice, charlie)
	await post(bob, withBob, 'one', 'two')
	await post(charlie, withCharlie, 'hello')
	const view = await alertsUntil(alice, ['*messages 2 two by Bob', '*messages 1 hello by Charlie'])
	expect(view).toMatchObject({ unread: 2, apart: 0 })
	const messages = await textsUntil(alice.api, withBob, ['one', 'two'])
	must(await alice.api.markRead({ conversation: withBob, key: messages[1]?.key ?? '' }))
	await alertsUntil(alice, ['*messages 1 hello by Charlie'])
	await post(alice, withCharlie, 'hello yourself')
	must(await alice.api.markAlertsRead(everything))
	await alertsUntil(alice, [])
	await until(alice.api, { view: 'chats', of: null, is: (chats) => chats.every(({ unread }) => unread === 0) })
})

test('[N1][M2] who is named by @username is told so, once, and it stays in the history', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'member'],
	])
	await alertsUntil(charlie, ['*added The group by Alice'])
	must(await charlie.api.markAlertsRead(everything))
	await post(bob, group, 'hello all', '@charlie, @nobody: look', 'mail me at bob@charlie.example')
	const told = await alertsUntil(charlie, [
		'added The group by Alice',
		'*mention @charlie, @nobody: look by Bob',
		'*messages 2 mail me at bob@charlie.example by Bob',
	])
	expect(told).toMatchObject({ unread: 2, apart: 0 })
	await alertsUntil(alice, ['*accepted Bob', '*accepted Charlie', '*messages 3 mail me at bob@charlie.example by Bob'])
	must(await charlie.api.markAlertsRead(everything))
	await alertsUntil(charlie, ['added The group by Alice', 'mention @charlie, @nobody: look by Bob'])
	// Nobody is told of what he wrote himself.
	await post(charlie, group, 'I am @charlie')
	await textsUntil(bob.api, group, [
		...['hello all', '@charlie, @nobody: look', 'mail me at bob@charlie.example'],
		'I am @charlie',
	])
	expect(briefs(await now(charlie.api, 'alerts', null))).not.toContain('*mention I am @charlie by Charlie')
})

test('[N1] who knocks is an alert to owners and admins on all their devices, until somebody answers', async () => {
	const story = await setup('alice', 'bob', 'charlie', 'dora')
	const { alice, bob, charlie, dora } = story
	const room = await groupOf(alice, [[bob, 'admin']], { kind: 'room-private', name: 'Kitchen', knock: 'yes' })
	for (const person of [charlie, dora]) must(await person.api.knock({ conversation: room }))
	const added = 'added Kitchen by Alice'
	const knocking = ['*knock Kitchen by Charlie', '*knock Kitchen by Dora']
	await alertsUntil(bob, [`*${added}`, ...knocking])
	await alertsUntil(alice, ['*accepted Bob', ...knocking])
	must(await bob.api.addMembers({ conversation: room, members: [{ account: charlie.account, role: 'member' }] }))
	await alertsUntil(alice, ['*accepted Bob', '*knock Kitchen by Dora'])
	await alertsUntil(charlie, ['*added Kitchen by Bob'])
	// With no network, after a new start, it is still there.
	bob.wire.cut()
	await offlineUntil(bob)
	await bob.reopen()
	await alertsUntil(bob, [`*${added}`, '*knock Kitchen by Dora'])
	bob.wire.resume()
	must(await alice.api.dismissKnock({ conversation: room, account: dora.account }))
	await alertsUntil(bob, [`*${added}`])
	await alertsUntil(alice, ['*accepted Bob'])
	await groupUntil(bob, room, ({ members }) => members.length === 3)
})

test('[N1] what was seen on one device is seen on the other, also when both had no network', async () => {
	const story = await setup('alice', 'bob', 'charlie')
	const { alice, bob, charlie } = story
	const phone = await phoneOf(story, alice)
	await alertsUntil(alice, ['*device elsewhere'])
	await alertsUntil(phone, ['device here'])
	must(await alice.api.markAlertsRead(everything))
	await alertsUntil(alice, ['device elsewhere'])
	for (const friend of [bob, charlie]) must(await friend.api.requestFriend({ name: 'alice' }))
	const shown = ['device elsewhere', '*request Bob', '*request Charlie']
	const { alerts } = await alertsUntil(alice, shown)
	await alertsUntil(phone, ['device here', ...shown.slice(1)])
	for (const device of [alice, phone]) device.wire.cut()
	for (const device of [alice, phone]) await offlineUntil(device)
	// One each, and not the same.
	const [first, second] = alerts.filter(({ type }) => type === 'request')
	must(await alice.api.markAlertsRead({ alerts: [first?.id ?? ''] }))
	must(await phone.api.markAlertsRead({ alerts: [second?.id ?? ''] }))
	expect(await now(alice.api, 'alerts', null)).toMatchObject({ unread: 1, apart: 1 })
	expect(await now(phone.api, 'alerts', null)).toMatchObject({ unread: 1, apart: 1 })
	await phone.reopen()
	expect(await now(phone.api, 'alerts', null)).toMatchObject({ unread: 1, apart: 1 })
	for (const device of [alice, phone]) device.wire.resume()
	await alertsUntil(alice, ['device elsewhere', 'request Bob', 'request Charlie'])
	await alertsUntil(phone, ['device here', 'request Bob', 'request Charlie'])
	must(await phone.api.acceptFriend({ account: bob.account }))
	await alertsUntil(alice, ['device elsewhere', 'request Charlie'])
})

test('[N1] alerts of before a device came are there on it, read as they are on the others', async () => {
	const story = await setup('alice', 'bob')
	const { alice, bob } = story
	const group = await groupOf(bob, [[alice, 'member']])
	await post(bob, group, '@alice hello', 'and more')
	await alertsUntil(alice, ['*added The group by Bob', '*mention @alice hello by Bob', '*messages 1 and more by Bob'])
	must(await alice.api.markAlertsRead(everything))
	await post(bob, group, 'news')
	const phone = await phoneOf(story, alice)
	await writableUntil(phone, group)
	const shown = ['added The group by Bob', 'mention @alice hello by Bob', '*messages 1 news by Bob']
	await alertsUntil(phone, ['device here', ...shown])
	await alertsUntil(alice, ['*device elsewhere', ...shown])
})

test('[N1][M6] a muted conversation raises no alert on any device, and is heard again when the time is over', async () => {
	const { clock, advance } = storyClock()
	const story = await peopled(await world({ clock }), ['alice', 'bob'])
	const { alice, bob } = story
	await befriend(bob, alice)
	const conversation = await openDirect(alice, bob)
	const phone = await phoneOf(story, alice)
	await alertsUntil(phone, ['device here'])
	const mutedUntil = ({ api }: NodeDevice, type: 'ever' | 'until' | undefined) =>
		until(api, { view: 'chats', of: null, is: ([chat]) => chat?.muted?.type === type })
	// Asked for without a network: it stands at once, after a new start too, and on the phone when the network is back.
	alice.wire.cut()
	await offlineUntil(alice)
	must(await alice.api.muteConversation({ conversation, mute: { type: 'ever' } }))
	await alice.reopen()
	await mutedUntil(alice, 'ever')
	alice.wire.resume()
	await mutedUntil(phone, 'ever')
	await post(bob, conversation, 'psst')
	for (const device of [alice, phone]) {
		const [chat] = await until(device.api, { view: 'chats', of: null, is: ([one]) => one?.unread === 1 })
		expect(chat?.muted).toEqual({ type: 'ever' })
	}
	expect(briefs(await now(phone.api, 'alerts', null))).toEqual(['device here'])
	must(await phone.api.muteConversation({ conversation, mute: null }))
	await alertsUntil(phone, ['device here', '*messages 1 psst by Bob'])
	await alertsUntil(alice, ['*device elsewhere', '*messages 1 psst by Bob'])
	const hour = 60 * 60_000
	must(await phone.api.muteConversation({ conversation, mute: { type: 'until', until: clock() + hour } }))
	for (const device of [alice, phone]) await mutedUntil(device, 'until')
	await alertsUntil(alice, ['*device elsewhere'])
	advance(2 * hour)
	await post(bob, conversation, 'later')
	for (const device of [alice, phone]) await mutedUntil(device, undefined)
	await alertsUntil(alice, ['*device elsewhere', '*messages 2 later by Bob'])
})

test('[N1] who is no friend any more, and where we are no member, leaves no alert behind', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	const group = await groupOf(bob, [[alice, 'member']])
	await alertsUntil(alice, ['*added The group by Bob'])
	await alertsUntil(bob, ['*accepted Alice'])
	must(await bob.api.removeMembers({ conversation: group, accounts: [alice.account] }))
	await alertsUntil(alice, [])
	must(await alice.api.removeFriend({ account: bob.account }))
	await friendUntil(bob, alice, 'ended')
	await alertsUntil(bob, [])
})

test('[N1][C5] what the operator writes is a notice, and the answer to him a message; both can be muted', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	const { conversation } = must(await alice.api.openNotice({ account: bob.account }))
	await writableUntil(alice, conversation)
	await writableUntil(bob, conversation)
	await post(alice, conversation, 'The server rests tonight')
	await alertsUntil(bob, ['*notice 1 The server rests tonight by Alice'])
	await post(bob, conversation, 'Thank you')
	await alertsUntil(alice, ['*messages 1 Thank you by Bob'])
	must(await bob.api.muteConversation({ conversation, mute: { type: 'ever' } }))
	await alertsUntil(bob, [])
})
