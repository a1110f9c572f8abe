import { expect, test } from 'vitest'
import type { MessageView } from '#core/api.ts'
import { epochUntil, groupOf, groupUntil, membersUntil, notWritableUntil } from '../support/groups.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, refusal, textOf, textsUntil } from '../support/watching.ts'
import { befriend, offlineUntil, onlineUntil, post, writableUntil } from '../support/world.ts'

test('[C2] three people write in a group that has a name', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const people = [alice, bob, charlie]
	const group = await groupOf(
		alice,
		[
			[bob, 'admin'],
			[charlie, 'member'],
		],
		{ name: 'Hikers', topic: 'On Sundays' },
	)
	for (const one of people) {
		await post(one, group, `from ${one.name}`)
		await Promise.all(
			people.map((other) =>
				messagesUntil(other.api, group, (all) => all.some((m) => textOf(m) === `from ${one.name}`)),
			),
		)
	}
	for (const one of people) {
		const view = await groupUntil(one, group, ({ name }) => name === 'Hikers')
		expect([view.topic, view.members.length, view.readers.who.type]).toEqual(['On Sundays', 3, 'members'])
	}
	expect((await groupUntil(bob, group, () => true)).role).toBe('admin')
	const title = refusal(await charlie.api.renameGroup({ conversation: group, name: 'Mine', topic: '' }))
	expect(title).toEqual({ type: 'server', code: 'bad-entry' })
})

test('[C2] who is added reads what was written before, where history is shared', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [[bob, 'admin']])
	await post(alice, group, 'before')
	await befriend(bob, charlie)
	must(await bob.api.addMembers({ conversation: group, members: [{ account: charlie.account, role: 'member' }] }))
	await writableUntil(charlie, group)
	await textsUntil(charlie.api, group, ['before'])
	await post(charlie, group, 'hello')
	for (const one of [alice, bob]) await textsUntil(one.api, group, ['before', 'hello'])
	await membersUntil(alice, group, ['alice', 'bob', 'charlie'])
	expect((await groupUntil(charlie, group, () => true)).epoch).toBe(1)
})

test('[C2] and only what is written from his joining on, where it is not', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [[bob, 'member']], { history: 'from-join', name: 'Secrets' })
	await post(alice, group, 'before')
	await textsUntil(bob.api, group, ['before'])
	await befriend(alice, charlie)
	must(await alice.api.addMembers({ conversation: group, members: [{ account: charlie.account, role: 'member' }] }))
	await epochUntil(charlie, group, 2)
	await post(bob, group, 'after')
	const seen = await messagesUntil(charlie.api, group, (all) => all.length === 2 && textOf(all[1]!) === 'after')
	expect(seen[0]?.content).toEqual({ type: 'unreadable', why: 'before-you-joined' })
	await groupUntil(charlie, group, ({ name }) => name === 'Secrets')
})

test('[C2][CNV36] nobody is added but by a friend', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [[bob, 'admin']])
	await befriend(alice, charlie)
	const added = await bob.api.addMembers({
		conversation: group,
		members: [{ account: charlie.account, role: 'member' }],
	})
	expect(['not-found', 'not-friends']).toContain((refusal(added) as { code: string }).code)
})

test('[C2][EPO11] who leaves reads nothing after it, and the others get a new key', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'member'],
	])
	await post(charlie, group, 'bye')
	await textsUntil(alice.api, group, ['bye'])
	must(await charlie.api.leaveGroup({ conversation: group }))
	await notWritableUntil(charlie, group, 'not-member')
	for (const one of [alice, bob]) {
		await membersUntil(one, group, ['alice', 'bob'])
		await epochUntil(one, group, 2)
	}
	await post(alice, group, 'he is gone')
	await textsUntil(bob.api, group, ['bye', 'he is gone'])
	await textsUntil(charlie.api, group, ['bye'])
	expect(refusal(await alice.api.leaveGroup({ conversation: group }))).toEqual({ type: 'server', code: 'bad-entry' })
})

test('[C2][CNV35] who is removed is out at once, keeps what he read, and learns it when he was away', async () => {
	const { alice, bob, charlie, dora } = await setup('alice', 'bob', 'charlie', 'dora')
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'admin'],
		[dora, 'member'],
	])
	await post(bob, group, 'here')
	for (const one of [alice, charlie, dora]) await textsUntil(one.api, group, ['here'])
	dora.wire.cut()
	await offlineUntil(dora)
	must(await charlie.api.removeMembers({ conversation: group, accounts: [bob.account, dora.account] }))
	await notWritableUntil(bob, group, 'not-member')
	await post(alice, group, 'without them')
	await textsUntil(charlie.api, group, ['here', 'without them'])
	await textsUntil(bob.api, group, ['here'])
	dora.wire.resume()
	await onlineUntil(dora)
	await notWritableUntil(dora, group, 'not-member')
	await textsUntil(dora.api, group, ['here'])
	const own = refusal(await charlie.api.removeMembers({ conversation: group, accounts: [alice.account] }))
	expect(own).toEqual({ type: 'server', code: 'bad-entry' })
})

test('[C2] a role counts from its place in the log: readers write nothing, raised they do', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	const group = await groupOf(alice, [[bob, 'reader']])
	await post(alice, group, 'read this')
	await textsUntil(bob.api, group, ['read this'])
	await notWritableUntil(bob, group, 'reader')
	const role = (role: 'member' | 'reader') => ({ conversation: group, members: [{ account: bob.account, role }] })
	must(await alice.api.setRoles(role('member')))
	await writableUntil(bob, group)
	await post(bob, group, 'now I may')
	await textsUntil(alice.api, group, ['read this', 'now I may'])
	must(await alice.api.setRoles(role('reader')))
	await notWritableUntil(bob, group, 'reader')
	for (const one of [alice, bob]) await textsUntil(one.api, group, ['read this', 'now I may'])
})

test('[C2] ownership is handed over in one step, and then the first may leave', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	const group = await groupOf(alice, [[bob, 'member']])
	const roles = [
		{ account: bob.account, role: 'owner' },
		{ account: alice.account, role: 'admin' },
	] as const
	must(await alice.api.setRoles({ conversation: group, members: roles }))
	await groupUntil(bob, group, ({ role }) => role === 'owner')
	must(await alice.api.leaveGroup({ conversation: group }))
	await membersUntil(bob, group, ['bob'])
})

test('[C2][CNV24] who left a group without shared history is added again, and reads from there on', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [[bob, 'member']], { history: 'from-join' })
	await befriend(alice, charlie)
	const members = [{ account: charlie.account, role: 'member' }] as const
	const seen: string[] = []
	for (const round of [1, 2]) {
		must(await alice.api.addMembers({ conversation: group, members }))
		await writableUntil(charlie, group)
		await post(alice, group, `round ${round}`)
		seen.push(`round ${round}`)
		const isOpen = (all: readonly MessageView[]) => all.map(textOf).filter((text) => text.startsWith('round'))
		await messagesUntil(charlie.api, group, (all) => JSON.stringify(isOpen(all)) === JSON.stringify(seen))
		const { epoch } = await groupUntil(alice, group, () => true)
		must(await charlie.api.leaveGroup({ conversation: group }))
		await groupUntil(alice, group, (view) => view.epoch > epoch)
	}
})
