import { expect, test, vi } from 'vitest'
import { epochUntil, groupOf, groupUntil, membersUntil, notWritableUntil } from '../support/groups.ts'
import { readableWith, secretsOf, secretsOfLink } from '../support/decryptor.ts'
import { peopled, setup, world } from '../support/story.ts'
import { messagesUntil, must, now, textOf, textsUntil } from '../support/watching.ts'
import {
	befriend,
	inviteFrom,
	offlineUntil,
	onlineUntil,
	post,
	signUp,
	writableUntil,
	type Person,
} from '../support/world.ts'

vi.setConfig({ testTimeout: 180_000 })

const link = { role: 'member', expires: null, uses: null } as const

test('[C2] who was removed reads nothing that comes after, with his whole store and a dump of the server', async () => {
	const { alice, bob, charlie, world } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'member'],
	])
	await post(bob, group, 'one')
	await textsUntil(alice.api, group, ['one'])
	must(await alice.api.removeMembers({ conversation: group, accounts: [bob.account] }))
	await notWritableUntil(bob, group, 'not-member')
	await epochUntil(charlie, group, 2)
	await post(charlie, group, 'two')
	await textsUntil(alice.api, group, ['one', 'two'])
	const { domain } = world.server
	const thief = await secretsOf(bob, domain)
	expect(await readableWith(thief, domain, group)).toEqual(['one'])
	const member = await secretsOf(charlie, domain)
	expect(await readableWith(member, domain, group)).toEqual(['one', 'two'])
})

test('[C6] exactly the people of the sentence can read: members, who holds a link, and who has just left', async () => {
	const { alice, bob, charlie, dora, eve, world } = await setup('alice', 'bob', 'charlie', 'dora', 'eve')
	const group = await groupOf(
		alice,
		[
			[bob, 'member'],
			[charlie, 'member'],
		],
		{ kind: 'room-private' },
	)
	const before = (await epochUntil(alice, group, 1)).readers
	expect(before.who).toMatchObject({ type: 'members', links: 0, joiners: 'see-earlier' })
	const { url } = must(await alice.api.createGroupLink({ conversation: group, ...link }))
	must(await dora.api.joinByLink({ url }))
	await writableUntil(dora, group)
	await post(alice, group, 'with a link')
	await textsUntil(dora.api, group, ['with a link'])
	const linked = (await membersUntil(alice, group, ['alice', 'bob', 'charlie', 'dora'])).readers
	expect(linked.who).toMatchObject({ type: 'members', links: 1 })
	must(await charlie.api.leaveGroup({ conversation: group }))
	const rotated = (await epochUntil(alice, group, 2)).readers
	expect(rotated).toMatchObject({ who: { type: 'members', links: 1 }, past: { people: [] } })
	await post(alice, group, 'after he left')
	await textsUntil(bob.api, group, ['with a link', 'after he left'])
	await textsUntil(dora.api, group, ['with a link', 'after he left'])
	const named = new Set((rotated.who as { people: readonly string[] }).people)
	const { domain } = world.server
	expect(await readableWith(secretsOfLink(url), domain, group)).toContain('after he left')
	for (const person of [alice, bob, charlie, dora, eve]) {
		const readable = await readableWith(await secretsOf(person, domain), domain, group)
		expect([person.name, readable.includes('after he left')]).toEqual([person.name, named.has(person.account)])
	}
})

test('[C6] in a group without shared history newcomers open what comes after them alone', async () => {
	const { alice, bob, charlie, world } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [[bob, 'member']], { history: 'from-join' })
	await post(alice, group, 'before')
	await textsUntil(bob.api, group, ['before'])
	await befriend(alice, charlie)
	must(await alice.api.addMembers({ conversation: group, members: [{ account: charlie.account, role: 'member' }] }))
	await epochUntil(bob, group, 2)
	await post(bob, group, 'after')
	await messagesUntil(charlie.api, group, (all) => all.some((one) => textOf(one) === 'after'))
	const { domain } = world.server
	expect(await readableWith(await secretsOf(charlie, domain), domain, group)).toEqual(['after'])
	expect(await readableWith(await secretsOf(bob, domain), domain, group)).toEqual(['before', 'after'])
})

