/** What one device takes from another, over the whole of a client and its door. */
import { describe, expect, it } from 'vitest'
import { hlcOf } from '#protocol/hlc.ts'
import { decodeItem, encodeItem, toSkeleton, type Why } from '#protocol/envelope.ts'
import { HLC_AHEAD_MAX, PEER_UNPLACED_MAX } from '#protocol/limits.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import { conversationRange } from '#store/keys.ts'
import { eventually, type CoreClient } from '../../../support/core-client.ts'
import { penOf } from '../../../support/core-people.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../../support/core-talk.ts'

holdProviderTimers()

/** Alice's client, which has met the server; `brings`: what a device of Bob says to it. */
async function met(seed: string) {
	const talk = await talkOf(`direct ${seed}`)
	const client = await talk.start()
	await client.online()
	return { talk, client, ...(await doorOf(talk, client)) }
}

async function doorOf(talk: Talk, client: CoreClient) {
	const door = await client.conversation().peerDoor()
	const bring = (...items: PageItem[]) => door.bring(talk.guid, items, talk.bob.id)
	const state = async ({ clientId, clock }: PageItem) =>
		(await client.context.events.at({ conversation: talk.talk.id, page: 0, part: 0, clientId, clock }))?.row.state ??
		null
	return { door, bring, state }
}

/** The same item as whoever passes it on may say that it is. */
function lacking({ crypto }: Talk, item: PageItem, why: Why): PageItem {
	const full = decodeItem(item.content)
	if (!full.ok) throw new Error('no item')
	return { ...item, content: encodeItem(toSkeleton(crypto.hash, full.value, { why })) }
}

describe('what is as it says', () => {
	it('[PEER4] is shown, counted as said when the server numbers it, and there after a restart', async () => {
		const { talk, client, bring, state } = await met('shown')
		const { item } = await talk.bobWrites()('hello')
		client.connection.stop()
		expect(await bring(item)).toMatchObject({ refused: null, missing: [], here: [{ clock: 0 }] })
		expect(await client.texts()).toEqual(['hello'])
		expect(await state(item)).toBe('direct')
		expect((await client.conversations.chats())[0]?.unread).toBe(1)
		client.close()
		const again = await talk.start()
		expect(await again.texts()).toEqual(['hello'])
		talk.server.publish(talk.guid, item)
		await again.online()
		const now = await doorOf(talk, again)
		expect(await now.state(item)).toBe('stored')
		expect((await again.conversations.chats())[0]?.unread).toBe(1)
		expect(talk.server.rows(talk.guid)).toHaveLength(1)
	})

	it('[MRK4] is unread until it is read, and read with its number then, here and after a restart', async () => {
		const { talk, client, bring } = await met('unread')
		const write = talk.bobWrites()
		const [one, two] = [(await write('one')).item, (await write('two')).item]
		client.connection.stop()
		await bring(one, two)
		const unread = async ({ conversations }: CoreClient) => (await conversations.chats())[0]?.unread
		expect(await unread(client)).toBe(2)
		expect(await client.conversations.news(talk.talk.id)).toMatchObject([{ type: 'messages', count: 2, text: 'two' }])
		const [first] = await client.messages()
		await client.conversations.markRead(talk.talk.id, first?.key ?? '')
		expect(await unread(client)).toBe(1)
		client.close()
		const again = await talk.start()
		expect(await unread(again)).toBe(1)
		talk.server.publish(talk.guid, one)
		talk.server.publish(talk.guid, two)
		await again.online()
		await eventually(
			() =>
				again
					.conversation()
					.snapshot()
					.then(({ unreadDirect }) => unreadDirect.size === 0),
			'numbers',
		)
		expect(await unread(again)).toBe(1)
		await again.conversations.readAll(talk.talk.id)
		expect([await unread(again), await again.conversations.news(talk.talk.id)]).toEqual([0, []])
	})

	it('[PEER9] is offered to the server by who did not write it, once', async () => {
		const { talk, client, bring, state } = await met('offered')
		const { item } = await talk.bobWrites()('by way of Alice')
		await bring(item)
		await eventually(() => talk.server.rows(talk.guid).length === 1, 'the server')
		await eventually(async () => (await state(item)) === 'stored', 'its number')
		expect(await client.texts()).toEqual(['by way of Alice'])
		expect((await bring(item)).stored).toEqual([])
		await client.idle()
		expect(talk.server.rows(talk.guid)).toHaveLength(1)
	})

	it('[PEER9] refused by the server it stays readable, with what follows, and is not offered again', async () => {
		const { talk, client, bring, state } = await met('refused')
		const write = talk.bobWrites()
		const [one, two] = [(await write('one')).item, (await write('two')).item]
		client.connection.stop()
		await bring(one, two)
		let offered = 0
		talk.server.verdict = () => {
			offered++
			return { verdict: 'refuse', code: 'item-no-right' }
		}
		await client.online()
		await eventually(async () => (await state(one)) === 'unconfirmed', 'the refusal')
		expect(await state(two)).toBe('unconfirmed')
		expect(await client.texts()).toEqual(['one', 'two'])
		const before = offered
		client.connection.stop()
		await client.online()
		expect(offered).toBe(before)
		expect(client.troubles).toEqual([])
	})
})

