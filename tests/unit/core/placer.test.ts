/** The way out: from the outbox through placing and the server's verdicts, over restarts. */
import { describe, expect, it } from 'vitest'
import type { MessageView } from '#core/api.ts'
import { openEvent } from '#crypto/event-seal.ts'
import { decodeItem } from '#protocol/envelope.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import { eventually, textOf, type CoreClient } from '../../support/core-client.ts'
import { penOf } from '../../support/core-people.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../support/core-talk.ts'

holdProviderTimers()

/** What an item of Alice says, and which earlier ids it claims. */
async function read({ crypto, talk, alice }: Talk, { content }: PageItem) {
	const item = decodeItem(content)
	if (!item.ok || item.value.form !== 'full') throw new Error('no text')
	const body = await openEvent(crypto, { epoch: talk.keys, idHash: alice.idHash, item: item.value })
	if (!body.ok || body.value.kind !== 'post') throw new Error('does not open')
	const { text, was, prev } = body.value
	return {
		text,
		was: was.length,
		prev: prev !== null,
		incarnation: item.value.place.incarnation,
		clock: item.value.place.clock,
	}
}

const stored = (talk: Talk, pages = [0]) =>
	Promise.all(
		pages.flatMap((page) => talk.server.rows(talk.talk.guid(page))).map(async (row) => (await read(talk, row)).text),
	)

const post = async (client: CoreClient, ...texts: string[]) => {
	const keys: string[] = []
	for (const text of texts) keys.push(await client.conversation().post(text))
	return keys
}

const marked = (messages: readonly MessageView[], mark: string) =>
	messages.filter((message) => message.mark === mark).length
const sent = (client: CoreClient, count: number) =>
	eventually(async () => marked(await client.messages(), 'sent') === count, `${count} sent`)

async function online(talk: Talk, change: Parameters<Talk['start']>[0] = {}) {
	const client = await talk.start(change)
	await client.online()
	return client
}

describe('a message', () => {
	it('goes out sealed, once and in order, and keeps its key from queued to sent', async () => {
		const talk = await talkOf('placer')
		const client = await online(talk)
		const keys = await post(client, 'one', 'two', 'three')
		await sent(client, 3)
		expect((await client.messages()).map(({ key }) => key)).toEqual(keys)
		expect(await stored(talk)).toEqual(['one', 'two', 'three'])
		expect(client.context.outbox.waiting()).toBe(0)
		for (const { content } of talk.server.rows(talk.guid)) expect(Buffer.from(content).includes('one')).toBe(false)
		expect(client.troubles).toEqual([])
	})

	it('written without a connection is queued, survives a restart, and goes out when there is one', async () => {
		const talk = await talkOf('placer offline')
		const first = await online(talk)
		first.close()
		const away = await talk.start()
		const keys = await post(away, 'one', 'two')
		expect(await away.texts()).toEqual(['one (queued)', 'two (queued)'])
		const again = await online(talk)
		await sent(again, 2)
		expect(await stored(talk)).toEqual(['one', 'two'])
		expect((await again.messages()).map(({ key }) => key)).toEqual(keys)
	})

	it('is shown without a gap while it is sealed and placed', async () => {
		const talk = await talkOf('placer gap')
		const client = await online(talk)
		const seen = new Set<string>()
		let looking = true
		const look = (async () => {
			while (looking) {
				seen.add((await client.texts()).map((text) => text.split(' ')[0]).join())
				await client.idle()
			}
		})()
		await post(client, 'one')
		await post(client, 'two')
		await sent(client, 2)
		looking = false
		await look
		expect([...seen].every((texts) => ['', 'one', 'one,two'].includes(texts))).toBe(true)
	})

	it('names the one before it of this device', async () => {
		const talk = await talkOf('placer prev')
		const client = await online(talk)
		await post(client, 'one', 'two')
		await sent(client, 2)
		const read0 = await Promise.all(talk.server.rows(talk.guid).map((row) => read(talk, row)))
		expect(read0.map(({ prev }) => prev)).toEqual([false, true])
	})
})

