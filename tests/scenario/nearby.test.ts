/** Devices that are brought together by codes on their screens, with no server anywhere (product L3, SPEC PEER17). */
import { expect, test } from 'vitest'
import { decodeNearbyCode, encodeNearbyCode } from '#protocol/nearby-code.ts'
import type { ConversationId, NearbyHeard } from '#core/api.ts'
import { groupOf } from '../support/groups.ts'
import { PeerNetwork } from '../support/peer-network.ts'
import { phoneOf } from '../support/second-device.ts'
import { peopled, world } from '../support/story.ts'
import { messagesUntil, must, textOf, textsUntil, until } from '../support/watching.ts'
import {
	befriend,
	offlineUntil,
	onlineUntil,
	openDirect,
	post,
	writableUntil,
	type Device,
	type World,
} from '../support/world.ts'

const shown = async ({ api }: Device) => must(await api.nearbyOffer()).code ?? ''

const scan = async ({ api }: Device, code: string): Promise<NearbyHeard> => must(await api.nearbyRead({ code }))

const answerOf = (heard: NearbyHeard) => (heard.type === 'answer' ? heard.code : '')

/** As two people do it: one shows, the other scans and shows, the first scans. */
async function meet(one: Device, other: Device) {
	const met = Promise.all([one.api.nearbyMet(), other.api.nearbyMet()])
	const answer = await scan(other, await shown(one))
	expect(await scan(one, answerOf(answer))).toEqual({ type: 'connecting' })
	return (await met).map(must)
}

/** Nobody has a server, and nobody had one since the devices were switched on. */
async function alone(here: World, devices: readonly Device[]) {
	for (const { api } of devices) await api.close()
	await here.stop()
	for (const device of devices) {
		await device.reopen()
		await offlineUntil(device)
	}
}

async function friends() {
	const here = await world({ peers: new PeerNetwork() })
	const { alice, bob, mallory } = await peopled(here, ['alice', 'bob', 'mallory'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await writableUntil(bob, conversation)
	return { alice, bob, mallory, conversation, here }
}

const directUntil = ({ api }: Device, conversation: ConversationId, peers: number) =>
	until(api, { view: 'conversation', of: conversation, is: (view) => view?.peers === peers })

test('[L3][PEER17] two who have no server scan each other, and have what the other wrote; it is placed once when there is one', async () => {
	const { alice, bob, conversation, here } = await friends()
	await alone(here, [alice, bob])
	await post(alice, conversation, 'From the train')
	await post(bob, conversation, 'From the next seat')
	const [atAlice, atBob] = await meet(alice, bob)
	expect(atAlice?.person?.displayName).toBe('Bob')
	expect(atBob?.person?.displayName).toBe('Alice')
	for (const device of [alice, bob])
		await messagesUntil(device.api, conversation, (all) => all.filter((one) => textOf(one) !== null).length === 2)
	await directUntil(alice, conversation, 1)
	await post(alice, conversation, 'And on')
	await messagesUntil(bob.api, conversation, (all) => all.some((one) => textOf(one) === 'And on'))
	await here.start()
	for (const device of [alice, bob]) {
		await onlineUntil(device)
		await messagesUntil(
			device.api,
			conversation,
			(all) => all.length === 3 && all.every(({ mark }) => mark !== 'direct' && mark !== 'queued'),
		)
	}
	expect(await here.server.storedItems()).toHaveLength(3)
})

test('[L3][PEER17] an own device is met so too, and both scan at once', async () => {
	const { alice, conversation, here } = await friends()
	const phone = await phoneOf({ world: here }, alice)
	await writableUntil(phone, conversation)
	await alone(here, [alice, phone])
	await post(phone, conversation, 'On the way')
	const met = Promise.all([alice.api.nearbyMet(), phone.api.nearbyMet()])
	const [codeOfAlice, codeOfPhone] = [await shown(alice), await shown(phone)]
	// The same again and again, as a camera reads.
	expect(await shown(alice)).toBe(codeOfAlice)
	const [answerOfPhone, answerOfAlice] = [await scan(phone, codeOfAlice), await scan(alice, codeOfPhone)]
	expect(await scan(phone, codeOfAlice)).toEqual(answerOfPhone)
	await scan(alice, answerOf(answerOfPhone))
	await scan(phone, answerOf(answerOfAlice))
	for (const one of await met) expect(must(one)).toEqual({ person: null })
	await textsUntil(alice.api, conversation, ['On the way'])
	await until(alice.api, { view: 'connection', of: null, is: ({ peers }) => peers === 1 })
	for (const { api } of [alice, phone]) must(await api.nearbyLeave())
	await post(alice, conversation, 'Got it')
	await textsUntil(phone.api, conversation, ['On the way', 'Got it'])
})

test('[L3][PEER17] who is connected by the server already is met all the same, and nothing is said twice', async () => {
	const { alice, bob, conversation } = await friends()
	await directUntil(alice, conversation, 1)
	const [atAlice, atBob] = await meet(alice, bob)
	expect(atAlice?.person?.displayName).toBe('Bob')
	expect(atBob?.person?.displayName).toBe('Alice')
	await directUntil(alice, conversation, 1)
	await until(alice.api, { view: 'connection', of: null, is: ({ peers }) => peers === 1 })
	await post(alice, conversation, 'Both ways')
	await textsUntil(bob.api, conversation, ['Both ways'])
})

test('[L3][PEER17] members of a group who are no friends share the group and nothing else', async () => {
	const here = await world({ peers: new PeerNetwork() })
	const { alice, bob, charlie } = await peopled(here, ['alice', 'bob', 'charlie'])
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'member'],
	])
	for (const device of [bob, charlie]) await writableUntil(device, group)
	await alone(here, [bob, charlie])
	await post(bob, group, 'To all of us')
	await meet(charlie, bob)
	await textsUntil(charlie.api, group, ['To all of us'])
	await directUntil(charlie, group, 1)
})

