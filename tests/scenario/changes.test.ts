import { expect, test, vi } from 'vitest'
import { MARKERS_SENT_MAX_MEMBERS } from '#protocol/limits.ts'
import type { ConversationId, MessageInfoView, MessageView } from '#core/api.ts'
import { groupOf } from '../support/groups.ts'
import { setup } from '../support/story.ts'
import { keyOf, messagesUntil, must, now, refusal, textOf, textsUntil, until } from '../support/watching.ts'
import {
	befriend,
	inviteFrom,
	onlineUntil,
	openDirect,
	post,
	signUp,
	writableUntil,
	type Device,
	type Person,
	type World,
} from '../support/world.ts'

type Reached = MessageInfoView['reached'][number]

/** Its text and what stands beside it, in one line. */
function line(message: MessageView): string {
	const reactions = message.reactions.map(({ emoji, by }) => `${emoji}${by.length}`)
	return [
		textOf(message),
		...(message.edited ? ['edited'] : []),
		...(message.pinned ? ['pinned'] : []),
		...reactions,
	].join(' ')
}

function linesUntil({ api }: Device, conversation: ConversationId, lines: readonly string[]) {
	return messagesUntil(api, conversation, (all) => JSON.stringify(all.map(line)) === JSON.stringify(lines))
}

async function otherDevice(world: Pick<World, 'device'>, of: Person) {
	const device = await world.device(`${of.name}-again`)
	must(await device.api.signIn({ name: of.name, password: of.password }))
	return device
}

test('[M2] an edit, a reaction and a pin show at once and without a connection, and reach everybody once there is one', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const [own] = await post(alice, conversation, 'At eigth')
	await textsUntil(bob.api, conversation, ['At eigth'])
	await post(bob, conversation, 'Good')
	await textsUntil(alice.api, conversation, ['At eigth', 'Good'])
	const his = await keyOf(alice, conversation, 'Good')

	alice.wire.cut()
	must(await alice.api.edit({ conversation, key: own ?? '', text: 'At eight' }))
	must(await alice.api.react({ conversation, key: his, emoji: '👍', on: true }))
	must(await alice.api.pin({ conversation, key: own ?? '', on: true }))
	const after = ['At eight edited pinned', 'Good 👍1']
	await linesUntil(alice, conversation, after)
	await alice.reopen()
	await linesUntil(alice, conversation, after)
	alice.wire.resume()
	await linesUntil(bob, conversation, after)

	const again = await otherDevice(world, alice)
	const [first, second] = await linesUntil(again, conversation, after)
	expect([first?.mine, second?.reactions]).toEqual([true, [{ emoji: '👍', by: [alice.account], mine: true }]])

	// Both react with the same; one takes it back, and the other's stays.
	must(await bob.api.react({ conversation, key: await keyOf(bob, conversation, 'Good'), emoji: '👍', on: true }))
	await linesUntil(again, conversation, ['At eight edited pinned', 'Good 👍2'])
	must(await again.api.react({ conversation, key: second?.key ?? '', emoji: '👍', on: false }))
	must(await bob.api.pin({ conversation, key: await keyOf(bob, conversation, 'At eight'), on: false }))
	for (const device of [alice, bob, again]) await linesUntil(device, conversation, ['At eight edited', 'Good 👍1'])

	const others = refusal(
		await bob.api.edit({ conversation, key: await keyOf(bob, conversation, 'At eight'), text: 'At six' }),
	)
	expect(others).toEqual({ type: 'server', code: 'item-no-right' })
})

test('[M2] a message that is deleted for everyone is gone for all, with its edits, and what was said about it', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const [own] = await post(alice, conversation, 'The code is 4711')
	const key = await keyOf(bob, conversation, 'The code is 4711')
	must(await bob.api.react({ conversation, key, emoji: '😮', on: true }))
	await linesUntil(alice, conversation, ['The code is 4711 😮1'])
	must(await alice.api.edit({ conversation, key: own ?? '', text: 'The code is 4712' }))
	await linesUntil(bob, conversation, ['The code is 4712 edited 😮1'])
	const { event } = (await linesUntil(bob, conversation, ['The code is 4712 edited 😮1']))[0] as MessageView
	must(await bob.api.post({ conversation, text: 'Do not write that here', replyTo: event }))
	await messagesUntil(alice.api, conversation, (all) => all.length === 2)

	// Nobody but its author may, between two.
	const refused = refusal(await bob.api.deleteForEveryone({ conversation, key }))
	expect(refused).toEqual({ type: 'server', code: 'item-no-right' })
	must(await alice.api.deleteForEveryone({ conversation, key: own ?? '' }))
	const fresh = await otherDevice(world, bob)
	for (const device of [alice, bob, fresh]) {
		const [gone, answer] = await linesUntil(device, conversation, ['<deleted>', 'Do not write that here'])
		expect(gone?.content).toEqual({ type: 'deleted', by: alice.account })
		expect(answer?.reply?.quote?.content).toEqual({ type: 'deleted', by: alice.account })
	}
	expect(refusal(await alice.api.edit({ conversation, key: own ?? '', text: 'x' }))).toEqual({ type: 'not-here' })
})

