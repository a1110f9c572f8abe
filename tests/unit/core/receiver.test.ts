import { describe, expect, it } from 'vitest'
import { hlcOf } from '#protocol/hlc.ts'
import { addDevice, direct, penOf, revokeDevice, storyTime } from '../../support/core-people.ts'
import { eventually, textOf } from '../../support/core-client.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../support/core-talk.ts'

holdProviderTimers()

async function online(talk: Talk, change: Parameters<Talk['start']>[0] = {}, withoutKey = false) {
	const client = await talk.start(change)
	await client.online({ withoutKey })
	/** Waits for the texts, and a little longer for what must not come. */
	const shows = async (...texts: string[]) => {
		await eventually(async () => (await client.texts()).join() === texts.join(), texts.join(', '))
		await client.idle()
		expect(await client.texts()).toEqual(texts)
		expect(client.troubles).toEqual([])
	}
	return { client, shows }
}

describe('an item that is what it says', () => {
	it('is stored, opened and shown, and is there after a restart without a network', async () => {
		const talk = await talkOf('receiver')
		const { client, shows } = await online(talk)
		const write = talk.bobWrites()
		talk.server.publish(talk.guid, (await write('one')).item, (await write('two')).item)
		await shows('one', 'two')
		const [message] = await client.messages()
		expect(message).toMatchObject({ author: talk.bob.id, mine: false, mark: null })
		client.close()
		const again = await talk.start()
		expect(await again.texts()).toEqual(['one', 'two'])
		expect((await again.conversations.chats())[0]).toMatchObject({ unread: 2, last: { text: 'two' } })
	})

	it('comes once, however often the server gives it', async () => {
		const talk = await talkOf('receiver twice')
		const { client, shows } = await online(talk)
		const { item } = await talk.bobWrites()('once')
		talk.server.publish(talk.guid, item)
		for (let i = 0; i < 3; i++) talk.server.send(talk.guid, { type: 'update', items: talk.server.rows(talk.guid) })
		await shows('once')
		expect((await client.conversations.chats())[0]?.unread).toBe(1)
	})

	it('counts in its own stream, in whatever order two streams come', async () => {
		const talk = await talkOf('receiver streams')
		const { shows } = await online(talk)
		const write = talk.bobWrites()
		const first = await write('first', { incarnation: 0 })
		const second = await write('second', { incarnation: 5, clock: 0 })
		talk.server.publish(talk.guid, second.item)
		talk.server.publish(talk.guid, first.item)
		await shows('first', 'second')
	})
})

