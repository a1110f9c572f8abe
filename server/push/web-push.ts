/** Sends push messages to the push services of browsers (RFC 8030). Nothing is read of what they answer but the status. */
import type { Bytes } from '#protocol/bytes.ts'
import type { Clock, RandomBytes } from '#protocol/ports.ts'
import type { Push, Pushed, Pusher } from '#server/domain/push-ports.ts'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { NotPublic, publicLookup, reachable } from './reach.ts'
import { drawEphemeral, sealMessage } from './seal-message.ts'
import { createServerKey } from './server-key.ts'

export interface WebPushOptions {
	/** P-256, 32 bytes. */
	readonly privateKey: Bytes
	/** Whom a push service may write to: `https:` or `mailto:`. */
	readonly contact: string
	/** Origins of push services that are reached wherever they are. */
	readonly listed: ReadonlySet<string>
	readonly clock: Clock
	readonly random: RandomBytes
}

export interface WebPush extends Pusher {
	/** Lets go of connections. */
	stop(): void
}

/** For everything: connecting, sending, the first byte of an answer, ms. */
const patienceMs = 10_000
const socketsPerService = 16

export function createWebPush(options: WebPushOptions): WebPush {
	const { listed, random, clock } = options
	const serverKey = createServerKey(options.privateKey, options.contact, clock)
	const kept = { keepAlive: true, maxSockets: socketsPerService }
	const guarded = new HttpsAgent({ ...kept, lookup: publicLookup })
	const plain = new HttpAgent(kept)
	const listedHttps = new HttpsAgent(kept)

	function agentFor({ origin, protocol }: URL): HttpAgent | HttpsAgent {
		if (!listed.has(origin)) return guarded
		return protocol === 'https:' ? listedHttps : plain
	}

	/** The status; rejects without one. */
	function post(url: URL, push: Push, body: Buffer): Promise<number> {
		const headers = {
			...{ 'content-encoding': 'aes128gcm', 'content-type': 'application/octet-stream' },
			...{ 'content-length': body.length, ttl: push.ttl, topic: push.topic, urgency: 'high' },
			authorization: serverKey.authorization(url.origin),
		}
		const request = url.protocol === 'https:' ? httpsRequest : httpRequest
		const signal = AbortSignal.timeout(patienceMs)
		return new Promise((resolve, reject) => {
			const asked = request(url, { method: 'POST', headers, agent: agentFor(url), signal }, (answer) => {
				resolve(answer.statusCode ?? 0)
				// A body without end would hold the connection: what is not there at once is not waited for.
				answer.on('error', () => undefined)
				answer.resume()
				if (Number(answer.headers['content-length'] ?? Infinity) > 4096) answer.destroy()
			})
			asked.on('error', reject)
			asked.end(body)
		})
	}

	return {
		publicKey: serverKey.publicKey,
		mayReach: (endpoint) => reachable(endpoint, listed) !== null,
		send: async (push) => {
			const url = reachable(push.endpoint, listed)
			const body = sealMessage(push.message, push, drawEphemeral(random))
			if (url === null || body === null) return 'refused'
			try {
				return outcomeOf(await post(url, push, body))
			} catch (error) {
				return error instanceof NotPublic ? 'refused' : 'away'
			}
		},
		stop: () => [guarded, plain, listedHttps].forEach((agent) => agent.destroy()),
	}
}

/** Sends nothing. Null: something answers at `origin`; else why not, in a word. */
export function askPushService(origin: string, listed: ReadonlySet<string>): Promise<string | null> {
	const url = reachable(origin, listed)
	if (url === null) return Promise.resolve('not allowed')
	const request = url.protocol === 'https:' ? httpsRequest : httpRequest
	const way = listed.has(url.origin) ? {} : { lookup: publicLookup }
	return new Promise((resolve) => {
		const asked = request(url, { method: 'HEAD', signal: AbortSignal.timeout(patienceMs), ...way }, (answer) => {
			answer.destroy()
			resolve(null)
		})
		asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name))
		asked.end()
	})
}

/** RFC 8030 §5, §7.3: 404 and 410 for a subscription that ended; 403 for one that was made for another key (RFC 8292 §4.2). */
function outcomeOf(status: number): Pushed {
	if (status >= 200 && status < 300) return 'sent'
	if (status === 404 || status === 410 || status === 403) return 'gone'
	return status === 429 || status >= 500 ? 'away' : 'refused'
}