const kinds = [
	['a group', 'group'],
	['a private room', 'room-private'],
	['an open room', 'room-open'],
] as const

test.each(kinds)(
	'[M2] owners and admins delete what others wrote in %s; members only what they wrote',
	async (_, kind) => {
		const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
		const roles = [
			[bob, 'admin'],
			[charlie, 'member'],
		] as const
		const group = await groupOf(alice, roles, { kind })
		await post(charlie, group, 'one', 'two')
		// Order is that of sealing, not of writing.
		await textsUntil(alice.api, group, ['one', 'two'])
		await post(alice, group, 'three')
		for (const one of [bob, charlie]) await messagesUntil(one.api, group, (all) => all.length === 3)
		const refused = await charlie.api.deleteForEveryone({
			conversation: group,
			key: await keyOf(charlie, group, 'three'),
		})
		expect(refusal(refused)).toEqual({ type: 'server', code: 'item-no-right' })
		must(await bob.api.deleteForEveryone({ conversation: group, key: await keyOf(bob, group, 'one') }))
		charlie.wire.cut()
		must(await charlie.api.deleteForEveryone({ conversation: group, key: await keyOf(charlie, group, 'two') }))
		charlie.wire.resume()
		await onlineUntil(charlie)
		for (const one of [alice, bob, charlie]) {
			const [first, second] = await linesUntil(one, group, ['<deleted>', '<deleted>', 'three'])
			expect([first?.content, second?.content]).toEqual([
				{ type: 'deleted', by: bob.account },
				{ type: 'deleted', by: charlie.account },
			])
		}
	},
)

test('[M2] what is deleted for oneself alone is gone on all own devices, stays with everybody else, and can be taken back', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(bob, conversation, 'one', 'two')
	const again = await otherDevice(world, alice)
	for (const device of [alice, again]) await linesUntil(device, conversation, ['one', 'two'])
	alice.wire.cut()
	const hidden = must(await alice.api.deleteForMe({ conversation, key: await keyOf(alice, conversation, 'two') }))
	await linesUntil(alice, conversation, ['one'])
	await alice.reopen()
	await linesUntil(alice, conversation, ['one'])
	alice.wire.resume()
	await linesUntil(again, conversation, ['one'])
	await linesUntil(bob, conversation, ['one', 'two'])
	must(await again.api.showAgain({ conversation, ...hidden }))
	for (const device of [alice, again]) await linesUntil(device, conversation, ['one', 'two'])
})

test('[M1] info tells for each member what was delivered and read, and when; who shows nothing sees nothing', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'member'],
	])
	const started = Date.now()
	charlie.wire.cut()
	const [key = ''] = await post(alice, group, 'The boat is at eight')
	const of = { conversation: group, key }
	const reachedUntil = (is: (bob: Reached, charlie: Reached) => boolean) =>
		until(alice.api, {
			view: 'info',
			of,
			is: (info) => {
				const [his, hers] = [bob, charlie].map(({ account }) => info?.reached.find((one) => one.account === account))
				return his !== undefined && hers !== undefined && is(his, hers)
			},
		})
	await reachedUntil((his, hers) => his.delivered !== null && his.read === null && hers.delivered === null)
	must(await bob.api.markRead({ conversation: group, key: await keyOf(bob, group, 'The boat is at eight') }))
	charlie.wire.resume()
	const info = await reachedUntil((his, hers) => his.read !== null && hers.delivered !== null && hers.read === null)
	expect(info).toMatchObject({ mine: true, receipts: true, author: alice.account })
	for (const { delivered } of info?.reached ?? []) {
		expect(delivered?.at).toBeGreaterThan(started - 60_000)
		expect(delivered?.at).toBeLessThan(Date.now() + 60_000)
	}
	// A later message does not change when this one was read.
	const readAt = info?.reached.find(({ account }) => account === bob.account)?.read?.at
	await post(alice, group, 'And at nine')
	must(await bob.api.markRead({ conversation: group, key: await keyOf(bob, group, 'And at nine') }))
	await messagesUntil(charlie.api, group, (all) => all.length === 2)
	await alice.reopen()
	const later = await reachedUntil((his) => his.read !== null)
	expect(later?.reached.find(({ account }) => account === bob.account)?.read?.at).toBe(readAt)

	must(await alice.api.setPrivacy({ receipts: false }))
	const hidden = await reachedUntil((his) => his.read === null)
	expect(hidden).toMatchObject({ receipts: false })
	expect(hidden?.reached.every(({ delivered }) => delivered !== null)).toBe(true)
})

