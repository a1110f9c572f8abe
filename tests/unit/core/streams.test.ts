import { describe, expect, it } from 'vitest'
import { createStreams, type ServerStream, type Streams } from '#core/streams.ts'
import { createEventStore } from '#core/event-store.ts'
import type { ConversationContext } from '#core/context.ts'
import { createRecords } from '#core/records.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { clientIdOf } from '#protocol/envelope.ts'
import type { PageId } from '#store/keys.ts'
import { corePeople, direct } from '../../support/core-people.ts'
import { memoryDevice, selfOf } from '../../support/core-client.ts'

const eventId = (byte: number) => new Uint8Array(16).fill(byte) as Bytes
const empty: ServerStream = { next: 0, lastEventId: null }

async function setup() {
	const people = await corePeople('streams')
	const [alice, bob] = [await people.person('alice'), await people.person('bob')]
	const talk = await direct(people, alice, bob)
	const device = await memoryDevice(people)
	const page: PageId = { conversation: talk.id, page: 0, part: 0 }
	const guid = talk.guid()
	const server: { answer: ServerStream | null; asked: number[] } = { answer: empty, asked: [] }
	const clock = { now: 1_000 }
	const idOf = (incarnation: number) =>
		clientIdOf(people.crypto.hash, { deviceId: alice.device.deviceId, guid, incarnation })

	/** A start of the client on the same device. */
	async function start() {
		const storage = await device.open()
		const records = createRecords(storage, device.wrap)
		const { crypto } = people
		const context = {
			...{ crypto, storage, records },
			self: selfOf(people, alice),
			events: createEventStore({ records, storage, hash: crypto.hash }),
			time: { now: () => clock.now, observe: () => {} },
		} as unknown as ConversationContext
		const streams = createStreams(context, async (_, clientId) => {
			server.asked.push(clientId)
			return server.answer
		})
		const current = () => streams.current(page, guid)
		/** As the placer does it: the row is durable, then memory follows. */
		const take = async (byte: number) => {
			const stream = await current()
			if (stream === null) throw new Error('no stream')
			const { stream: next, row } = await streams.advance(page, stream, eventId(byte))
			await storage.transaction('write', ['streams'], (tx) => tx.put('streams', row.key, row.bytes))
			streams.advanced(next)
			return stream
		}
		return { streams, storage, current, take, end: (incarnation: number) => end(streams, incarnation) }

		async function end(of: Streams, incarnation: number) {
			const row = await of.ended(page, incarnation)
			await storage.transaction('write', ['streams'], (tx) => tx.put('streams', row.key, row.bytes))
			of.abandon(guid, incarnation)
		}
	}
	return { start, server, idOf, guid, clock, deviceId: alice.device.deviceId }
}

describe('the first contact after a start', () => {
	it('begins with incarnation 0, and asks the server once', async () => {
		const { start, server, idOf } = await setup()
		const { take } = await start()
		expect(await take(1)).toMatchObject({ incarnation: 0, next: 0, clientId: idOf(0) })
		expect(await take(2)).toMatchObject({ next: 1, lastEventId: eventId(1) })
		expect(server.asked).toEqual([idOf(0)])
	})

	it('waits where the server does not answer: an unchecked clock is given to nothing', async () => {
		const { start, server } = await setup()
		server.answer = null
		const { current } = await start()
		expect(await current()).toBe(null)
		server.answer = empty
		expect(await current()).toMatchObject({ next: 0 })
	})

	it('goes on where the server has what we gave, or less', async () => {
		for (const answer of [{ next: 2, lastEventId: bytesToBase64url(eventId(2)) }, empty]) {
			const { start, server } = await setup()
			const first = await start()
			await first.take(1)
			await first.take(2)
			server.answer = answer
			expect(await (await start()).current()).toMatchObject({ incarnation: 0, next: 2 })
		}
	})

	it('begins anew where the server has a clock that we never gave: this device lost its memory, or is a copy', async () => {
		const { start, server, idOf } = await setup()
		server.answer = { next: 3, lastEventId: bytesToBase64url(eventId(9)) }
		const stream = await (await start()).current()
		expect(stream?.incarnation).not.toBe(0)
		expect(stream).toMatchObject({ next: 0, clientId: idOf(stream?.incarnation ?? 0) })
	})

	it('begins anew where the server has another event at our last clock', async () => {
		const { start, server } = await setup()
		await (await start()).take(1)
		server.answer = { next: 1, lastEventId: bytesToBase64url(eventId(9)) }
		const again = await start()
		const stream = await again.take(2)
		expect(stream).toMatchObject({ next: 0 })
		expect(stream.incarnation).not.toBe(0)
		// And stays with it: the old one is ended for good, whatever the clock says.
		server.answer = { next: 1, lastEventId: bytesToBase64url(eventId(2)) }
		expect(await (await start()).current()).toMatchObject({ incarnation: stream.incarnation, next: 1 })
	})

	it('begins anew where the server has less of ours, and something else at its end', async () => {
		const { start, server } = await setup()
		const first = await start()
		for (const byte of [1, 2, 3]) await first.take(byte)
		server.answer = { next: 2, lastEventId: bytesToBase64url(eventId(9)) }
		expect((await (await start()).current())?.incarnation).not.toBe(0)
	})

	it('does not take an answer without an event for agreement', async () => {
		const { start, server } = await setup()
		await (await start()).take(1)
		server.answer = { next: 1, lastEventId: null }
		expect((await (await start()).current())?.incarnation).not.toBe(0)
		server.answer = { next: 1, lastEventId: 'not an id' }
		expect((await (await start()).current())?.incarnation).not.toBe(0)
	})
})

describe('an incarnation that ended', () => {
	it('is never written again, and the next goes on after a restart', async () => {
		const { start } = await setup()
		const first = await start()
		const { incarnation } = await first.take(1)
		await first.end(incarnation)
		const next = await first.take(2)
		expect(next.incarnation).not.toBe(incarnation)
		expect(await (await start()).current()).toMatchObject({ incarnation: next.incarnation, next: 1 })
	})

	it('stays ended when the device’s clock was put back', async () => {
		const { start, clock } = await setup()
		const first = await start()
		await first.take(1)
		await first.end(0)
		clock.now = 5
		const next = await first.take(2)
		expect(await (await start()).current()).toMatchObject({ incarnation: next.incarnation, next: 1 })
	})

	it('does not take another one with it: what was refused late is of the past', async () => {
		const { start, server } = await setup()
		const first = await start()
		await first.take(1)
		await first.end(0)
		const next = await first.take(2)
		const asked = server.asked.length
		await first.end(0)
		expect(await first.current()).toMatchObject({ incarnation: next.incarnation, next: 1 })
		// Not even asked about.
		expect(server.asked.length).toBe(asked)
	})

	it('of which nothing was ever stored is remembered all the same', async () => {
		const { start, server } = await setup()
		const first = await start()
		await first.current()
		await first.end(0)
		server.asked.length = 0
		const stream = await (await start()).current()
		expect(stream?.incarnation).not.toBe(0)
		expect(server.asked).toEqual([])
	})
})

it('asks again after a reconnect: it may be another server, or one that lost its tail', async () => {
	const { start, server, idOf } = await setup()
	const { streams, take, current } = await start()
	await take(1)
	streams.forget()
	server.answer = { next: 1, lastEventId: bytesToBase64url(eventId(1)) }
	expect(await current()).toMatchObject({ incarnation: 0, next: 1 })
	expect(server.asked).toEqual([idOf(0), idOf(0)])
})
