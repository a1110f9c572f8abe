/** The cluster of one process: signals are calls, short-lived values a map, limits counters in memory. */
import type { Clock } from '#protocol/ports.ts'
import type { Signals, Topic } from '#server/domain/signals.ts'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Cluster, Ephemeral, Limit, Limiter } from '#server/domain/cluster-ports.ts'

type Listener = (message: never) => void

export function inProcessCluster(node: string, onListenerError: (error: unknown) => void): Cluster {
	const listeners = new Map<Topic, Set<Listener>>()
	return {
		node,
		publish: (topic, message) => {
			for (const listener of [...(listeners.get(topic) ?? [])]) {
				try {
					listener(message as never)
				} catch (error) {
					onListenerError(error)
				}
			}
		},
		subscribe: <T extends Topic>(topic: T, listener: (message: Signals[T]) => void) => {
			const set = listeners.get(topic) ?? new Set<Listener>()
			listeners.set(topic, set)
			set.add(listener)
			return () => void set.delete(listener)
		},
		stop: async () => listeners.clear(),
	}
}

/** What strangers can make the server remember is bounded: beyond it the oldest value goes first. */
const valuesMax = 100_000

export function inProcessEphemeral(clock: Clock): Ephemeral {
	const values = new Map<string, { readonly value: string; readonly expiresAt: number }>()
	const find = (key: string): string | null => {
		const found = values.get(key)
		if (found === undefined) return null
		if (found.expiresAt > clock()) return found.value
		values.delete(key)
		return null
	}
	/** Insertion order: stops at the first that is still alive, so that a put stays cheap. */
	const dropOldest = () => {
		for (const [key, { expiresAt }] of values) {
			if (expiresAt > clock() && values.size < valuesMax) return
			values.delete(key)
		}
	}
	return {
		put: async (key, value, ttlMs) => {
			dropOldest()
			values.delete(key)
			values.set(key, { value, expiresAt: clock() + ttlMs })
		},
		get: async (key) => find(key),
		take: async (key) => {
			const value = find(key)
			values.delete(key)
			return value
		},
	}
}

export function inProcessLimiter(): Limiter {
	const limiters = new Map<string, RateLimiterMemory>()
	const limiterOf = ({ name, points, windowMs }: Limit): RateLimiterMemory => {
		const found = limiters.get(name)
		if (found !== undefined) return found
		const made = new RateLimiterMemory({ keyPrefix: name, points, duration: windowMs / 1000 })
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
