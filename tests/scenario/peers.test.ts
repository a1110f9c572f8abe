/** Devices that help each other, with and without the server (product L3), over a simulated network between them. */
import { expect, test, vi } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { decodePeerFrame, encodePeerFrame, type PeerFrame } from '#protocol/peer-frames.ts'
import { PEERS_PER_CONVERSATION } from '#protocol/limits.ts'
import { epochUntil, groupOf, groupUntil } from '../support/groups.ts'
import { PeerNetwork, type PeerHost } from '../support/peer-network.ts'
import { phoneOf } from '../support/second-device.ts'
import { peopled, world } from '../support/story.ts'
import { keyOf, messagesUntil, must, textOf, textsUntil, until } from '../support/watching.ts'
import {
	befriend,
	offlineUntil,
	onlineUntil,
	openDirect,
	post,
	writableUntil,
	type Device,
	type Person,
	type World,
} from '../support/world.ts'

const directUntil = ({ api }: Device, conversation: ConversationId, peers: number) =>
	until(api, { view: 'conversation', of: conversation, is: (view) => view?.peers === peers })

const markUntil = ({ api }: Device, conversation: ConversationId, text: string, mark: string) =>
	messagesUntil(api, conversation, (all) => all.some((one) => textOf(one) === text && one.mark === mark))

async function notesOf({ api }: Device): Promise<ConversationId> {
	const chats = await until(api, { view: 'chats', of: null, is: (all) => all.some(({ kind }) => kind === 'notes') })
	return chats.find(({ kind }) => kind === 'notes')?.conversation ?? ''
}

async function friends() {
	const network = new PeerNetwork()
	const here = await world({ peers: network })
	const { alice, bob } = await peopled(here, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await directUntil(alice, conversation, 1)
	await directUntil(bob, conversation, 1)
	return { alice, bob, conversation, network, here }
}

async function three() {
	const here = await world({ peers: new PeerNetwork() })
	const { alice, bob, charlie } = await peopled(here, ['alice', 'bob', 'charlie'])
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'member'],
	])
	return { alice, bob, charlie, group, here }
}

test('[L3] two friends go on talking while there is no server, and it has everything once when it is back', async () => {
	const { alice, bob, conversation, here } = await friends()
	await post(alice, conversation, 'Before')
	await textsUntil(bob.api, conversation, ['Before'])
	await here.stop()
	await offlineUntil(alice)
	await offlineUntil(bob)
	await post(alice, conversation, 'Without a server')
	await textsUntil(bob.api, conversation, ['Before', 'Without a server'])
	await markUntil(alice, conversation, 'Without a server', 'direct')
	await until(alice.api, { view: 'chats', of: null, is: (all) => all.some(({ last }) => last?.mark === 'direct') })
	// What another device has waits for nothing that a person must know of.
	await until(alice.api, { view: 'connection', of: null, is: ({ peers, waiting }) => peers === 1 && waiting === 0 })
	await post(bob, conversation, 'Indeed')
	await textsUntil(alice.api, conversation, ['Before', 'Without a server', 'Indeed'])
	const indeed = await keyOf(alice, conversation, 'Indeed')
	must(await alice.api.react({ conversation, key: indeed, emoji: '👍', on: true }))
	await messagesUntil(bob.api, conversation, (all) => all.some(({ reactions }) => reactions.length === 1))
	must(await bob.api.edit({ conversation, key: await keyOf(bob, conversation, 'Indeed'), text: 'Indeed!' }))
	await textsUntil(alice.api, conversation, ['Before', 'Without a server', 'Indeed!'])
	await here.start()
	await onlineUntil(alice)
	await onlineUntil(bob)
	await markUntil(alice, conversation, 'Without a server', 'delivered')
	await markUntil(bob, conversation, 'Indeed!', 'delivered')
	const items = await here.server.storedItems()
	// Three posts, an edit and a reaction; each once, whoever brought it.
	expect(items).toHaveLength(5)
	await textsUntil(alice.api, conversation, ['Before', 'Without a server', 'Indeed!'])
	await textsUntil(bob.api, conversation, ['Before', 'Without a server', 'Indeed!'])
})

test('[L3] two devices of one person and a friend go on; who comes later has everything once, in the same order', async () => {
	const { alice, bob, charlie, group, here } = await three()
	const phone = await phoneOf({ world: here }, alice)
	await writableUntil(phone, group)
	for (const device of [alice, phone, bob]) await textsUntil(device.api, group, [])
	// Bob and Charlie are no friends: what they say to each other goes by Alice.
	await charlie.api.close()
	await here.stop()
	await offlineUntil(alice)
	for (const [device, texts] of [
		[alice, ['One']],
		[phone, ['One', 'Two']],
		[bob, ['One', 'Two', 'Three']],
	] as const) {
		await post(device, group, texts.at(-1) as string)
		for (const other of [alice, phone, bob]) await textsUntil(other.api, group, texts)
	}
	await here.start()
	await charlie.reopen()
	for (const device of [alice, phone, bob, charlie]) {
		await onlineUntil(device)
		await textsUntil(device.api, group, ['One', 'Two', 'Three'])
	}
	await markUntil(bob, group, 'Three', 'delivered')
	expect(await here.server.storedItems()).toHaveLength(3)
})

