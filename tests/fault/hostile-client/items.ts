/** How a member lies in what he writes; from a proven socket to an honest client's screen. */
import { expect } from 'vitest'
import { generateSigningKey } from '#crypto/signing-key.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { clientIdOf, decodeItem, eventHashOf, eventIdOf } from '#protocol/envelope.ts'
import { hlcOf } from '#protocol/hlc.ts'
import type { Ack } from '#protocol/hub.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import type { Action } from '#protocol/plaintext.ts'
import { nodeHash } from '#server/node-crypto.ts'
import { Mallory, type Lie } from '#tests/support/fault/mallory.ts'
import { befriend, toBytes } from '#tests/support/http-person.ts'
import { messagesUntil } from '#tests/support/watching.ts'
import { attacks } from './attacks.ts'
import { heard, world } from './one-world.ts'

const codesOf = (acks: readonly Ack[]) => acks.map((ack) => ('code' in ack ? ack.code : ack.verdict))

/** What goes up by itself when it is written is the truth: else a code could come from elsewhere. */
async function attempt(lie: Lie | Promise<Lie>): Promise<string[]> {
	const { mallory, talk } = world
	const { guid = talk.guid(), ...rest } = await lie
	return codesOf(await mallory.upload(guid, [await mallory.item(talk, { guid, ...rest })]))
}

async function aliceDevice() {
	const [device] = (await world.mallory.accountOf(world.alice.account)).devices.values()
	if (device === undefined) throw new Error('Alice has no device')
	return device
}

/** The item with which Alice began. */
async function herItem(): Promise<PageItem> {
	const { deviceId } = await aliceDevice()
	const rows = await world.mallory.rows(world.talk)
	const hers = rows.find(({ content }) => {
		const item = decodeItem(content)
		return item.ok && Buffer.compare(item.value.head.deviceId, deviceId) === 0
	})
	if (hers === undefined) throw new Error('Alice has said nothing')
	return hers
}

function eventIdIn({ content }: PageItem, idHash: Bytes): Bytes {
	const item = decodeItem(content)
	if (!item.ok) throw new Error('no item')
	return eventIdOf(eventHashOf(nodeHash, item.value, { convId: world.talk.state.id, idHash }))
}

const herEventId = async () => eventIdIn(await herItem(), toBytes(world.alice.account))

const asAlice = async () => ({
	idHash: toBytes(world.alice.account),
	deviceId: (await aliceDevice()).deviceId,
	place: { clock: 1 },
})

/** Another conversation of his, with somebody who is in it with him. */
async function otherTalk(): Promise<string> {
	const { mallory, server } = world
	const trudy = await Mallory.signUp(server, 'trudy', await world.invite())
	await befriend(mallory.person, trudy.person)
	const talk = await mallory.talk(await mallory.opens(trudy.person.id), [trudy.person.id])
	return talk.guid()
}