describe('an ack', () => {
	it('that is lost is asked for again after a restart: the message is there once', async () => {
		const talk = await talkOf('placer lost ack')
		const client = await online(talk)
		talk.server.acks = false
		await post(client, 'one', 'two')
		await eventually(() => talk.server.rows(talk.guid).length === 2, 'stored')
		client.close()
		talk.server.acks = true
		const again = await online(talk)
		await sent(again, 2)
		expect(await again.texts()).toEqual(['one (sent)', 'two (sent)'])
		expect(await stored(talk)).toEqual(['one', 'two'])
		expect(again.context.outbox.waiting()).toBe(0)
	})

	it('that comes twice changes nothing', async () => {
		const talk = await talkOf('placer twice')
		const client = await online(talk)
		await post(client, 'one')
		await sent(client, 1)
		const [row] = talk.server.rows(talk.guid)
		if (row === undefined) throw new Error('not stored')
		const at = { guid: talk.guid, clientId: row.clientId, clock: row.clock }
		talk.server.tell({
			t: 'acks',
			acks: [
				{ verdict: 'have', ...at, eventId: row.eventId, recv: 99, at: 0 },
				{ verdict: 'refuse', ...at, code: 'item-no-right' },
			],
		})
		await client.idle()
		expect(await client.texts()).toEqual(['one (sent)'])
		expect(
			(await client.context.events.part({ conversation: talk.talk.id, page: 0, part: 0 })).map(
				({ row: { recv } }) => recv,
			),
		).toEqual([1])
	})

	it('for an item of somebody else, or of nobody, changes nothing', async () => {
		const talk = await talkOf('placer foreign ack')
		const client = await online(talk)
		const { item, eventId } = await talk.bobWrites()('by Bob')
		talk.server.publish(talk.guid, item)
		await eventually(async () => (await client.texts()).length === 1, 'the text')
		const at = { guid: talk.guid, clientId: item.clientId, clock: 0 }
		talk.server.tell({
			t: 'acks',
			acks: [
				{ verdict: 'refuse', ...at, code: 'item-cut' },
				{ verdict: 'accept', ...at, clock: 5, eventId, recv: 3, at: 0 },
				{ verdict: 'refuse', ...at, guid: 'c/x', code: 'item-cut' },
			],
		})
		await client.idle()
		expect([await client.texts(), client.troubles]).toEqual([['by Bob'], []])
	})

	it('for another event than the one at this place is a refusal: the text is placed again', async () => {
		const talk = await talkOf('placer other event')
		const client = await online(talk)
		talk.server.acks = false
		await post(client, 'one')
		await eventually(() => talk.server.rows(talk.guid).length === 1, 'stored')
		talk.server.acks = true
		const [row] = talk.server.rows(talk.guid)
		if (row === undefined) throw new Error('not stored')
		talk.server.tell({
			t: 'acks',
			acks: [
				{
					verdict: 'accept',
					guid: talk.guid,
					clientId: row.clientId,
					clock: 0,
					eventId: 'A'.repeat(22),
					recv: 1,
					at: 0,
				},
			],
		})
		await sent(client, 1)
		expect((await client.texts()).filter((text) => text.startsWith('one'))).toHaveLength(1)
	})

	it('that calls an item a duplicate of nothing that we know takes no text from the screen', async () => {
		const talk = await talkOf('placer duplicate')
		const client = await online(talk)
		talk.server.acks = false
		await post(client, 'one')
		await eventually(() => talk.server.uploads.length > 0, 'an upload')
		const [item] = talk.server.uploads[0]?.items as [PageItem]
		const { eventId } = talk.server.rows(talk.guid)[0] as { eventId: string }
		const at = { guid: talk.guid, clientId: item.clientId, clock: item.clock }
		talk.server.tell({
			t: 'acks',
			acks: [{ verdict: 'duplicate', ...at, eventId, recv: 4, at: 0, first: { ...at, clock: 77, recv: 1 } }],
		})
		await sent(client, 1)
		expect(await client.texts()).toEqual(['one (sent)'])
		expect(client.context.outbox.waiting()).toBe(0)
	})
})

