import { describe, expect, it } from 'vitest'
import { createTyping } from '#core/typing.ts'
import { sealAwareness } from '#crypto/awareness-seal.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { bool, encode, struct, versioned } from '#protocol/codec.ts'
import { sealedAwareness } from '#protocol/epoch-keys.ts'
import type { PageSession } from '#sync/page-session.ts'
import { addDevice, revokeDevice, type CoreActor } from '../../support/core-people.ts'
import { eventually } from '../../support/core-client.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../support/core-talk.ts'

holdProviderTimers()

const presence = versioned(1, struct({ typing: bool }))

async function sealed(
	talk: Talk,
	at: { clientId: number; guid?: string; by?: CoreActor; device?: Bytes; typing?: boolean },
): Promise<Bytes> {
	const { clientId, guid = talk.guid, by = talk.bob, device = by.device.deviceId, typing = true } = at
	const value = await sealAwareness(talk.crypto, talk.talk.keys, {
		guid,
		clientId,
		device,
		plaintext: encode(presence, { typing }),
	})
	return encode(sealedAwareness, value)
}

async function setup(seed: string) {
	const talk = await talkOf(seed)
	const client = await talk.start()
	await client.online()
	const typing = createTyping(talk.talk.id, client.context)
	const take = async (...entries: [number, Bytes][]) => {
		await typing.take(talk.guid, new Map(entries))
		return typing.now()
	}
	return { talk, client, typing, take }
}

describe('what another one says', () => {
	it('is who types, and ends with the value', async () => {
		const { talk, take } = await setup('typing')
		expect(await take([11, await sealed(talk, { clientId: 11 })])).toEqual([talk.bob.id])
		expect(await take([11, await sealed(talk, { clientId: 11, typing: false })])).toEqual([])
		expect(await take([11, await sealed(talk, { clientId: 11 })], [12, await sealed(talk, { clientId: 12 })])).toEqual([
			talk.bob.id,
		])
		expect(await take()).toEqual([])
	})

	it('counts on the clientID and in the page that it was sealed for only', async () => {
		const { talk, take } = await setup('typing replay')
		const value = await sealed(talk, { clientId: 11 })
		expect(await take([12, value])).toEqual([])
		expect(await take([11, await sealed(talk, { clientId: 11, guid: talk.talk.guid(1) })])).toEqual([])
		expect(await take([11, value.slice(0, -1) as Bytes], [13, new Uint8Array(5) as Bytes])).toEqual([])
	})

	it('counts from devices of members that have not ended, and not from our own', async () => {
		const { talk, client, take } = await setup('typing device')
		const mallory = await talk.people.person('mallory')
		expect(await take([11, await sealed(talk, { clientId: 11, by: mallory })])).toEqual([])
		expect(await take([11, await sealed(talk, { clientId: 11, by: talk.alice })])).toEqual([])
		const phone = await addDevice(talk.crypto, talk.bob)
		await client.context.accounts.refresh(talk.bob.id)
		const value = await sealed(talk, { clientId: 11, device: phone.deviceId })
		expect(await take([11, value])).toEqual([talk.bob.id])
		await revokeDevice(talk.crypto, talk.bob, phone)
		await client.context.accounts.refresh(talk.bob.id)
		expect(await take([11, value])).toEqual([])
	})

	it('is told as it was last, however long each value takes to open', async () => {
		const { talk, typing } = await setup('typing race')
		const many = new Map(
			await Promise.all(Array.from({ length: 40 }, async (_, i) => [i, await sealed(talk, { clientId: i })] as const)),
		)
		const first = typing.take(talk.guid, many)
		const second = typing.take(talk.guid, new Map())
		await Promise.all([first, second])
		expect(typing.now()).toEqual([])
	})
})

describe('what we say', () => {
	function page(awarenessId = 21) {
		const said: (Bytes | null)[] = []
		const session = { guid: '', awarenessId, setAwareness: (value: Bytes | null) => void said.push(value) }
		return {
			said,
			session: session as unknown as PageSession,
			of: (guid: string) => ({ ...session, guid }) as unknown as PageSession,
		}
	}

	it('goes out when it changes, and ends by itself', async () => {
		const { talk, client, typing } = await setup('typing own')
		const { said, of } = page()
		const session = of(talk.guid)
		for (let i = 0; i < 3; i++) await typing.set(session, true)
		expect(said).toHaveLength(1)
		await client.time.advance(7_000)
		await eventually(() => said.length === 2, 'the end')
		await typing.set(session, false)
		expect(said).toHaveLength(2)
		expect(said.every((value) => value !== null && !Buffer.from(value).includes('typing'))).toBe(true)
	})

	it('is said anew where the page turned, or was made anew', async () => {
		const { talk, typing } = await setup('typing page')
		const [one, other] = [page(21), page(22)]
		await typing.set(one.of(talk.guid), true)
		await typing.set(other.of(talk.talk.guid(1)), true)
		expect([one.said.length, other.said.length]).toEqual([1, 1])
	})

	it('is nothing without a page, and comes in the order in which it was said', async () => {
		const { talk, typing } = await setup('typing order')
		await typing.set(null, true)
		const { said, of } = page()
		const session = of(talk.guid)
		await Promise.all([typing.set(session, true), typing.set(session, false), typing.set(session, true)])
		expect(said).toHaveLength(3)
	})
})

it('reaches the screen through the awareness of the current page, and goes with the connection', async () => {
	const { talk, client } = await setup('typing view')
	const state = JSON.stringify({ v: Buffer.from(await sealed(talk, { clientId: 11 })).toString('base64url') })
	talk.server.send(talk.guid, { type: 'awareness', states: [{ clientId: 11, clock: 1, state }] })
	await eventually(async () => (await client.view()).typing.join() === talk.bob.id, 'typing')
	// A value that was copied to another id says nothing.
	talk.server.send(talk.guid, {
		type: 'awareness',
		states: [
			{ clientId: 11, clock: 1, state: 'null' },
			{ clientId: 12, clock: 1, state },
		],
	})
	await eventually(async () => (await client.view()).typing.length === 0, 'no typing')
	talk.server.send(talk.guid, { type: 'awareness', states: [{ clientId: 11, clock: 2, state }] })
	await eventually(async () => (await client.view()).typing.length === 1, 'typing again')
	talk.server.drop()
	await eventually(async () => (await client.view()).typing.length === 0, 'no typing offline')
})