const acts = {
	'in the name of Alice': async () => attempt(asAlice()),
	'from her device under his own name': async () =>
		attempt({ deviceId: (await aliceDevice()).deviceId, place: { clock: 1 } }),
	'from a device that nobody certified': () =>
		attempt({ deviceId: world.mallory.crypto.random(16), place: { clock: 0 } }),
	'by a key that nobody knows': async () =>
		attempt({ ...(await asAlice()), signedBy: await generateSigningKey(world.mallory.crypto) }),
	'under a clientID of his choice': () => attempt({ clientId: 4711, place: { clock: 0 } }),
	'under the clientID of Alice': async () => attempt({ clientId: (await herItem()).clientId, place: { clock: 1 } }),
	'at a clock that is taken': async () => {
		expect(await attempt({ text: 'the truth' })).toEqual(['accept'])
		said.push('the truth')
		return attempt({ place: { clock: 0 } })
	},
	'at another clock than he signed': () => attempt({ clock: 7 }),
	'far ahead in his stream': () => attempt({ place: { clock: 1000 } }),
	'in an epoch to come': () => attempt({ epoch: 2 }),
	'in an epoch before the first': () => attempt({ epoch: 0 }),
	'from tomorrow': () => attempt({ hlc: hlcOf(Date.now() + 86_400_000) }),
	'for an hour, where messages stay': () => attempt({ expiresAt: Date.now() + 3_600_000 }),
	'under a log that is not known': () => attempt({ place: { logSeq: 99 } }),
	'under another log of the same length': () => attempt({ place: { logHash: world.mallory.crypto.random(16) } }),
	'in a part of a page, where no posts stand': () => attempt({ guid: world.talk.guid(0, 1), place: { clock: 0 } }),
	'in a page far away': () => opened(world.talk.guid(7)),
	'in a conversation of others': () => opened(`c/${world.honest}/0`),
	'more than an item may hold': async () => {
		const { mallory, talk } = world
		const item = await mallory.item(talk)
		return codesOf(await mallory.upload(talk.guid(), [{ ...item, content: new Uint8Array(70_000).fill(1) }]))
	},
	'an item of hers under another key of the page': async () => {
		const hers = await herItem()
		return codesOf(await world.mallory.upload(world.talk.guid(), [{ ...hers, clock: hers.clock + 1 }]))
	},
	'an item of hers in the next page': async () => {
		const { mallory, talk } = world
		const hers = await herItem()
		const { deviceId } = await aliceDevice()
		const there = clientIdOf(mallory.crypto.hash, { deviceId, guid: talk.guid(1), incarnation: 0 })
		const as = async (clientId: number) => codesOf(await mallory.upload(talk.guid(1), [{ ...hers, clientId }]))
		return [...(await as(hers.clientId)), ...(await as(there))]
	},
	'an item of hers in another conversation of his': async () => {
		const { mallory } = world
		const guid = await otherTalk()
		const hers = await herItem()
		const { deviceId } = await aliceDevice()
		const there = clientIdOf(mallory.crypto.hash, { deviceId, guid, incarnation: 0 })
		const as = async (clientId: number) => codesOf(await mallory.upload(guid, [{ ...hers, clientId }]))
		return [...(await as(hers.clientId)), ...(await as(there))]
	},
	'an item of hers once more': async () => codesOf(await world.mallory.upload(world.talk.guid(), [await herItem()])),
	'another text under her signature': async () => {
		const hers = await herItem()
		const content = hers.content.slice()
		content[content.length - 120]! ^= 1
		return codesOf(await world.mallory.upload(world.talk.guid(), [{ ...hers, content }]))
	},
	'a redaction of what she wrote: it has no effect': async () => attempt({ redacts: [await herEventId()] }),
	'a redaction of what she wrote, from the next page': async () => {
		const guid = world.talk.guid(1)
		return attempt({ guid, redacts: [await herEventId()], place: { clock: 0 } })
	},
	'a redaction of hers and his at once: his alone is gone': async () => {
		const { mallory, talk } = world
		const own = await mallory.item(talk, { text: 'to be redacted' })
		expect(codesOf(await mallory.upload(talk.guid(), [own]))).toEqual(['accept'])
		said.push('<deleted>')
		const ids = [await herEventId(), eventIdIn(own, mallory.person.account.idHash)]
		const codes = await attempt({ redacts: ids.toSorted((a, b) => Buffer.compare(a, b)) })
		await messagesUntil(world.alice.api, talk.id, (all) => all.at(-1)?.content.type === 'deleted')
		return codes
	},
	'an edit of what she wrote: it has no effect': async () =>
		attempt({ annotates: { target: await herEventId(), action: { type: 'edit', text: 'a lie', mentions: [] } } }),
	'an edit, a reaction, a pin, a redaction in her name': async () => {
		const target = await herEventId()
		const hers = await asAlice()
		const actions: readonly Action[] = [
			{ type: 'edit', text: 'a lie', mentions: [] },
			{ type: 'reaction', emoji: '👎', on: true },
			{ type: 'pin', on: true },
		]
		const codes: string[] = []
		for (const action of actions) codes.push(...(await attempt({ ...hers, annotates: { target, action } })))
		return [...codes, ...(await attempt({ ...hers, redacts: [target] }))]
	},
	'one lie among truths': async () => {
		const { mallory, talk } = world
		const good = await mallory.item(talk, { text: 'this is true' })
		const bad = await mallory.item(talk, { clientId: 5, place: { clock: 0 } })
		said.push('this is true')
		return codesOf(await mallory.upload(talk.guid(), [bad, good]))
	},
}

/** What Mallory has said so far that counts. */
const said = ['Hello Mallory']

async function opened(guid: string): Promise<string[]> {
	const socket = await world.mallory.socket()
	socket.say({ t: 'open', guid })
	const { code } = await socket.told('closed', (closed) => closed.guid === guid)
	return [code ?? '']
}

attacks('in what he writes', acts, async () => {
	await world.aliceSees(said)
	await heard()
})
