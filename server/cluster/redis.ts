/**
 * The cluster of several nodes over Redis: signals by its publish and subscribe, short-lived values and limits as keys. Redis is
 * never the truth. A signal that may not have come is noticed, and whoever keeps something reads it anew (docs/decisions/0330):
 * each message of a node carries its number, each node says every few seconds that it is here, and a connection to Redis that
 * broke has missed whatever was said meanwhile.
 */
import { deserialize, serialize } from 'node:v8'
import { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Clock, Timers } from '#protocol/ports.ts'
import type { Cluster, Ephemeral, Limit, Limiter } from '#server/domain/cluster-ports.ts'
import type { Log } from '#server/domain/log.ts'
import type { LocalSignals, Signals, Topic } from '#server/domain/signals.ts'
import { inProcessCluster, inProcessEphemeral } from './in-process.ts'

/** Of one instance, connected. */
export interface RedisConnections {
	readonly commands: Redis
	readonly subscriber: Redis
	/** Begins all keys and channels of this instance: others may live in the same Redis. */
	readonly prefix: string
	close(): Promise<void>
}

export const redisLimits = {
	/** How often a node says that it is here, ms. */
	aliveMs: 3_000,
	/** A node that was silent for so long is here no more, ms. */
	silentMs: 12_000,
	/** After so long it does not come back under its name, ms. */
	forgottenMs: 24 * 60 * 60_000,
} as const

const connectWithinMs = 5_000
const waitsBetweenTriesMax = 2_000

/** Rejects with one sentence where there is no Redis. */
export async function openRedis(url: string, prefix: string, log: Log): Promise<RedisConnections> {
	const options = {
		...{ lazyConnect: true, connectTimeout: connectWithinMs, maxRetriesPerRequest: 0 },
		// What Redis did not take at once is known to have failed, and not sent when nobody waits for it any more.
		...{ enableOfflineQueue: false, autoResendUnfulfilledCommands: false },
		retryStrategy: (times: number) => Math.min(times * 100, waitsBetweenTriesMax),
	}
	const commands = new Redis(url, options)
	const subscriber = new Redis(url, { ...options, autoResubscribe: false })
	const close = async () => {
		for (const connection of [commands, subscriber]) connection.disconnect()
	}
	let isTold = false
	for (const connection of [commands, subscriber]) {
		connection.on('error', () => {
			if (!isTold) log.warn('redis-away')
			isTold = true
		})
		connection.on('ready', () => {
			if (isTold) log.info('redis-back')
			isTold = false
		})
	}
	try {
		await Promise.all([commands.connect(), subscriber.connect()])
	} catch {
		await close()
		throw new Error('REDIS_URL names a Redis that does not answer.')
	}
	return { commands, subscriber, prefix, close }
}

/** Each node tells these to itself. */
const localTopics: Readonly<Record<keyof LocalSignals, true>> = {
	stale: true,
	'signals-missed': true,
	posted: true,
	'node-came': true,
	'node-gone': true,
}

/** A signal, or a word of the node about itself. */
type Word = { readonly topic: Topic; readonly message: unknown } | 'here' | 'bye'

interface Envelope {
	readonly node: string
	/** From 1, without gaps. */
	readonly number: number
	readonly word: Word
}

interface OtherNode {
	readonly number: number
	heardAt: number
	/** Silent ones are not; the number of what they said last is kept for when they are back. */
	isHere: boolean
}

export interface RedisClusterOptions {
	readonly connections: RedisConnections
	readonly node: string
	readonly clock: Clock
	readonly timers: Timers
	readonly log: Log
}