test('[L3] who alone reaches the server brings it what others wrote, and brings them what it has', async () => {
	const { alice, bob, conversation, here } = await friends()
	alice.wire.cut()
	await offlineUntil(alice)
	await post(alice, conversation, 'By way of Bob')
	await textsUntil(bob.api, conversation, ['By way of Bob'])
	await vi.waitFor(async () => expect(await here.server.storedItems()).toHaveLength(1), 20_000)
	await post(bob, conversation, 'Back the same way')
	await textsUntil(alice.api, conversation, ['By way of Bob', 'Back the same way'])
	alice.wire.resume()
	await markUntil(alice, conversation, 'By way of Bob', 'delivered')
	await markUntil(bob, conversation, 'Back the same way', 'delivered')
	expect(await here.server.storedItems()).toHaveLength(2)
})

test('[L3][PEER13] who does not reach the server gets its log and the key of a new epoch from a friend, and writes under it', async () => {
	const { alice, bob, charlie, group, here } = await three()
	await directUntil(bob, group, 1)
	bob.wire.cut()
	await offlineUntil(bob)
	must(await alice.api.removeMembers({ conversation: group, accounts: [charlie.account] }))
	await epochUntil(alice, group, 2)
	await post(alice, group, 'Without Charlie')
	await textsUntil(bob.api, group, ['Without Charlie'])
	await post(bob, group, 'I see')
	await textsUntil(alice.api, group, ['Without Charlie', 'I see'])
	bob.wire.resume()
	await markUntil(bob, group, 'I see', 'delivered')
	expect(await here.server.storedItems()).toHaveLength(2)
})

/** Bob reaches no server; a phone that Alice has had only since then writes, and her laptop, which he talks with, tells him of both. */
async function newPhone(alice: Person, bob: Person, here: World, conversation: ConversationId) {
	bob.wire.cut()
	await offlineUntil(bob)
	const phone = await phoneOf({ world: here }, alice)
	await writableUntil(phone, conversation)
	await post(phone, conversation, 'From my new phone')
	await textsUntil(alice.api, conversation, ['From my new phone'])
}

test('[L3][PEER16] who does not reach the server learns of a new device from another, as the server signed it', async () => {
	const { alice, bob, conversation, here } = await friends()
	await newPhone(alice, bob, here, conversation)
	await textsUntil(bob.api, conversation, ['From my new phone'])
	bob.wire.resume()
	await onlineUntil(bob)
	await textsUntil(bob.api, conversation, ['From my new phone'])
	expect(await here.server.storedItems()).toHaveLength(1)
})

const falsified: Readonly<Record<string, (told: Extract<PeerFrame, { t: 'account' }>) => PeerFrame>> = {
	'another body': (told) => ({ ...told, entries: [...told.entries.slice(0, -1), changedAt(told.entries.at(-1), 60)] }),
	'one entry less than the head covers': (told) => ({ ...told, entries: told.entries.slice(0, -1) }),
	'one entry more than the head covers': (told) => ({ ...told, entries: [...told.entries, ...told.entries.slice(-1)] }),
	'a head that the server has not signed': (told) => ({ ...told, head: changedAt(told.head, told.head.length - 1) }),
}

const changedAt = (bytes: Bytes = new Uint8Array(), at: number) =>
	bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)) as Bytes

test.each(Object.entries(falsified))('[PEER16] a log with %s is not believed, and is no fork', async (_, change) => {
	const { alice, bob, conversation, here } = await friends()
	let told = 0
	const host = alice.peerHost as PeerHost
	host.twist = (raw) => {
		const frame = decodePeerFrame(raw)
		if (!frame.ok || frame.value.t !== 'account') return raw
		told++
		return encodePeerFrame(change(frame.value))
	}
	await newPhone(alice, bob, here, conversation)
	await vi.waitFor(() => expect(told).toBeGreaterThan(0), 20_000)
	// What is said now comes after it, and shows that nothing came of it.
	await post(alice, conversation, 'Did it come?')
	await textsUntil(bob.api, conversation, ['Did it come?'])
	host.twist = null
	bob.wire.resume()
	await onlineUntil(bob)
	await textsUntil(bob.api, conversation, ['From my new phone', 'Did it come?'])
})

test('[L3] what was said among devices outlives a restart of both, and comes to the server then', async () => {
	const { alice, bob, conversation, here } = await friends()
	await here.stop()
	await offlineUntil(alice)
	await offlineUntil(bob)
	await post(alice, conversation, 'First')
	await textsUntil(bob.api, conversation, ['First'])
	await markUntil(alice, conversation, 'First', 'direct')
	await bob.reopen()
	await textsUntil(bob.api, conversation, ['First'])
	await alice.api.close()
	await here.start()
	// Its author is not there: whoever has it brings it.
	await vi.waitFor(async () => expect(await here.server.storedItems()).toHaveLength(1), 20_000)
	await alice.reopen()
	await markUntil(alice, conversation, 'First', 'delivered')
	await textsUntil(alice.api, conversation, ['First'])
	expect(await here.server.storedItems()).toHaveLength(1)
})

