/**
 * GET /api/v1/events: a feed (server/domain/feeds.ts) as server-sent events, for those who cannot hold a socket. Written straight to
 * the connection, one reading after the other left, so that who reads slowly costs one reading's memory, and in the end his stream.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { base64urlToBytes, bytesToBase64url } from '#protocol/bytes.ts'
import { textToId } from '#protocol/ids.ts'
import { ok } from '#protocol/result.ts'
import type { Timers } from '#protocol/ports.ts'
import type { Domain } from '../domain/domain.ts'
import { feedLimits, type Feed, type FeedNews, type FeedWish } from '../domain/feeds.ts'
import { refuse, type Decided } from '../domain/refusal.ts'
import { feedSubject } from '../domain/tickets.ts'
import { sendResponse } from './node-bridge.ts'
import { problemOf, problemResponse } from './problem.ts'
import { bearerOf } from './request-context.ts'

export const eventsPath = '/api/v1/events'

export const streamLimits = {
	/** Between two words where there is nothing to say: what stands between cuts silent connections. */
	keepAliveMs: 20_000,
	/** In which a reader takes what was written, or is dropped. */
	slowMs: 30_000,
	/** After which a reader that was cut off comes back. */
	retryMs: 2_000,
} as const

export interface EventStreams {
	handle(request: IncomingMessage, response: ServerResponse): Promise<void>
	/** Ends all; none is opened after. */
	close(): void
}

export function createEventStreams(domain: Domain, timers: Timers): EventStreams {
	const open = new Set<Stream>()
	let isClosed = false
	const begin = async (request: IncomingMessage): Promise<Decided<Feed>> => {
		if (isClosed) return refuse('stopping')
		const wish = await wishOf(domain, request)
		return wish.ok ? domain.feeds.open(wish.value) : wish
	}
	return {
		handle: async (request, response) => {
			const startedAt = performance.now()
			const feed = await begin(request)
			const status = feed.ok ? 200 : problemOf(feed.error.type).status
			const ms = performance.now() - startedAt
			domain.log.info('request', { method: 'GET', route: 'GET /events', status, ms })
			if (!feed.ok) return sendResponse(problemResponse(feed.error.type, feed.error.retryAfterMs), response)
			if (isClosed || response.destroyed) return feed.value.close()
			const stream = new Stream(feed.value, response, { domain, timers })
			open.add(stream)
			await stream.run().finally(() => open.delete(stream))
		},
		close: () => {
			isClosed = true
			for (const stream of open) stream.end('stopping')
		},
	}
}

/** Refused: unauthenticated, bad-ticket, malformed, and why a holder may not read. */
async function wishOf(domain: Domain, request: IncomingMessage): Promise<Decided<FeedWish>> {
	const { searchParams } = new URL(request.url ?? '', 'http://localhost')
	const holder = await holderOf(domain, request, searchParams.get('ticket'))
	if (!holder.ok) return holder
	const conversations = searchParams.getAll('conversation')
	if (conversations.length > feedLimits.conversations) return refuse('too-large')
	if (!conversations.every((text) => textToId('conversation', text) !== null)) return refuse('malformed')
	const said = request.headers['last-event-id']?.toString() ?? searchParams.get('lastEventId')
	const only = conversations.length === 0 ? null : [...new Set(conversations)]
	return ok({ ...holder.value, from: said === null || said === '' ? null : said, only })
}

/** The access token of the header, or a ticket, which is good once. */
async function holderOf(
	domain: Domain,
	{ headers }: IncomingMessage,
	ticket: string | null,
): Promise<Decided<Pick<FeedWish, 'holder' | 'expiresAt'>>> {
	if (ticket !== null) {
		const bytes = base64urlToBytes(ticket)
		const holder = bytes?.length === 32 ? await domain.tickets.redeem(bytes, feedSubject) : refuse('bad-ticket')
		return holder.ok ? ok({ holder: holder.value, expiresAt: null }) : holder
	}
	const bearer = bearerOf(new Headers({ authorization: headers.authorization ?? '' }))
	const access = bearer === null ? refuse('unauthenticated') : await domain.sessions.verifyAccess(bearer)
	if (!access.ok) return access
	const { account, device, sid, expiresAt } = access.value
	return ok({ holder: { account: bytesToBase64url(account), device: bytesToBase64url(device), sid }, expiresAt })
}

