import { describe, expect, it } from 'vitest'
import { openMarker, sealMarker } from '#crypto/marker-seal.ts'
import type { EpochKeys } from '#crypto/epoch.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { signedMarker, type SignedMarker } from '#protocol/marker.ts'
import { direct, storyTime, type CoreActor } from '../../support/core-people.ts'
import { eventually } from '../../support/core-client.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../support/core-talk.ts'

holdProviderTimers()

async function online(seed: string) {
	const talk = await talkOf(seed)
	const client = await talk.start()
	await client.online()
	await client.conversation().post('hello')
	await eventually(async () => (await client.texts()).join() === 'hello (sent)', 'sent')
	return { talk, client }
}

async function marker(
	talk: Talk,
	change: Partial<{ by: CoreActor; idHash: Bytes; epoch: EpochKeys; kind: 'read' | 'delivered'; recvSeq: number }> = {},
) {
	const { by = talk.bob, idHash = by.idHash, epoch = talk.talk.keys, kind = 'read', recvSeq = 1 } = change
	return sealMarker(talk.crypto, { epoch, device: by.device }, { idHash, kind, hlc: hlcOf(storyTime), recvSeq })
}

const text = (value: SignedMarker) => bytesToBase64url(encode(signedMarker, value))

describe('a marker of the other', () => {
	it('moves the marks of own messages, never back, and is there after a restart', async () => {
		const { talk, client } = await online('marks')
		const tell = async (value: SignedMarker) => {
			talk.server.tell({ t: 'marker', conversation: talk.talk.id, account: talk.bob.id, marker: text(value) })
			await client.idle()
		}
		await tell(await marker(talk, { kind: 'delivered' }))
		await eventually(async () => (await client.texts()).join() === 'hello (delivered)', 'delivered')
		await tell(await marker(talk, { kind: 'read', recvSeq: 5 }))
		await eventually(async () => (await client.texts()).join() === 'hello (read)', 'read')
		await tell(await marker(talk, { kind: 'read', recvSeq: 0 }))
		expect(await client.texts()).toEqual(['hello (read)'])
		client.close()
		expect(await (await talk.start()).texts()).toEqual(['hello (read)'])
	})

	it('comes with the connection too, for those who were away', async () => {
		const talk = await talkOf('marks http')
		const first = await talk.start()
		await first.online()
		await first.conversation().post('hello')
		await eventually(async () => (await first.texts()).join() === 'hello (sent)', 'sent')
		first.close()
		const value = text(await marker(talk))
		const client = await talk.start({
			answers: { 'conversations.markers': () => ({ markers: [{ account: talk.bob.id, marker: value }] }) },
		})
		await client.online()
		await eventually(async () => (await client.texts()).join() === 'hello (read)', 'read')
	})

	it('counts for nothing when it was not written by him, for this conversation', async () => {
		const { talk, client } = await online('marks forged')
		const { crypto, people, bob, alice } = talk
		const mallory = await people.person('mallory')
		const real = await marker(talk)
		const elsewhere = await direct(people, alice, mallory)
		const hostile: [string, string][] = [
			// A stranger's device, under Bob's name and under his own.
			[bob.id, text(await marker(talk, { by: mallory, idHash: bob.idHash }))],
			[mallory.id, text(await marker(talk, { by: mallory }))],
			// Bob's marker told as Alice's, and one of another conversation.
			[alice.id, text(real)],
			[bob.id, text(await marker(talk, { epoch: elsewhere.keys }))],
			// Changed in its kind, its epoch, its text or its signature.
			[bob.id, text({ ...real, kind: 'delivered' })],
			[bob.id, text({ ...real, epoch: 9 })],
			[bob.id, text({ ...real, ct: crypto.random(24) })],
			[bob.id, text({ ...real, signature: crypto.random(64) })],
			[bob.id, text({ ...real, device: mallory.device.deviceId })],
			[bob.id, 'AAAA'],
			['not an account', text(real)],
		]
		for (const [account, value] of hostile)
			talk.server.tell({ t: 'marker', conversation: talk.talk.id, account, marker: value })
		await client.idle()
		await client.idle()
		expect(await client.texts()).toEqual(['hello (sent)'])
		expect(client.troubles).toEqual([])
	})
})

describe('the own marker', () => {
	const sentMarkers = async (talk: Talk) => {
		const said = talk.server.hub.flatMap((message) => (message.t === 'marker' ? [message.marker] : []))
		return Promise.all(
			said.map(async (value) => {
				const decoded = decode(signedMarker, base64urlToBytes(value) as Bytes)
				if (!decoded.ok) throw new Error('no marker')
				return [
					decoded.value.kind,
					await openMarker(talk.crypto, { epoch: talk.talk.keys, idHash: talk.alice.idHash }, decoded.value),
				] as const
			}),
		)
	}

	it('says sealed how far we received and read, each step once', async () => {
		const { talk, client } = await online('marks own')
		const write = talk.bobWrites()
		talk.server.publish(talk.guid, (await write('one')).item, (await write('two')).item)
		await eventually(async () => (await client.texts()).length === 3, 'both')
		await eventually(async () => (await sentMarkers(talk)).length > 0, 'a marker')
		const [, one] = await client.messages()
		await client.conversations.markRead(talk.talk.id, one?.key ?? '')
		await client.conversations.markRead(talk.talk.id, one?.key ?? '')
		await eventually(async () => (await sentMarkers(talk)).some(([kind]) => kind === 'read'), 'read')
		const sent = await sentMarkers(talk)
		expect(sent.filter(([kind]) => kind === 'read')).toEqual([['read', 2]])
		expect(sent.filter(([kind]) => kind === 'delivered').at(-1)).toEqual(['delivered', 3])
		expect((await client.conversations.chats())[0]?.unread).toBe(1)
	})

	it('made without a connection is told when there is one', async () => {
		const { talk, client } = await online('marks offline')
		talk.server.publish(talk.guid, (await talk.bobWrites()('one')).item)
		await eventually(async () => (await client.texts()).length === 2, 'the text')
		const [, one] = await client.messages()
		client.close()
		const away = await talk.start()
		await away.conversations.markRead(talk.talk.id, one?.key ?? '')
		expect((await away.conversations.chats())[0]?.unread).toBe(0)
		away.close()
		const before = (await sentMarkers(talk)).length
		const again = await talk.start()
		await again.online()
		await eventually(
			async () => (await sentMarkers(talk)).slice(before).some(([kind, recvSeq]) => kind === 'read' && recvSeq === 2),
			'the marker',
		)
	})

	it('of a message that is not here moves nothing', async () => {
		const { talk, client } = await online('marks unknown')
		await client.conversations.markRead(talk.talk.id, 'no such key')
		await client.conversations.markRead('no such conversation', 'own-1')
		await client.idle()
		expect((await sentMarkers(talk)).filter(([kind]) => kind === 'read')).toEqual([])
	})
})