export async function redisCluster({ connections, node, clock, timers, log }: RedisClusterOptions): Promise<Cluster> {
	const { commands, subscriber, prefix } = connections
	const channel = `${prefix}:signals`
	const here = inProcessCluster(node, (error) => log.error('a listener failed', { error }))
	const others = new Map<string, OtherNode>()
	let number = 0
	let stopped = false

	const missed = (): void => {
		here.publish('stale', { of: 'everything' })
		here.publish('signals-missed', {})
	}

	/** Fails where Redis is away: the others see by the next number that something is missing. */
	const say = async (word: Word): Promise<void> => {
		const envelope: Envelope = { node, number: ++number, word }
		await commands.publish(channel, serialize(envelope)).catch(() => undefined)
	}

	const gone = (name: string): void => {
		const known = others.get(name)
		if (known?.isHere !== true) return
		known.isHere = false
		here.publish('node-gone', { node: name })
	}

	const hear = ({ node: from, number: count, word }: Envelope): void => {
		if (from === node || stopped) return
		const known = others.get(from)
		others.set(from, { number: count, heardAt: clock(), isHere: true })
		if (known?.isHere !== true) here.publish('node-came', { node: from })
		if (known !== undefined && count !== known.number + 1) missed()
		if (word === 'bye') {
			gone(from)
			others.delete(from)
		} else if (word !== 'here') here.publish(word.topic, word.message as never)
	}

	const listen = async (): Promise<void> => {
		await subscriber.subscribe(channel)
		await say('here')
	}

	/** A node that died may have stored what it told nobody. */
	const dropSilent = (): void => {
		const silentFor = (ms: number) => [...others].filter(([, { heardAt }]) => heardAt + ms <= clock())
		const silent = silentFor(redisLimits.silentMs).filter(([, { isHere }]) => isHere)
		for (const [name] of silent) gone(name)
		if (silent.length > 0) missed()
		for (const [name] of silentFor(redisLimits.forgottenMs)) others.delete(name)
	}

	let rest = () => {}
	const beat = (): void => {
		if (stopped) return
		if (subscriber.status === 'ready') dropSilent()
		void say('here')
		rest = timers.after(redisLimits.aliveMs, beat)
	}

	subscriber.on('messageBuffer', (_channel: Buffer, bytes: Buffer) => {
		try {
			hear(deserialize(bytes) as Envelope)
		} catch (error) {
			log.error('a signal was not understood', { error })
		}
	})
	await listen()
	subscriber.on('ready', () => {
		// Nobody was heard while the connection was gone: that says nothing about them.
		for (const other of others.values()) other.heardAt = clock()
		listen().then(missed, (error: unknown) => log.error('not subscribed', { error }))
	})
	beat()

	return {
		node,
		publish: <T extends Topic>(topic: T, message: Signals[T]) => {
			here.publish(topic, message)
			if (!(topic in localTopics)) void say({ topic, message })
		},
		subscribe: here.subscribe,
		stop: async () => {
			rest()
			await say('bye')
			stopped = true
			await here.stop()
		},
	}
}

/** What is put while Redis is away is known to this node alone: who comes back to another begins anew. */
export function redisEphemeral({ commands, prefix }: RedisConnections, clock: Clock): Ephemeral {
	const here = inProcessEphemeral(clock)
	const keyOf = (key: string) => `${prefix}:value:${key}`
	const alive = (stored: string | null): string | null => {
		if (stored === null) return null
		const split = stored.indexOf(' ')
		return Number(stored.slice(0, split)) > clock() ? stored.slice(split + 1) : null
	}
	const orNull = (asked: Promise<string | null>) => asked.catch(() => null)
	return {
		put: async (key, value, ttlMs) => {
			// Whatever this node kept under the key is older.
			await here.take(key)
			await commands
				.set(keyOf(key), `${clock() + ttlMs} ${value}`, 'PX', ttlMs)
				.catch(() => here.put(key, value, ttlMs))
		},
		get: async (key) => (await here.get(key)) ?? alive(await orNull(commands.get(keyOf(key)))),
		take: async (key) => (await here.take(key)) ?? alive(await orNull(commands.getdel(keyOf(key)))),
	}
}

/** Counted by each node for itself while Redis is away. */
export function redisLimiter({ commands, prefix }: RedisConnections): Limiter {
	const limiters = new Map<string, RateLimiterRedis>()
	const limiterOf = ({ name, points, windowMs }: Limit): RateLimiterRedis => {
		const found = limiters.get(name)
		if (found !== undefined) return found
		const options = { keyPrefix: `${prefix}:limit:${name}`, points, duration: windowMs / 1000 }
		const insuranceLimiter = new RateLimiterMemory(options)
		const made = new RateLimiterRedis({ ...options, storeClient: commands, insuranceLimiter })
		limiters.set(name, made)
		return made
	}
	return {
		consume: async (limit, key) => {
			try {
				await limiterOf(limit).consume(key)
				return null
			} catch (refused) {
				if (refused instanceof RateLimiterRes) return { retryAfterMs: Math.max(1, refused.msBeforeNext) }
				throw refused
			}
		},
	}
}