class Stream {
	readonly #feed: Feed
	readonly #response: ServerResponse
	readonly #ports: { readonly domain: Domain; readonly timers: Timers }
	#isOpen = true
	#wake: (() => void) | null = null

	constructor(feed: Feed, response: ServerResponse, ports: { readonly domain: Domain; readonly timers: Timers }) {
		this.#feed = feed
		this.#response = response
		this.#ports = ports
		response.on('close', () => this.#gone())
		response.on('error', () => this.#gone())
	}

	/** Resolves when it is over. */
	async run(): Promise<void> {
		try {
			this.#begin()
			while (this.#isOpen) {
				const read = await this.#feed.read()
				if (!read.ok) return this.end(read.error.type)
				await this.#say(written(read.value, this.#feed.position()))
				if (this.#isOpen) await this.#somethingNew()
			}
		} catch (error) {
			this.#ports.domain.log.error('event-stream-failed', { error })
			this.end('internal')
		} finally {
			this.#feed.close()
		}
	}

	#begin(): void {
		this.#response.writeHead(200, {
			'content-type': 'text/event-stream; charset=utf-8',
			'cache-control': 'no-store',
			// nginx waits for whole answers otherwise.
			'x-accel-buffering': 'no',
		})
		this.#response.write(`retry: ${streamLimits.retryMs}\n\n`)
		const conversations = this.#feed.standing()
		const data = { time: this.#ports.domain.clock(), conversations }
		this.#response.write(eventOf('ready', data, this.#feed.position()))
	}

	/** Returns once it has left, or the reader has. */
	async #say(text: string): Promise<void> {
		if (text === '' || !this.#isOpen || this.#response.write(text)) return
		const isTaken = await new Promise<boolean>((resolve) => {
			const cancel = this.#ports.timers.after(streamLimits.slowMs, () => resolve(false))
			const done = (): void => {
				cancel()
				resolve(true)
			}
			this.#response.once('drain', done)
			this.#wake = done
		})
		if (!isTaken && this.#isOpen) this.#drop()
	}

	/** Also after a while in which there was nothing, with a word: whoever reads is looked at again. */
	async #somethingNew(): Promise<void> {
		await new Promise<void>((resolve) => {
			const cancel = this.#ports.timers.after(streamLimits.keepAliveMs, () => {
				this.#response.write(':\n\n')
				resolve()
			})
			const done = (): void => {
				cancel()
				resolve()
			}
			this.#wake = done
			this.#feed.onNews(done)
		})
	}

	end(code: Parameters<typeof problemOf>[0]): void {
		if (!this.#isOpen) return
		const { code: said, retry } = problemOf(code)
		this.#response.end(eventOf('end', { code: said, retry }, null))
		this.#gone()
	}

	/** What he was not told he gets when he comes back. */
	#drop(): void {
		this.#ports.domain.log.debug('request refused', { route: 'GET /events', code: 'slow-reader' })
		this.#response.destroy()
		this.#gone()
	}

	#gone(): void {
		this.#isOpen = false
		this.#wake?.()
	}
}

/** `id` stands in the last: who is cut off before it gets them all again. */
function written(news: readonly FeedNews[], id: string): string {
	return news.map((one, i) => eventOf(one.type, dataOf(one), i === news.length - 1 ? id : null)).join('')
}

function dataOf(news: FeedNews): object {
	if (news.type !== 'item') {
		const { type: _, ...data } = news
		return data
	}
	const { type: _, bytes, ...data } = news
	return { ...data, item: bytesToBase64url(bytes) }
}

function eventOf(type: string, data: object, id: string | null): string {
	return `event: ${type}\n${id === null ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}
