import { describe, expect, it } from 'vitest'
import { answersOf, eventually, Refused } from '../../support/core-client.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../support/core-talk.ts'

holdProviderTimers()

/** Posts of Bob in pages 0, 1 and 2, stored while nobody was there. */
async function written(seed: string, perPage = 3) {
	const talk = await talkOf(seed)
	const texts: string[] = []
	for (const page of [0, 1, 2]) {
		const write = talk.bobWrites()
		for (let i = 0; i < perPage; i++) {
			texts.push(`${page}.${i}`)
			talk.server.put(talk.talk.guid(page), (await write(`${page}.${i}`, { page, clock: i })).item)
		}
	}
	talk.server.current = 2
	return { talk, texts }
}

const shown = (client: Awaited<ReturnType<Talk['start']>>, texts: readonly string[]) =>
	eventually(async () => (await client.texts()).join() === texts.join(), texts.join())

describe('back from offline', () => {
	it('brings every page up, opens the newest, and grows towards the past as far as a window needs', async () => {
		const { talk, texts } = await written('catch-up')
		const client = await talk.start()
		await client.online()
		await shown(client, texts)
		await eventually(() => client.context.connection.send({ t: 'close', guid: 'c/none' }), 'online')
		// The pages of the past are closed again: only the current one is heard.
		await eventually(() => {
			const open = talk.server.hub.flatMap((message) =>
				message.t === 'open' || message.t === 'close' ? [`${message.t} ${message.guid}`] : [],
			)
			return open.includes(`close ${talk.talk.guid(0)}`) && open.includes(`close ${talk.talk.guid(1)}`)
		}, 'closed pages')
		client.close()
		expect(await (await talk.start()).texts()).toEqual(texts)
	})

	it('asks only for what has changed since', async () => {
		const { talk, texts } = await written('catch-up since')
		const client = await talk.start()
		await client.online()
		await shown(client, texts)
		await eventually(
			async () => (await client.storage.transaction('read', ['pages'], (tx) => tx.keys('pages'))).length === 4,
			'versions',
		)
		client.close()
		const again = await talk.start()
		const before = talk.server.synced.length
		await again.online()
		expect(again.http.calls.find(({ name }) => name === 'conversations.heads')?.input).toMatchObject({ since: 9 })
		// The current page by following it, and no other.
		expect(new Set(talk.server.synced.slice(before))).toEqual(new Set([talk.talk.guid(2)]))
		expect(again.http.calls.some(({ name }) => name === 'conversations.rows')).toBe(false)
	})

	it('fetches the rows whole where equal state vectors hide different content', async () => {
		const talk = await talkOf('catch-up digest')
		const write = talk.bobWrites()
		const [one, other] = [await write('one', { clock: 0 }), await write('other', { clock: 0 })]
		talk.server.put(talk.guid, one.item)
		const client = await talk.start()
		await client.online()
		await shown(client, ['one'])
		client.close()
		talk.server.forget(talk.guid)
		talk.server.put(talk.guid, other.item, (await write('more', { clock: 1 })).item)
		const again = await talk.start()
		await again.online()
		await shown(again, ['other', 'more'])
		expect(again.http.calls.filter(({ name }) => name === 'conversations.rows')).toHaveLength(1)
	})

	it('tries again after a while where the server did not answer, and meanwhile lives on', async () => {
		const { talk, texts } = await written('catch-up again')
		let fails = true
		const client = await talk.start({
			answers: {
				'conversations.markers': () => {
					throw new Refused('internal')
				},
				...heads(talk, () => fails),
			},
		})
		await client.online()
		// The current page came by following it.
		await shown(client, ['2.0', '2.1', '2.2'])
		fails = false
		await client.time.advance(6_000)
		await shown(client, texts)
	})

	it('goes on where the list of conversations does not come', async () => {
		const talk = await talkOf('catch-up list')
		const first = await talk.start()
		await first.online()
		first.close()
		const client = await talk.start({
			answers: {
				'conversations.list': () => {
					throw new Refused('rate-limited')
				},
			},
		})
		await client.online()
		talk.server.publish(talk.guid, (await talk.bobWrites()('still here')).item)
		await shown(client, ['still here'])
	})

	it('says "delivered" only when everything before is here', async () => {
		const { talk, texts } = await written('catch-up delivered')
		let fails = true
		const client = await talk.start({ answers: heads(talk, () => fails) })
		await client.online()
		await shown(client, ['2.0', '2.1', '2.2'])
		await client.idle()
		const delivered = () =>
			client
				.conversation()
				.snapshot()
				.then(({ reached }) => reached('delivered', talk.alice.id))
		expect(await delivered()).toBe(0)
		fails = false
		await client.time.advance(6_000)
		await shown(client, texts)
		await eventually(async () => (await delivered()) === 9, 'delivered')
		await eventually(() => talk.server.hub.some(({ t }) => t === 'marker'), 'a marker')
	})
})

describe('a page that is left and still followed', () => {
	it('is opened again for what comes late', async () => {
		const talk = await talkOf('catch-up late')
		const client = await talk.start()
		await client.online()
		const write = talk.bobWrites()
		talk.server.publish(talk.guid, (await write('first')).item)
		await shown(client, ['first'])
		talk.server.turnPage(talk.talk.made.conversation)
		await eventually(
			() => talk.server.hub.some((message) => message.t === 'close' && message.guid === talk.guid),
			'the old page closed',
		)
		// The old page takes posts for a minute more.
		talk.server.publish(talk.guid, (await write('late')).item)
		await shown(client, ['first', 'late'])
	})
})

it('keeps in memory no more than the window, however much comes', async () => {
	const { talk, texts } = await written('catch-up window', 40)
	const client = await talk.start()
	await client.online()
	await shown(client, texts.slice(-60))
	expect((await client.view()).more).toBe(true)
	await client.conversation().loadEarlier(60)
	await shown(client, texts)
	expect((await client.view()).more).toBe(false)
})

/** The usual heads, while they do not fail. */
function heads(talk: Talk, fails: () => boolean) {
	const usual = answersOf({
		people: talk.people,
		me: talk.alice,
		others: [talk.bob],
		talk: talk.talk,
		server: talk.server,
		device: talk.device,
	})
	const answer = usual['conversations.heads'] as (input: unknown) => unknown
	return {
		'conversations.heads': (input: never) => {
			if (fails()) throw new Refused('internal')
			return answer(input)
		},
	}
}
