/** What every implementation of the cluster's ports promises, in one process or in several. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cluster, Ephemeral, Limiter } from '#server/domain/cluster-ports.ts'

export interface ClusterUnderTest {
	readonly cluster: Cluster
	readonly ephemeral: Ephemeral
	readonly limiter: Limiter
	/** Moves the clock that lifetimes are measured by. */
	advance(ms: number): void
	/** Resolves when everything published has reached its listeners. */
	settled(): Promise<void>
	/** Errors thrown by listeners. */
	readonly listenerErrors: readonly unknown[]
}

const about = (sid: string) => ({ sid, account: 'alice', code: 'session-ended' as const })

export function clusterContract(name: string, open: () => Promise<ClusterUnderTest>): void {
	describe(`cluster: ${name}`, () => {
		let under: ClusterUnderTest
		beforeEach(async () => {
			under = await open()
		})
		afterEach(() => under.cluster.stop())

		describe('signals', () => {
			it('reach every listener of their topic, in the order of publishing', async () => {
				const heard: string[] = []
				under.cluster.subscribe('session-ended', ({ sid }) => heard.push(`first ${sid}`))
				under.cluster.subscribe('session-ended', ({ sid }) => heard.push(`second ${sid}`))
				under.cluster.subscribe('friends-changed', () => heard.push('other topic'))
				under.cluster.publish('session-ended', about('a'))
				under.cluster.publish('session-ended', about('b'))
				await under.settled()
				expect(heard).toEqual(['first a', 'second a', 'first b', 'second b'])
			})

			it('reach nobody who has unsubscribed', async () => {
				const heard: string[] = []
				const unsubscribe = under.cluster.subscribe('session-ended', ({ sid }) => heard.push(sid))
				unsubscribe()
				under.cluster.publish('session-ended', about('a'))
				await under.settled()
				expect(heard).toEqual([])
			})

			it('reach the others when one listener throws', async () => {
				const heard: string[] = []
				under.cluster.subscribe('session-ended', () => {
					throw new Error('on purpose')
				})
				under.cluster.subscribe('session-ended', ({ sid }) => heard.push(sid))
				under.cluster.publish('session-ended', about('a'))
				await under.settled()
				expect(heard).toEqual(['a'])
				expect(under.listenerErrors).toHaveLength(1)
			})
		})

		describe('short-lived values', () => {
			it('are there until their time is over', async () => {
				await under.ephemeral.put('key', 'value', 1000)
				expect(await under.ephemeral.get('key')).toBe('value')
				under.advance(999)
				expect(await under.ephemeral.get('key')).toBe('value')
				under.advance(1)
				expect(await under.ephemeral.get('key')).toBeNull()
				expect(await under.ephemeral.take('key')).toBeNull()
			})

			it('are taken by one of two', async () => {
				await under.ephemeral.put('key', 'value', 1000)
				const taken = await Promise.all([under.ephemeral.take('key'), under.ephemeral.take('key')])
				expect(taken.filter((value) => value === 'value')).toHaveLength(1)
				expect(await under.ephemeral.get('key')).toBeNull()
			})

			it('are replaced by a later put', async () => {
				await under.ephemeral.put('key', 'one', 10)
				await under.ephemeral.put('key', 'two', 1000)
				under.advance(500)
				expect(await under.ephemeral.get('key')).toBe('two')
			})
		})

		describe('limits', () => {
			const limit = { name: 'test', points: 2, windowMs: 60_000 }

			it('let so many through per key, and then say how long to wait', async () => {
				expect(await under.limiter.consume(limit, 'a')).toBeNull()
				expect(await under.limiter.consume(limit, 'a')).toBeNull()
				const exceeded = await under.limiter.consume(limit, 'a')
				expect(exceeded?.retryAfterMs).toBeGreaterThan(0)
				expect(exceeded?.retryAfterMs).toBeLessThanOrEqual(60_000)
				expect(await under.limiter.consume(limit, 'b')).toBeNull()
			})

			it('count apart by their name', async () => {
				for (let i = 0; i < 3; i++) await under.limiter.consume(limit, 'a')
				expect(await under.limiter.consume({ ...limit, name: 'other' }, 'a')).toBeNull()
			})
		})
	})
}
