/**
 * What the nodes of one instance share beside the database: signals, short-lived values, and counters against abuse.
 * None of it is the truth: whoever misses a signal re-reads the database. One process: in-process.ts; several: redis.ts.
 */
import type { Signals, Topic } from './signals.ts'

export type Unsubscribe = () => void

/** Listeners run in the order of publishing and must not throw; a throw is logged and does not reach the publisher. */
export interface Cluster {
	/** Name of this node: another one after each start. */
	readonly node: string
	publish<T extends Topic>(topic: T, message: Signals[T]): void
	subscribe<T extends Topic>(topic: T, listener: (message: Signals[T]) => void): Unsubscribe
	stop(): Promise<void>
}

/** Values that may be lost at a restart: pending registrations, login states, nonces, tickets. */
export interface Ephemeral {
	put(key: string, value: string, ttlMs: number): Promise<void>
	get(key: string): Promise<string | null>
	/** Gets and removes in one step: of two callers one gets null. */
	take(key: string): Promise<string | null>
}

/** `points` per `windowMs`, counted per key. */
export interface Limit {
	readonly name: string
	readonly points: number
	readonly windowMs: number
}

export interface Limiter {
	/** Null when within the limit; else how long to wait. */
	consume(limit: Limit, key: string): Promise<{ readonly retryAfterMs: number } | null>
}
