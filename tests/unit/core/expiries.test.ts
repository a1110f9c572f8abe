import { expect, it } from 'vitest'
import { createExpiries } from '#core/expiries.ts'
import { decodeItem } from '#protocol/envelope.ts'
import { eventually, type CoreClient } from '../../support/core-client.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../support/core-talk.ts'

holdProviderTimers()

const lifetime = 60_000

function expiriesOf({ context, conversations, storage, time, troubles }: CoreClient) {
	const { events, outbox, crypto, failed } = context
	const expiries = createExpiries({
		...{ storage, events, outbox, hash: crypto.hash, timers: time.timers, failed },
		time: { now: time.clock, observe: () => {} },
	})
	return { ...expiries, begin: () => expiries.start(conversations.expired), troubles }
}

/** What of each row lies in the store. */
async function formsOf({ context }: CoreClient, { talk }: Talk): Promise<string[]> {
	const rows = await context.events.page(talk.id, 0)
	return rows.map(({ row }) => {
		const item = decodeItem(row.content)
		return item.ok && item.value.form === 'skeleton' ? item.value.why : 'full'
	})
}

const dueIn = ({ storage }: CoreClient) => storage.transaction('read', ['expiries'], (tx) => tx.keys('expiries', {}))

it('[FOLD6][DEL3] takes the text from screen and store at its time, and leaves the others', async () => {
	const talk = await talkOf('expiries')
	const client = await talk.start()
	await client.online()
	const expiries = expiriesOf(client)
	expiries.begin()
	const write = talk.bobWrites()
	const expiresAt = client.time.clock() + lifetime
	talk.server.publish(talk.guid, (await write('stays')).item)
	talk.server.publish(talk.guid, (await write('goes', { expiresAt })).item)
	await eventually(async () => (await client.texts()).length === 2, 'both')
	expect((await client.conversations.chats())[0]?.unread).toBe(2)
	await client.time.advance(lifetime - 1)
	expect(await client.texts()).toEqual(['stays', 'goes'])
	await client.time.advance(1)
	await eventually(async () => (await dueIn(client)).length === 0, 'nothing due')
	await client.idle()
	expect(await client.texts()).toEqual(['stays'])
	expect(await formsOf(client, talk)).toEqual(['full', 'expired'])
	expect((await client.conversations.chats())[0]).toMatchObject({ unread: 1, last: { text: 'stays' } })
	expect(client.troubles).toEqual([])
	expiries.close()
})

it('[DEL3] of what has expired a lying server brings nothing back, neither over its skeleton nor as something new', async () => {
	const talk = await talkOf('expiries lie')
	const client = await talk.start()
	await client.online()
	const write = talk.bobWrites()
	const expiresAt = client.time.clock() + lifetime
	const known = (await write('known', { expiresAt })).item
	const late = (await write('late', { expiresAt })).item
	talk.server.publish(talk.guid, known)
	await eventually(async () => (await client.texts()).length === 1, 'the first')
	await client.time.advance(lifetime)
	const expiries = expiriesOf(client)
	await expiries.sweep()
	talk.server.publish(talk.guid, known)
	talk.server.publish(talk.guid, late)
	await eventually(async () => (await formsOf(client, talk)).length === 2, 'the second')
	await client.idle()
	expect(await client.texts()).toEqual([])
	expect(await formsOf(client, talk)).toEqual(['expired', 'expired'])
	expect(await dueIn(client)).toEqual([])
	expect(client.troubles).toEqual([])
	expiries.close()
})

it('removes before the first screen what expired while the device was off', async () => {
	const talk = await talkOf('expiries off')
	const client = await talk.start()
	await client.online()
	// In the past of whoever starts again: his clock goes on from where it stood.
	const expiresAt = client.time.clock() + 1
	talk.server.publish(talk.guid, (await talk.bobWrites()('goes', { expiresAt })).item)
	await eventually(async () => (await client.texts()).length === 1, 'the message')
	client.close()
	const again = await talk.start()
	await again.time.advance(lifetime)
	const expiries = expiriesOf(again)
	await expiries.sweep()
	expect(await formsOf(again, talk)).toEqual(['expired'])
	expect(await again.texts()).toEqual([])
	expiries.close()
})