test('[M1] in a group of more than fifty, who has read is asked for when somebody looks', async () => {
	const { alice, bob, charlie, world } = await setup('alice', 'bob', 'charlie')
	const members: Person[] = [bob, charlie]
	for (const person of members) await befriend(alice, person)
	// The others are in it and not here.
	for (let i = members.length; i < MARKERS_SENT_MAX_MEMBERS; i++) {
		const person = await signUp(await world.device(`member${i}`), await inviteFrom(alice))
		await befriend(alice, person)
		await person.api.close()
		members.push(person)
	}
	const rules = { kind: 'group', topic: '', history: 'shared', invite: 'admins', knock: 'no' } as const
	const roles = members.map(({ account }) => ({ account, role: 'member' as const }))
	const { conversation: group } = must(await alice.api.createGroup({ ...rules, name: 'Everybody', members: roles }))
	for (const person of [alice, bob, charlie]) await writableUntil(person, group)
	const [key = ''] = await post(alice, group, 'The boat is at eight')
	must(await bob.api.markRead({ conversation: group, key: await keyOf(bob, group, 'The boat is at eight') }))
	await messagesUntil(charlie.api, group, (all) => all.length === 1)
	const reachedBy = async ({ account }: Person) => {
		const info = await now(alice.api, 'info', { conversation: group, key })
		return info?.reached.find((one) => one.account === account)
	}
	await vi.waitFor(async () => {
		expect(await reachedBy(bob)).toMatchObject({ read: { at: expect.any(Number) as number } })
		expect(await reachedBy(charlie)).toMatchObject({ delivered: { at: expect.any(Number) as number }, read: null })
	})
	expect((await now(alice.api, 'info', { conversation: group, key }))?.reached).toHaveLength(members.length)
})

test('[M2][M8] a pin is found wherever it stands, and what is forwarded arrives as a message of the one who forwards', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	await befriend(alice, bob)
	await befriend(bob, charlie)
	const [one, other] = [await openDirect(alice, bob), await openDirect(bob, charlie)]
	await post(alice, one, 'Wifi: barnacle', 'Something else')
	const key = await keyOf(bob, one, 'Wifi: barnacle')
	must(await bob.api.pin({ conversation: one, key, on: true }))
	const pinsUntil = (device: Device, texts: readonly string[]) =>
		until(device.api, {
			view: 'pins',
			of: one,
			is: (pins) => JSON.stringify(pins.map(textOf)) === JSON.stringify(texts),
		})
	for (const device of [alice, bob]) await pinsUntil(device, ['Wifi: barnacle'])
	await alice.reopen()
	await pinsUntil(alice, ['Wifi: barnacle'])

	bob.wire.cut()
	must(await bob.api.forward({ conversation: one, key, to: [other] }))
	await messagesUntil(bob.api, other, ([message]) => message?.forwarded === true && message.mark === 'queued')
	bob.wire.resume()
	const [arrived] = await textsUntil(charlie.api, other, ['Wifi: barnacle'])
	expect(arrived).toMatchObject({ author: bob.account, forwarded: true, reply: null })
	const nowhere = await bob.api.forward({ conversation: one, key, to: ['no conversation'] })
	expect(refusal(nowhere)).toEqual({ type: 'not-here' })

	must(await alice.api.deleteForEveryone({ conversation: one, key: await keyOf(alice, one, 'Wifi: barnacle') }))
	for (const device of [alice, bob]) await pinsUntil(device, [])
})
