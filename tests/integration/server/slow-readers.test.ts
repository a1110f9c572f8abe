/** A stream over a real connection, at a pace that the test sets: who takes nothing is dropped, and who is told nothing hears that all is well. */
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Bytes } from '#protocol/bytes.ts'
import type { Domain } from '#server/domain/domain.ts'
import type { Feed, FeedNews } from '#server/domain/feeds.ts'
import { createEventStreams, streamLimits } from '#server/http/event-streams.ts'
import { fakeTime, type FakeTime } from '#tests/support/fake-timers.ts'

/** News without end, or none at all. */
class PlainFeed implements Feed {
	readings = 0
	closed = false
	readonly #news: readonly FeedNews[]
	constructor(news: readonly FeedNews[]) {
		this.#news = news
	}
	read = async () => {
		this.readings++
		return { ok: true as const, value: this.#news }
	}
	position = () => 'AAAA'
	standing = () => []
	onNews = (run: () => void) => {
		if (this.#news.length > 0) setImmediate(run)
	}
	close = () => {
		this.closed = true
	}
}

const item: FeedNews = {
	...{ type: 'item', conversation: 'c', guid: 'g', clientId: 1, clock: 1, recv: 1 },
	bytes: new Uint8Array(48 * 1024) as Bytes,
}

let server: Server
let time: FakeTime
let feed: PlainFeed
let reader: Socket

async function stream(news: readonly FeedNews[]): Promise<void> {
	time = fakeTime()
	feed = new PlainFeed(news)
	const holder = { account: new Uint8Array(32), device: new Uint8Array(16), sid: 'sid', expiresAt: Infinity }
	const domain = {
		...{
			clock: time.clock,
			log: {
				info: () => {},
				debug: () => {},
				error: (_: string, { error }: { error: Error }) => {
					throw error
				},
			},
		},
		sessions: { verifyAccess: async () => ({ ok: true, value: holder }) },
		feeds: { open: async () => ({ ok: true, value: feed }) },
	} as unknown as Domain
	const streams = createEventStreams(domain, time.timers)
	server = createServer((request, response) => void streams.handle(request, response))
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	reader = connect((server.address() as AddressInfo).port, '127.0.0.1')
	reader.on('error', () => {})
	reader.write('GET /api/v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a.b.c\r\n\r\n')
}

beforeEach(() => {
	reader?.destroy()
})
afterEach(async () => {
	reader.destroy()
	server.closeAllConnections()
	await new Promise((resolve) => server.close(resolve))
})

it('drops who takes nothing, and reads no further for him meanwhile', async () => {
	await stream(Array.from({ length: 64 }, () => item))
	reader.pause()
	let before = -1
	// The kernel takes some; then the reading stands still.
	await expect
		.poll(
			() => {
				const still = feed.readings === before && feed.readings > 0
				before = feed.readings
				return still
			},
			{ interval: 100 },
		)
		.toBe(true)
	expect(feed.readings).toBeLessThan(20)
	await time.advance(streamLimits.slowMs - 1)
	expect(feed.closed).toBe(false)
	await time.advance(1)
	await expect.poll(() => feed.closed).toBe(true)
	expect(time.pending()).toBe(0)
})

it('says something now and then, and how soon to come back', async () => {
	await stream([])
	let heard = ''
	reader.on('data', (bytes) => (heard += String(bytes)))
	await expect.poll(() => heard).toContain('event: ready')
	expect(heard).toContain(`retry: ${streamLimits.retryMs}\n`)
	expect(heard).not.toContain('\n:\n')
	await expect.poll(() => time.pending()).toBe(1)
	await time.advance(streamLimits.keepAliveMs)
	await expect.poll(() => heard).toContain('\n:\n\n')
	reader.destroy()
	await expect.poll(() => feed.closed).toBe(true)
})