describe('an item that lies', () => {
	async function refused(
		name: string,
		forge: (talk: Talk) => Promise<{ item: { clientId: number; clock: number; content: Uint8Array<ArrayBuffer> } }>,
	) {
		const talk = await talkOf(`receiver ${name}`)
		const { client, shows } = await online(talk)
		const { item } = await forge(talk)
		talk.server.publish(talk.guid, item)
		// A good one afterwards: what was refused takes nothing with it.
		const write = penOf(talk.crypto, talk.talk, { idHash: talk.alice.idHash, device: talk.alice.device })
		talk.server.publish(talk.guid, (await write('good', { incarnation: 9 })).item)
		await shows('good (sent)')
		expect((await client.conversations.chats())[0]?.unread).toBe(0)
		client.close()
		expect(await (await talk.start()).texts()).toEqual(['good (sent)'])
	}

	it('by somebody who is no member is not shown', () =>
		refused('stranger', async ({ people, talk }) => {
			const mallory = await people.person('mallory')
			return penOf(people.crypto, talk, mallory)('let me in')
		}))

	it('under the device of a member, signed by another key, is not shown', () =>
		refused('signature', async ({ people, talk, bob }) => {
			const mallory = await people.person('mallory')
			const device = { ...mallory.device, deviceId: bob.device.deviceId }
			return penOf(people.crypto, talk, { idHash: bob.idHash, device })('I am Bob')
		}))

	it('at another clock than the signed one is not shown', () =>
		refused('clock', async ({ bobWrites }) => {
			const { item } = await bobWrites()('moved', { clock: 0 })
			return { item: { ...item, clock: 1 } }
		}))

	it('under a clientID that is not the device’s is not shown', () =>
		refused('clientID', async ({ bobWrites }) => bobWrites()('elsewhere', { clientId: 2 ** 40 })))

	it('signed for another conversation is not shown', () =>
		refused('conversation', async ({ people, bob }) => {
			const charlie = await people.person('charlie')
			return penOf(people.crypto, await direct(people, bob, charlie), bob)('for Charlie')
		}))

	it('of which a byte was changed is not shown', () =>
		refused('byte', async ({ bobWrites }) => {
			const { item } = await bobWrites()('changed')
			return { item: { ...item, content: item.content.map((byte, i) => (i === 60 ? byte ^ 1 : byte)) as never } }
		}))

	it('that is larger than an item may be does no harm', () =>
		refused('size', async ({ bobWrites }) => {
			const { item } = await bobWrites()('large')
			const content = new Uint8Array(70_000)
			content.set(item.content)
			return { item: { ...item, content } }
		}))

	it('whose hlc lies far ahead is shown, and drags no clock along', async () => {
		const talk = await talkOf('receiver hlc')
		const { client, shows } = await online(talk)
		const { item } = await talk.bobWrites()('from the future', { hlc: hlcOf(storyTime + 10 * 365 * 86_400_000) })
		talk.server.publish(talk.guid, item)
		await shows('from the future')
		const { hlc } = await client.context.hybridClock.next()
		expect(hlc).toBeLessThan(hlcOf(client.time.clock() + 1_000))
	})

	it('does not take the stream of the device that it imitates, even with the server’s help', async () => {
		const talk = await talkOf('receiver squatter')
		const { shows } = await online(talk)
		const write = talk.bobWrites()
		const real = await write('really Bob')
		const mallory = await talk.people.person('mallory')
		// The server brings Mallory's item first, under the clientID that follows from Bob's device.
		const forged = await penOf(talk.crypto, talk.talk, mallory)('squatting', { clientId: real.item.clientId, clock: 7 })
		talk.server.publish(talk.guid, forged.item)
		talk.server.publish(talk.guid, real.item)
		await shows('really Bob')
	})

	it('is not believed for having come under a squatted stream twice', async () => {
		const talk = await talkOf('receiver squatted')
		const { client } = await online(talk)
		const write = talk.bobWrites()
		for (const clock of [0, 1]) {
			const { item } = await write(`wrong stream ${clock}`, { clock, clientId: 2 ** 41 })
			talk.server.publish(talk.guid, item)
		}
		await eventually(
			async () => (await client.context.events.part({ conversation: talk.talk.id, page: 0, part: 0 })).length === 2,
			'two rows',
		)
		expect(await client.texts()).toEqual([])
	})
})

describe('an item at the place of another', () => {
	it('does not take the text away that was there, where it is a forgery', async () => {
		const talk = await talkOf('receiver overwrite')
		const { client, shows } = await online(talk)
		const { item } = await talk.bobWrites()('as it was')
		talk.server.publish(talk.guid, item)
		await shows('as it was')
		const forged = { ...item, content: item.content.map((byte, i) => (i === 60 ? byte ^ 1 : byte)) as never }
		talk.server.send(talk.guid, { type: 'update', items: [forged] }, [1])
		await shows('as it was')
		client.close()
		expect(await (await talk.start()).texts()).toEqual(['as it was'])
	})

	it('takes it where the device signed both: the server’s row holds the place', async () => {
		const talk = await talkOf('receiver replace')
		const { shows } = await online(talk)
		const write = talk.bobWrites()
		const [one, other] = [await write('one', { clock: 0 }), await write('other', { clock: 0 })]
		talk.server.publish(talk.guid, one.item)
		await shows('one')
		talk.server.send(talk.guid, { type: 'update', items: [other.item] }, [1])
		await shows('other')
	})
})