test('[L3][PEER17] what is no code, the own one, a stranger and an offer that is gone are refused, each by its name', async () => {
	const { alice, bob, mallory, conversation, here } = await friends()
	await alone(here, [alice, bob, mallory])
	expect(await scan(bob, 'https://example.org')).toEqual({ type: 'refused', why: 'unreadable' })
	expect(await scan(bob, await shown(bob))).toEqual({ type: 'refused', why: 'own' })
	expect(await scan(bob, await shown(mallory))).toEqual({ type: 'refused', why: 'stranger' })
	const answer = answerOf(await scan(bob, await shown(alice)))
	must(await alice.api.nearbyLeave())
	expect(await scan(alice, answer)).toEqual({ type: 'refused', why: 'stale' })
	// None of it has done anything: the next meeting is one.
	await post(alice, conversation, 'Here after all')
	await meet(alice, bob)
	await textsUntil(bob.api, conversation, ['Here after all'])
})

test("[L3][PEER17] who shows a code in a friend's name is not taken for the friend, and gets nothing", async () => {
	const { alice, bob, mallory, conversation, here } = await friends()
	await befriend(alice, mallory)
	await openDirect(alice, mallory)
	await alone(here, [alice, bob, mallory])
	await post(alice, conversation, 'For Bob alone')
	const named = decodeNearbyCode(await shown(bob))
	const reached = decodeNearbyCode(await shown(mallory))
	if (named === null || reached === null) throw new Error('no codes')
	const forged = encodeNearbyCode({ ...reached, idHash: named.idHash, device: named.device })
	const met = alice.api.nearbyMet()
	const answer = answerOf(await scan(alice, forged))
	expect(await scan(mallory, answer)).toEqual({ type: 'connecting' })
	expect(must(await met)).toBeNull()
	await until(alice.api, { view: 'connection', of: null, is: ({ peers }) => peers === 0 })
	expect(mallory.peerHost?.said('alice') ?? []).not.toHaveLength(0)
	await directUntil(alice, conversation, 0)
})

test('[L3][PEER17] who is blocked is a stranger, even with a code that was shown before', async () => {
	const { alice, bob, here } = await friends()
	const person = await until(alice.api, { view: 'friends', of: null, is: (all) => all.length > 0 })
	must(await alice.api.block({ account: person[0]?.account ?? '' }))
	await alone(here, [alice, bob])
	expect(await scan(alice, await shown(bob))).toEqual({ type: 'refused', why: 'stranger' })
})