describe('what is taken from nobody but the server', () => {
	it('[PEER4] an item behind a gap, from far ahead, or of a page beyond the next', async () => {
		const { talk, client, bring } = await met('gaps')
		const write = talk.bobWrites()
		const [one, two] = [(await write('one')).item, (await write('two')).item]
		expect((await bring(two)).stored).toEqual([])
		const ahead = hlcOf(client.time.clock() + HLC_AHEAD_MAX * 2)
		const early = await penOf(talk.crypto, talk.talk, talk.bob)('early', { hlc: ahead })
		expect((await bring(early.item)).stored).toEqual([])
		expect((await bring(two, one)).stored).toHaveLength(2)
		const far = await penOf(talk.crypto, talk.talk, talk.bob)('far', { page: 2 })
		const door = await client.conversation().peerDoor()
		expect((await door.bring(talk.talk.guid(2), [far.item], talk.bob.id)).stored).toEqual([])
		expect(await client.texts()).toEqual(['one', 'two'])
	})

	it('[PEER4] another event in a place that is taken, which the server’s takes', async () => {
		const { talk, client, bring } = await met('places')
		const first = await talk.bobWrites()('first')
		const other = await penOf(talk.crypto, talk.talk, talk.bob)('second', { hlc: hlcOf(client.time.clock()) })
		expect(other.item.clientId).toBe(first.item.clientId)
		client.connection.stop()
		await bring(first.item)
		expect(await bring(other.item)).toMatchObject({ stored: [], refused: null })
		expect(await client.texts()).toEqual(['first'])
		talk.server.publish(talk.guid, other.item)
		await client.online()
		await eventually(async () => (await client.texts()).join() === 'second', 'the event of the server')
	})

	it('[PEER4] what cannot be judged is not kept, and what is ours is ours to bring', async () => {
		const { talk, client, bring } = await met('held')
		const beyond = await talk.bobWrites()('later', { logSeq: 99 })
		expect(await bring(beyond.item)).toMatchObject({ stored: [], missing: [{ what: 'log', seq: 99 }] })
		const held = await client.storage.transaction('read', ['held'], (tx) =>
			tx.count('held', conversationRange(talk.talk.id)),
		)
		expect(held).toBe(0)
		const mine = await penOf(talk.crypto, talk.talk, talk.alice)('in my name', { incarnation: 3 })
		expect((await bring(mine.item)).stored).toEqual([])
	})

	it('[PEER4] a signature that is not good', async () => {
		const { talk, bring } = await met('signature')
		const mallory = await talk.people.person('mallory')
		const device = { ...mallory.device, deviceId: talk.bob.device.deviceId }
		const { item } = await penOf(talk.crypto, talk.talk, { idHash: talk.bob.idHash, device })('I am Bob')
		expect(await bring(item)).toMatchObject({ stored: [], refused: 'item-bad-signature' })
	})

	it('[PEER5] a skeleton without its reason; its text takes its row', async () => {
		const { talk, client, bring } = await met('skeletons')
		const write = talk.bobWrites()
		const { item } = await write('still here')
		for (const why of ['redacted', 'removed', 'duplicate', 'expired'] as const)
			expect((await bring(lacking(talk, item, why))).stored).toEqual([])
		expect((await bring(item)).stored).toHaveLength(1)
		const over = await write('over', { expiresAt: client.time.clock() - 1 })
		expect((await bring(lacking(talk, over.item, 'expired'))).stored).toHaveLength(1)
		expect(await client.texts()).toEqual(['still here'])
	})

	it(`[PEER8] more than ${PEER_UNPLACED_MAX} items of a device in one page`, async () => {
		const { talk, client, bring } = await met('many')
		client.connection.stop()
		const write = talk.bobWrites()
		const items: PageItem[] = []
		for (let i = 0; i < PEER_UNPLACED_MAX + 2; i++) items.push((await write(`${i}`)).item)
		expect((await bring(...items)).stored).toHaveLength(PEER_UNPLACED_MAX)
		expect((await bring(...items)).stored).toEqual([])
	})
})