test('[L3] switched off, hidden or no friend any more, nobody is reached directly', async () => {
	const { alice, bob, conversation, network } = await friends()
	must(await alice.api.setPrivacy({ direct: false }))
	await directUntil(alice, conversation, 0)
	await directUntil(bob, conversation, 0)
	expect(network.links).toBe(0)
	must(await alice.api.setPrivacy({ direct: true }))
	await directUntil(bob, conversation, 1)
	must(await bob.api.setPrivacy({ presence: false }))
	await directUntil(alice, conversation, 0)
	must(await bob.api.setPrivacy({ presence: true }))
	await directUntil(alice, conversation, 1)
	must(await alice.api.removeFriend({ account: bob.account }))
	await directUntil(alice, conversation, 0)
	await directUntil(bob, conversation, 0)
})

test('[L3][PEER14] members who are no friends are direct where both have switched it on, and in that group alone', async () => {
	const { alice, bob, charlie, group, here } = await three()
	const members = [bob, charlie].map(({ account }) => ({ account, role: 'member' as const }))
	const terms = { kind: 'group', topic: '', history: 'shared', invite: 'admins', knock: 'no' } as const
	const { conversation: other } = must(await alice.api.createGroup({ ...terms, name: 'Another', members }))
	for (const device of [alice, bob, charlie]) await writableUntil(device, other)
	const switchOn = ({ api }: Device, on: boolean) => api.setGroupDirect({ conversation: group, on }).then(must)
	await switchOn(bob, true)
	// Their friend alone, as before: whatever they would say is said, because the third is here and direct.
	for (const device of [bob, charlie]) await directUntil(device, group, 1)
	await directUntil(alice, group, 2)
	await switchOn(charlie, true)
	for (const device of [bob, charlie]) await directUntil(device, group, 2)
	for (const device of [bob, charlie]) await directUntil(device, other, 1)

	await alice.api.close()
	await here.stop()
	for (const device of [bob, charlie]) await offlineUntil(device)
	await post(bob, group, 'We are no friends')
	await textsUntil(charlie.api, group, ['We are no friends'])
	await here.start()
	await alice.reopen()
	for (const device of [alice, bob, charlie]) await onlineUntil(device)
	await textsUntil(alice.api, group, ['We are no friends'])

	await switchOn(charlie, false)
	for (const device of [bob, charlie]) await directUntil(device, group, 1)
	await switchOn(charlie, true)
	for (const device of [bob, charlie]) await directUntil(device, group, 2)
})

test('[L3][PEER14] of eight members who are no friends two are direct, until a ninth comes', async () => {
	const names = ['alice', 'bob', 'charlie', 'dora', 'emil', 'frida', 'gustav', 'hilda', 'ida'] as const
	const { alice, ida, ...others } = await peopled(await world({ peers: new PeerNetwork() }), names)
	const { bob, charlie } = others
	const eight = Object.values(others).filter((one) => 'account' in one)
	const group = await groupOf(
		alice,
		eight.map((person) => [person, 'member']),
	)
	for (const { api } of [bob, charlie]) must(await api.setGroupDirect({ conversation: group, on: true }))
	for (const device of [bob, charlie]) await directUntil(device, group, 2)
	await befriend(alice, ida)
	must(await alice.api.addMembers({ conversation: group, members: [{ account: ida.account, role: 'member' }] }))
	await groupUntil(bob, group, ({ members, direct }) => members.length === 9 && direct === null)
	for (const device of [bob, charlie]) await directUntil(device, group, 1)
	must(await alice.api.removeMembers({ conversation: group, accounts: [ida.account] }))
	for (const device of [bob, charlie]) await directUntil(device, group, 2)
})

test('[L3] a conversation is synced with so many devices and no more; those reach the others', async () => {
	const network = new PeerNetwork()
	const here = await world({ peers: network })
	const { alice } = await peopled(here, ['alice'])
	const phones: Device[] = []
	for (let i = 0; i < PEERS_PER_CONVERSATION + 1; i++) phones.push(await phoneOf({ world: here }, alice, `phone ${i}`))
	const all = [alice, ...phones]
	const notes = await notesOf(alice)
	for (const device of all) await writableUntil(device, notes)
	await vi.waitFor(() => expect(network.links).toBe((all.length * (all.length - 1)) / 2), 20_000)
	await here.stop()
	for (const device of all) await offlineUntil(device)
	for (const device of all) {
		const view = await until(device.api, { view: 'conversation', of: notes, is: (one) => (one?.peers ?? 0) > 0 })
		expect(view?.peers).toBeLessThanOrEqual(PEERS_PER_CONVERSATION)
	}
	await post(alice, notes, 'For all of my devices')
	for (const device of all) await textsUntil(device.api, notes, ['For all of my devices'])
	await here.start()
	for (const device of all) await onlineUntil(device)
	await markUntil(alice, notes, 'For all of my devices', 'sent')
	expect(await here.server.storedItems()).toHaveLength(1)
})
