/** A member who lies over the hub and in awareness: marks are moved and clientIDs are spoken for by their owners alone. */
import { expect } from 'vitest'
import { hlcOf } from '#protocol/hlc.ts'
import type { RawClient } from '#tests/support/raw-client.ts'
import { must as mustCall } from '#tests/support/http-person.ts'
import { must, now } from '#tests/support/watching.ts'
import { attacks } from './attacks.ts'
import { answerTo, marker } from './marks.ts'
import { heard, world } from './one-world.ts'

/** Alice types; her clientID and sealed value as Mallory hears them. */
async function overheard(): Promise<{
	socket: RawClient
	channel: number
	hers: { clientId: number; clock: number; state: string }
}> {
	const { mallory, talk, alice } = world
	const socket = await mallory.socket()
	const channel = await socket.open(talk.guid())
	must(await alice.api.setTyping({ conversation: talk.id, typing: true }))
	for (;;) {
		const { message } = await socket.heard('awareness', channel)
		const hers = message.states.find(({ state }) => state.includes('"v"'))
		if (hers !== undefined) return { socket, channel, hers }
	}
}

const acts = {
	'a marker of her device': async () => {
		const { mallory, alice, talk } = world
		const [device] = (await mallory.accountOf(alice.account)).devices.values()
		const asked = mallory.person.http.call((api) => api.conversations.markers({ conversation: talk.id }))
		const hers = (await mustCall(asked)).markers.find(({ account }) => account === alice.account)
		const altered = await answerTo(await marker({ device: device!.deviceId }))
		return hers === undefined ? [altered] : [altered, await answerTo(hers.marker)]
	},
	'a marker that was altered': async () => [
		await answerTo(await marker({ kind: 'delivered' })),
		await answerTo(await marker({ signature: world.mallory.crypto.random(64) })),
		await answerTo(await marker({ ct: world.mallory.crypto.random(24) })),
	],
	'a marker from tomorrow': async () => [await answerTo(await marker({ hlc: hlcOf(Date.now() + 3_600_000) }))],
	'a marker that is none': async () => [await answerTo('AAAA')],
	'a marker in a conversation of others': async () => [await answerTo(await marker(), world.honest)],
	'a marker sealed for another account': async () => [
		await answerTo(await marker({}, world.mallory.crypto.random(32))),
	],
	'a page of others opened, followed, asked about': async () => {
		const socket = await world.mallory.socket()
		const guid = `c/${world.honest}/0`
		socket.say({ t: 'open', guid })
		const { code: opened } = await socket.told('closed', (closed) => closed.guid === guid)
		socket.say({ t: 'follow', conversation: world.honest })
		const { code: followed } = await socket.told('error', ({ about }) => about === world.honest)
		socket.say({ t: 'stream', guid, clientId: 1 })
		const { code: asked } = await socket.told('error', ({ about }) => about === guid)
		return [opened ?? '', followed, asked]
	},
	'her clientID in awareness': async () => {
		const { socket, channel, hers } = await overheard()
		const codes: string[] = []
		for (const [i, state] of ['{"v":"AAAA"}', 'null'].entries()) {
			socket.page(channel, { type: 'awareness', states: [{ ...hers, clock: hers.clock + 1 + i, state }] })
			codes.push((await socket.told('error', ({ about }) => about === world.talk.guid())).code)
		}
		must(await world.alice.api.setTyping({ conversation: world.talk.id, typing: false }))
		return codes
	},
	'typing that nobody sealed': async () => {
		const { socket, channel, hers } = await overheard()
		const said = ['{"v":"AAAA"}', hers.state, '{"typing":true}']
		const states = said.map((state, i) => ({ clientId: 900 + i, clock: 1, state }))
		socket.page(channel, { type: 'awareness', states })
		await socket.settled()
		await heard()
		expect((await now(world.alice.api, 'conversation', world.talk.id))?.typing).toEqual([])
		must(await world.alice.api.setTyping({ conversation: world.talk.id, typing: false }))
		return socket.hub.values.flatMap((message) => (message.t === 'error' ? [message.code] : []))
	},
}

attacks('over the hub', acts, heard)