describe('an own item that comes from the server', () => {
	it('before its ack waits for that all the same: the outbox lets go of it', async () => {
		const talk = await talkOf('placer echo')
		const client = await online(talk)
		talk.server.acks = false
		await post(client, 'one')
		await eventually(() => talk.server.rows(talk.guid).length === 1, 'stored')
		talk.server.send(talk.guid, { type: 'update', items: talk.server.rows(talk.guid) })
		await client.idle()
		expect(client.context.outbox.waiting()).toBe(1)
		client.close()
		talk.server.acks = true
		const again = await online(talk)
		await sent(again, 1)
		expect([await again.texts(), again.context.outbox.waiting()]).toEqual([['one (sent)'], 0])
	})

	it('as another event at a place that we gave away twice takes no text of ours with it', async () => {
		const talk = await talkOf('placer copy')
		const client = await online(talk)
		talk.server.verdict = () => ({ verdict: 'hold', code: 'hold-rate', retryAfter: 3_000 })
		await post(client, 'one')
		await eventually(() => talk.server.uploads.length > 0, 'an upload')
		await client.idle()
		// A copy of this device wrote first, under the same keys and clock.
		const copy = await penOf(talk.crypto, talk.talk, talk.alice)('by the copy', { incarnation: 0, clock: 0 })
		talk.server.verdict = () => ({ verdict: 'accept' })
		talk.server.publish(talk.guid, copy.item)
		await client.idle()
		await client.time.advance(4_000)
		await eventually(async () => (await stored(talk)).length === 2, 'both stored')
		await eventually(() => client.context.outbox.waiting() === 0, 'the text let go')
		await client.idle()
		expect((await client.texts()).sort()).toEqual(['by the copy (sent)', 'one (sent)'])
	})
})