test('[C2] three admins remove, name and rotate at once, and all end in one conversation', async () => {
	const names = ['alice', 'bob', 'charlie', 'dora', 'eve', 'frank'] as const
	const { alice, bob, charlie, dora, eve, frank } = await setup(...names)
	const roles = [
		...[bob, charlie].map((one) => [one, 'admin'] as const),
		...[dora, eve, frank].map((one) => [one, 'member'] as const),
	]
	const group = await groupOf(alice, roles)
	const acts = [
		[alice, dora],
		[bob, eve],
		[charlie, frank],
	] as const
	const done = await Promise.all(
		acts.flatMap(([admin, gone]) => [
			admin.api.removeMembers({ conversation: group, accounts: [gone.account] }),
			admin.api.renameGroup({ conversation: group, name: admin.name, topic: '' }),
		]),
	)
	done.forEach((one) => must(one))
	const views = []
	for (const one of [alice, bob, charlie]) views.push(await membersUntil(one, group, ['alice', 'bob', 'charlie']))
	const twice = await Promise.all(
		[alice, bob].map((admin) =>
			admin.api.setRoles({ conversation: group, members: [{ account: charlie.account, role: 'member' }] }),
		),
	)
	twice.forEach((one) => must(one))
	for (const one of [alice, bob, charlie]) {
		await epochUntil(one, group, 4)
		await post(one, group, `from ${one.name}`)
		for (const other of [alice, bob, charlie])
			await messagesUntil(other.api, group, (all) => all.some((message) => textOf(message) === `from ${one.name}`))
	}
	const titles = new Set<string>()
	for (const { api } of [alice, bob, charlie]) titles.add((await now(api, 'group', group))?.name ?? '')
	expect(titles.size).toBe(1)
	expect(views.length).toBe(3)
})

test('[C2] who was away through 20 rotations reads everything on return', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'member'],
	])
	await post(alice, group, 'text 0')
	await textsUntil(bob.api, group, ['text 0'])
	bob.wire.cut()
	await offlineUntil(bob)
	const texts = ['text 0']
	for (let i = 1; i <= 20; i++) {
		must(await alice.api.removeMembers({ conversation: group, accounts: [charlie.account] }))
		must(await alice.api.addMembers({ conversation: group, members: [{ account: charlie.account, role: 'member' }] }))
		await post(alice, group, `text ${i}`)
		texts.push(`text ${i}`)
		await messagesUntil(alice.api, group, (all) => all.at(-1)?.mark !== 'queued')
	}
	bob.wire.resume()
	await onlineUntil(bob)
	await textsUntil(bob.api, group, texts)
	await textsUntil(charlie.api, group, texts)
	await epochUntil(bob, group, 21)
	await post(bob, group, 'back')
	await textsUntil(alice.api, group, [...texts, 'back'])
})

test('[C3] 30 people join by a link with nobody online', async () => {
	const { alice, world } = await setup('alice')
	const room = await groupOf(alice, [], { kind: 'room-private', name: 'Party' })
	await post(alice, room, 'welcome')
	await messagesUntil(alice.api, room, ([first]) => first?.mark === 'sent')
	const { url } = must(await alice.api.createGroupLink({ conversation: room, ...link }))
	const guests: Person[] = []
	const grant = await inviteFrom(alice, { uses: 30, days: 7 })
	for (let i = 1; i <= 30; i++) guests.push(await signUp(await world.device(`guest${i}`), grant))
	alice.wire.cut()
	await offlineUntil(alice)
	const joined = await Promise.all(guests.map(({ api }) => api.joinByLink({ url })))
	joined.forEach((one) => must(one))
	for (const guest of guests) await textsUntil(guest.api, room, ['welcome'])
	await post(guests[29]!, room, 'we are many')
	for (const guest of guests) await textsUntil(guest.api, room, ['welcome', 'we are many'])
	alice.wire.resume()
	await alice.reopen()
	await textsUntil(alice.api, room, ['welcome', 'we are many'])
	await membersUntil(alice, room, ['alice', ...guests.map(({ name }) => name)])
})

test('[C2][EPO11] a key that was used enough is followed by a new one, made by one of them', async () => {
	const small = await world({ epochDueEvents: 12 })
	const { alice, bob, charlie } = await peopled(small, ['alice', 'bob', 'charlie'])
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'reader'],
	])
	const texts = Array.from({ length: 30 }, (_, i) => `text ${i}`)
	for (const [i, text] of texts.entries()) {
		const author = i % 2 === 0 ? alice : bob
		await post(author, group, text)
		await messagesUntil(charlie.api, group, (all) => all.some((one) => textOf(one) === text))
	}
	for (const one of [alice, bob, charlie]) {
		const { epoch } = await groupUntil(one, group, (view) => view.epoch >= 3)
		// Thirty events, twelve to a key: who asks late lets a few more pass.
		expect(epoch).toBeLessThanOrEqual(4)
		await textsUntil(one.api, group, texts)
	}
})

test('[C2] who was removed and is back before his device heard of either goes on to hear', async () => {
	const { alice, bob, charlie } = await peopled(await world({ lines: true }), ['alice', 'bob', 'charlie'])
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'member'],
	])
	await post(alice, group, 'before')
	await textsUntil(bob.api, group, ['before'])
	bob.line?.hold('down')
	must(await alice.api.removeMembers({ conversation: group, accounts: [bob.account] }))
	must(await alice.api.addMembers({ conversation: group, members: [{ account: bob.account, role: 'member' }] }))
	await post(alice, group, 'while he was away')
	bob.line?.release('down')
	await epochUntil(bob, group, 2)
	await post(charlie, group, 'and after')
	await textsUntil(bob.api, group, ['before', 'while he was away', 'and after'])
})
