/** What a restored server has forgotten of logs comes back from the devices that hold it: once, as no fork, and nobody reloads (SPEC LOG15): the orders that take longest. */
import { test } from 'vitest'
import { groupOf, groupUntil, membersUntil, notWritableUntil } from '../support/groups.ts'
import { ackedUntil, backUp, restore, comesBack, warnsNobody, readsUntil } from '../support/restoring.ts'
import { peopled, world } from '../support/story.ts'
import { must } from '../support/watching.ts'
import { befriend, onSqlite, post, writableUntil } from '../support/world.ts'

test('[LOG15][S3] who knows less comes first and writes; what others know is handed back after it', async () => {
	const opened = await world(onSqlite)
	const { alice, bob, carol } = await peopled(opened, ['alice', 'bob', 'carol'])
	const group = await groupOf(
		alice,
		[
			[bob, 'member'],
			[carol, 'member'],
		],
		{ name: 'Hikers', topic: '' },
	)
	const backup = await backUp(opened)
	carol.wire.cut()
	must(await alice.api.renameGroup({ conversation: group, name: 'Climbers', topic: '' }))
	await groupUntil(bob, group, ({ name }) => name === 'Climbers')
	await post(bob, group, 'on the new log')
	await readsUntil(alice, group, ['on the new log'])
	await ackedUntil(bob)
	const people = [alice, bob, carol]
	await restore(opened, people, backup)
	await comesBack(carol)
	await post(carol, group, 'on the old log')
	await ackedUntil(carol)
	// Both know it, and both hand it back.
	await Promise.all([comesBack(alice), comesBack(bob)])
	for (const person of people) {
		await groupUntil(person, group, ({ name }) => name === 'Climbers')
		await readsUntil(person, group, ['on the new log', 'on the old log'])
	}
	await post(alice, group, 'and on')
	for (const person of people) await readsUntil(person, group, ['on the new log', 'on the old log', 'and on'])
	await warnsNobody(people)
})

test('[LOG15][S3] a group that was made after the backup is there again', async () => {
	const opened = await world(onSqlite)
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const backup = await backUp(opened)
	const { conversation: group } = must(
		await alice.api.createGroup({
			...{ kind: 'group', name: 'New', topic: '', history: 'shared', invite: 'admins', knock: 'no' },
			members: [{ account: bob.account, role: 'member' }],
		}),
	)
	await writableUntil(bob, group)
	await post(bob, group, 'made after')
	await readsUntil(alice, group, ['made after'])
	await ackedUntil(bob)
	await restore(opened, [alice, bob], backup)
	await comesBack(alice)
	await comesBack(bob)
	await post(alice, group, 'and on')
	for (const person of [alice, bob]) await readsUntil(person, group, ['made after', 'and on'])
	const phone = await opened.device('phone')
	must(await phone.api.recover({ name: 'bob', code: bob.words.join(' ') }))
	await readsUntil(phone, group, ['made after', 'and on'])
})

test('[LOG15][S3] who was removed after the backup is out again, and what he wrote in between counts for nobody', async () => {
	const opened = await world(onSqlite)
	const { alice, bob, carol } = await peopled(opened, ['alice', 'bob', 'carol'])
	const group = await groupOf(alice, [
		[bob, 'member'],
		[carol, 'member'],
	])
	await post(bob, group, 'while I may')
	await readsUntil(carol, group, ['while I may'])
	const backup = await backUp(opened)
	bob.wire.cut()
	must(await alice.api.removeMembers({ conversation: group, accounts: [bob.account] }))
	await membersUntil(carol, group, ['alice', 'carol'])
	const people = [alice, bob, carol]
	await restore(opened, people, backup)
	await comesBack(bob)
	await post(bob, group, 'sneaked in')
	await ackedUntil(bob)
	await comesBack(carol)
	await notWritableUntil(bob, group, 'not-member')
	await comesBack(alice)
	await post(alice, group, 'without him')
	await readsUntil(carol, group, ['while I may', 'without him'])
	await readsUntil(alice, group, ['while I may', 'without him'])
})