describe('a refusal', () => {
	it('has the text placed again under a new incarnation, with its earlier id, and under the same key', async () => {
		const talk = await talkOf('placer refused')
		const client = await online(talk)
		talk.server.verdict = () => ({ verdict: 'refuse', code: 'item-page-closed' })
		const keys = await post(client, 'one')
		await eventually(() => talk.server.uploads.length === 1, 'an upload')
		talk.server.verdict = () => ({ verdict: 'accept' })
		await sent(client, 1)
		const [row] = talk.server.rows(talk.guid)
		const said = await read(talk, row as PageItem)
		expect(said).toMatchObject({ text: 'one', was: 1, clock: 0 })
		expect(said.incarnation).not.toBe(0)
		expect((await client.messages()).map(({ key }) => key)).toEqual(keys)
	})

	it('takes with it what was placed behind it in the stream, and keeps the order', async () => {
		const talk = await talkOf('placer behind')
		const client = await online(talk)
		await post(client, 'before')
		await sent(client, 1)
		let closed = true
		talk.server.verdict = () => (closed ? { verdict: 'refuse', code: 'item-page-closed' } : { verdict: 'accept' })
		talk.server.acks = false
		await post(client, 'one', 'two', 'three')
		await eventually(() => talk.server.uploads.flatMap(({ items }) => items).length >= 4, 'uploads')
		// The page turns; the server refuses the first, and cannot take the others after the gap.
		closed = false
		talk.server.acks = true
		const [, first] = talk.server.uploads.flatMap(({ items }) => items) as [PageItem, PageItem]
		talk.server.tell({
			t: 'acks',
			acks: [
				{ verdict: 'refuse', guid: talk.guid, clientId: first.clientId, clock: first.clock, code: 'item-page-closed' },
			],
		})
		talk.server.turnPage(talk.talk.made.conversation)
		await sent(client, 4)
		expect(await stored(talk, [0, 1])).toEqual(['before', 'one', 'two', 'three'])
		expect(await client.texts()).toEqual(['before (sent)', 'one (sent)', 'two (sent)', 'three (sent)'])
		const again = await Promise.all(talk.server.rows(talk.talk.guid(1)).map((row) => read(talk, row)))
		expect(new Set(again.map(({ incarnation }) => incarnation)).size).toBe(1)
		expect(again.map(({ clock }) => clock)).toEqual([0, 1, 2])
		expect(client.context.outbox.waiting()).toBe(0)
	})

	it('that nothing cures leaves the text with the person, who can try again or take it back', async () => {
		const talk = await talkOf('placer final')
		const client = await online(talk)
		talk.server.verdict = () => ({ verdict: 'refuse', code: 'item-not-friends' })
		const [one, two] = (await post(client, 'one', 'two')) as [string, string]
		await eventually(async () => marked(await client.messages(), 'failed') === 2, 'two failed')
		expect((await client.messages()).map(({ problem }) => problem)).toEqual(['item-not-friends', 'item-not-friends'])
		client.close()
		const again = await online(talk)
		expect(await again.texts()).toEqual(['one (failed)', 'two (failed)'])
		expect(await again.conversation().discard(two)).toEqual({ ok: true, value: null })
		talk.server.verdict = () => ({ verdict: 'accept' })
		expect(await again.conversation().retry(one)).toEqual({ ok: true, value: null })
		await sent(again, 1)
		expect([await again.texts(), await stored(talk)]).toEqual([['one (sent)'], ['one']])
		expect((await again.conversation().retry('own-99')).ok).toBe(false)
	})

	it('that comes again and again ends: it does not go on for ever', async () => {
		const talk = await talkOf('placer five')
		const client = await online(talk)
		talk.server.verdict = () => ({ verdict: 'refuse', code: 'item-bad-log-hash' })
		await post(client, 'one')
		await eventually(async () => marked(await client.messages(), 'failed') === 1, 'failed')
		const places = talk.server.uploads
			.flatMap(({ items }) => items)
			.map(({ clientId, clock }) => `${clientId} ${clock}`)
		expect(new Set(places).size).toBe(5)
		expect((await client.messages())[0]?.problem).toBe('item-bad-log-hash')
	})

	it('ends the incarnation for good: after a restart the stream goes on where it was', async () => {
		const talk = await talkOf('placer incarnation')
		const client = await online(talk)
		talk.server.verdict = (item) =>
			talk.server.uploads.length < 2
				? { verdict: 'refuse', code: 'item-wrong-stream' }
				: { verdict: 'accept', ...{ item } }
		await post(client, 'one')
		await sent(client, 1)
		client.close()
		const again = await online(talk)
		await post(again, 'two')
		await sent(again, 2)
		const said = await Promise.all(talk.server.rows(talk.guid).map((row) => read(talk, row)))
		expect(said.map(({ text, clock }) => [text, clock])).toEqual([
			['one', 0],
			['two', 1],
		])
		expect(new Set(said.map(({ incarnation }) => incarnation)).size).toBe(1)
	})
})