describe('an item that cannot be judged yet', () => {
	it('waits for the device that wrote it, and is shown once the account log names it', async () => {
		const talk = await talkOf('receiver device')
		// The server keeps Bob's newest entries back.
		let upTo = 1
		const answers = {
			'accounts.log': ({ account, from }: { account: string; from: number }) =>
				talk.people.accountLog(account === talk.bob.id ? talk.bob : talk.alice, {
					from,
					upTo: account === talk.bob.id ? upTo : 1,
				}),
		}
		const { client, shows } = await online(talk, { answers })
		const phone = await addDevice(talk.crypto, talk.bob)
		const write = penOf(talk.crypto, talk.talk, { idHash: talk.bob.idHash, device: phone })
		talk.server.publish(talk.guid, (await write('from my phone')).item)
		await eventually(
			() =>
				client.http.calls.filter(
					({ name, input }) => name === 'accounts.log' && (input as { account: string }).account === talk.bob.id,
				).length > 1,
			'asking for the log',
		)
		await client.idle()
		expect(await client.texts()).toEqual([])
		const asked = client.http.calls.length
		await client.idle()
		// It asks no more than once for the same: a server that keeps a log back does not make it spin.
		expect(client.http.calls.length).toBe(asked)
		upTo = 2
		await client.context.accounts.refresh(talk.bob.id)
		await shows('from my phone')
		expect(await client.context.records.all({ write: () => {}, read: () => null }, 'held')).toEqual([])
	})

	it('waits over a restart', async () => {
		const talk = await talkOf('receiver held')
		const phone = await addDevice(talk.crypto, talk.bob)
		const answers = {
			'accounts.log': ({ account, from }: { account: string; from: number }) =>
				talk.people.accountLog(account === talk.bob.id ? talk.bob : talk.alice, { from, upTo: 1 }),
		}
		const { client } = await online(talk, { answers })
		const write = penOf(talk.crypto, talk.talk, { idHash: talk.bob.idHash, device: phone })
		talk.server.publish(talk.guid, (await write('early')).item)
		await eventually(
			async () => (await client.storage.transaction('read', ['held'], (tx) => tx.keys('held'))).length === 1,
			'the held row',
		)
		client.close()
		const again = await talk.start()
		expect(await again.texts()).toEqual([])
		await again.context.accounts.refresh(talk.bob.id)
		await eventually(async () => (await again.texts()).length === 1, 'the text')
		expect(await again.texts()).toEqual(['early'])
	})

	it('waits when it names a log entry that is not here, and asks for it once', async () => {
		const talk = await talkOf('receiver log')
		const { client } = await online(talk)
		const asked = () => client.http.calls.filter(({ name }) => name === 'conversations.log').length
		const before = asked()
		talk.server.publish(talk.guid, (await talk.bobWrites()('ahead of the log', { logSeq: 1_000 })).item)
		await eventually(() => asked() > before, 'asking for the log')
		await client.idle()
		await client.idle()
		// Once for the item, at most once more for the repair of its page: never in a loop.
		expect(asked()).toBeLessThanOrEqual(before + 2)
		expect(await client.texts()).toEqual([])
	})

	it('is refused once it can be judged and is not right, and waits no longer', async () => {
		const talk = await talkOf('receiver revoked')
		const phone = await addDevice(talk.crypto, talk.bob)
		let upTo = 1
		const answers = {
			'accounts.log': ({ account, from }: { account: string; from: number }) =>
				talk.people.accountLog(account === talk.bob.id ? talk.bob : talk.alice, {
					from,
					upTo: account === talk.bob.id ? upTo : 1,
				}),
		}
		const { client } = await online(talk, { answers })
		const mallory = await talk.people.person('mallory')
		const forged = { ...mallory.device, deviceId: phone.deviceId }
		talk.server.publish(
			talk.guid,
			(await penOf(talk.crypto, talk.talk, { idHash: talk.bob.idHash, device: forged })('not Bob')).item,
		)
		const held = () => client.storage.transaction('read', ['held'], (tx) => tx.keys('held'))
		await eventually(async () => (await held()).length === 1, 'the held row')
		await revokeDevice(talk.crypto, talk.bob, talk.bob.device)
		upTo = 3
		await client.context.accounts.refresh(talk.bob.id)
		await eventually(async () => (await held()).length === 0, 'no held row')
		expect(await client.texts()).toEqual([])
	})
})

it('shows that a key is missing, and the text once it came', async () => {
	const talk = await talkOf('receiver key')
	let boxes = false
	const answers = {
		'conversations.log': async ({ from }: { from: number }) => ({
			...(await talk.talk.log(talk.alice, from)),
			...(boxes ? {} : { boxes: [] }),
		}),
	}
	const { client, shows } = await online(talk, { answers }, true)
	talk.server.publish(talk.guid, (await talk.bobWrites()('sealed')).item)
	await shows('<fetching-key>')
	expect((await client.view()).writable).toEqual({ type: 'no', why: 'preparing' })
	boxes = true
	await client.context.logs.sync(talk.talk.id)
	await eventually(async () => (await client.messages()).every((message) => textOf(message) === 'sealed'), 'the text')
})