describe('a hold', () => {
	it('is offered again after its time, the same item, at the same place', async () => {
		const talk = await talkOf('placer hold')
		const client = await online(talk)
		talk.server.verdict = () => ({ verdict: 'hold', code: 'hold-rate', retryAfter: 3_000 })
		await post(client, 'one', 'two')
		await eventually(() => talk.server.uploads.flatMap(({ items }) => items).length >= 2, 'uploads')
		await client.idle()
		talk.server.verdict = () => ({ verdict: 'accept' })
		const [first] = talk.server.uploads[0]?.items as [PageItem]
		await client.time.advance(2_900)
		expect(talk.server.rows(talk.guid)).toEqual([])
		for (let i = 0; i < 3 && talk.server.rows(talk.guid).length < 2; i++) {
			await client.time.advance(3_000)
			await client.idle()
		}
		await sent(client, 2)
		expect(await stored(talk)).toEqual(['one', 'two'])
		expect(talk.server.rows(talk.guid)[0]).toMatchObject({
			clientId: first.clientId,
			clock: first.clock,
			content: first.content,
		})
	})

	it('of no time at all does not make it spin, and one of years does not last so long', async () => {
		for (const [retryAfter, tooEarly, late] of [
			[0, 200, 100],
			[2 ** 50, 9 * 60_000, 2 * 60_000],
		] as const) {
			const talk = await talkOf(`placer hold ${retryAfter}`)
			const client = await online(talk)
			talk.server.verdict = () => ({ verdict: 'hold', code: 'hold-rate', retryAfter })
			await post(client, 'one')
			await eventually(() => talk.server.uploads.length === 1, 'an upload')
			await client.idle()
			await client.time.advance(tooEarly)
			await client.idle()
			expect(talk.server.uploads.length).toBe(1)
			await client.time.advance(late)
			await eventually(() => talk.server.uploads.length === 2, 'the offer')
			client.close()
		}
	})

	it('for the log has it fetched', async () => {
		const talk = await talkOf('placer hold log')
		const client = await online(talk)
		const asked = () => client.http.calls.filter(({ name }) => name === 'conversations.log').length
		const before = asked()
		talk.server.verdict = () => ({ verdict: 'hold', code: 'hold-log', retryAfter: 5_000 })
		await post(client, 'one')
		await eventually(() => asked() > before, 'the log')
	})

	it('ends with a refusal: what was placed elsewhere since is not offered at the old place', async () => {
		const talk = await talkOf('placer hold refused')
		const client = await online(talk)
		talk.server.verdict = () => ({ verdict: 'hold', code: 'hold-rate', retryAfter: 3_000 })
		await post(client, 'one')
		await eventually(() => talk.server.uploads.length === 1, 'an upload')
		await client.idle()
		const [held] = talk.server.uploads[0]?.items as [PageItem]
		talk.server.verdict = () => ({ verdict: 'accept' })
		talk.server.tell({
			t: 'acks',
			acks: [{ verdict: 'refuse', guid: talk.guid, clientId: held.clientId, clock: 0, code: 'item-page-closed' }],
		})
		await sent(client, 1)
		await client.time.advance(10_000)
		await client.idle()
		expect(await stored(talk)).toEqual(['one'])
	})
})

describe('much at once', () => {
	it('goes out in parts: never more under way than one frame and one page can bear', async () => {
		const talk = await talkOf('placer much')
		const client = await talk.start()
		await client.online()
		talk.server.acks = false
		await post(client, ...Array.from({ length: 200 }, (_, i) => `${i}`))
		await eventually(() => talk.server.rows(talk.guid).length > 0, 'the first part')
		for (let i = 0; i < 10; i++) await client.idle()
		expect(talk.server.rows(talk.guid).length).toBeLessThanOrEqual(128)
		talk.server.acks = true
		client.close()
		const again = await online(talk)
		await again.conversation().loadEarlier(200)
		await sent(again, 200)
		expect(await stored(talk)).toEqual(Array.from({ length: 200 }, (_, i) => `${i}`))
	})

	it('of large texts stays below the frame that a server takes', async () => {
		const talk = await talkOf('placer large')
		const client = await online(talk)
		const large = Array.from({ length: 12 }, (_, i) => `${i}`.repeat(48 * 1024).slice(0, 48 * 1024))
		await post(client, ...large)
		await sent(client, 12)
		for (const { items } of talk.server.uploads) {
			expect(items.reduce((sum, { content }) => sum + content.length, 0)).toBeLessThan(512 * 1024)
		}
	})
})

it('takes back a message that waits, and not one that is under way', async () => {
	const talk = await talkOf('placer discard')
	const client = await online(talk)
	client.connection.stop()
	const [gone, stays] = (await post(client, 'gone', 'stays')) as [string, string]
	expect(await client.conversation().discard(gone)).toEqual({ ok: true, value: null })
	talk.server.acks = false
	await client.online()
	await eventually(() => talk.server.rows(talk.guid).length === 1, 'stored')
	expect((await client.conversation().discard(stays)).ok).toBe(false)
	expect(await stored(talk)).toEqual(['stays'])
	expect((await client.messages()).map(textOf)).toEqual(['stays (queued)'])
})

it('does not send twice what is tried again while it is being placed', async () => {
	const talk = await talkOf('placer retry race')
	const client = await online(talk)
	const [key] = (await post(client, 'one')) as [string]
	await Promise.all([
		client.conversation().retry(key),
		client.conversation().retry(key),
		client.conversation().discard(key),
	])
	await client.idle()
	const rows = await stored(talk)
	expect(rows.length).toBeLessThanOrEqual(1)
	expect((await client.texts()).length).toBe(rows.length)
})
