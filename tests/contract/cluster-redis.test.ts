import { randomBytes } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { openRedis, redisCluster, redisEphemeral, redisLimiter, redisLimits } from '#server/cluster/redis.ts'
import type { Log } from '#server/domain/log.ts'
import type { Signals } from '#server/domain/signals.ts'
import { clusterContract } from '#tests/support/cluster-contract.ts'
import { fakeTime } from '#tests/support/fake-timers.ts'
import { startTcpProxy } from '#tests/support/tcp-proxy.ts'
import { describeOnRedis } from '#tests/support/on-redis.ts'
import { redisPort, redisUrl } from '#tests/support/redis.ts'

const prefix = () => `kith-test:${randomBytes(9).toString('hex')}`

function logInto(errors: unknown[]): Log {
	const ignore = () => undefined
	return { debug: ignore, info: ignore, warn: ignore, error: (_, fields) => errors.push(fields?.error) }
}

describeOnRedis('over Redis', () => {
	clusterContract('Redis', async () => {
		const listenerErrors: unknown[] = []
		const log = logInto(listenerErrors)
		const { clock, timers, advance } = fakeTime()
		const connections = await openRedis(redisUrl, prefix(), log)
		const cluster = await redisCluster({ connections, node: 'here', clock, timers, log })
		return {
			cluster: {
				...cluster,
				stop: async () => {
					await cluster.stop()
					await connections.close()
				},
			},
			ephemeral: redisEphemeral(connections, clock),
			limiter: redisLimiter(connections),
			advance: (ms) => void advance(ms),
			settled: () => Promise.resolve(),
			listenerErrors,
		}
	})
})

describeOnRedis('several nodes over Redis', () => {
	const ends: (() => Promise<void>)[] = []
	afterEach(async () => {
		for (const end of ends.splice(0).toReversed()) await end()
	})

	/** A node, and what it heard: of all topics, in order. */
	async function nodeAt(instance: string, name: string, time: ReturnType<typeof fakeTime>, port = redisPort) {
		const log = logInto([])
		const url = new URL(redisUrl)
		url.port = String(port)
		const connections = await openRedis(url.href, instance, log)
		const { clock, timers } = time
		const cluster = await redisCluster({ connections, node: name, clock, timers, log })
		const heard: string[] = []
		const waiting = new Set<() => void>()
		const hear = (what: string) => {
			heard.push(what)
			for (const look of waiting) look()
		}
		cluster.subscribe('session-ended', ({ sid }) => hear(sid))
		cluster.subscribe('events-stored', ({ items }) => hear(items.map(({ content }) => content.join(' ')).join()))
		cluster.subscribe('signals-missed', () => hear('missed'))
		cluster.subscribe('stale', ({ of }) => hear(`stale ${of}`))
		cluster.subscribe('node-came', ({ node }) => hear(`${node} came`))
		cluster.subscribe('node-gone', ({ node }) => hear(`${node} gone`))
		let isStopped = false
		const stop = async () => {
			if (!isStopped) await cluster.stop()
			isStopped = true
		}
		ends.push(async () => {
			await stop()
			await connections.close()
		})
		const until = (what: string) =>
			new Promise<void>((resolve) => {
				const look = () => {
					if (!heard.includes(what)) return
					waiting.delete(look)
					resolve()
				}
				waiting.add(look)
				look()
			})
		return { cluster, heard, until, stop, connections }
	}
	const ended = (sid: string): Signals['session-ended'] => ({ sid, account: 'alice', code: 'session-ended' })

	it('tell each other everything but what each tells itself, in order, bytes and all', async () => {
		const [instance, time] = [prefix(), fakeTime()]
		const one = await nodeAt(instance, 'one', time)
		const two = await nodeAt(instance, 'two', time)
		await one.until('two came')
		one.cluster.publish('stale', { of: 'friends' })
		one.cluster.publish('session-ended', ended('a'))
		const item = { recv: 2 ** 40, clientId: 7, clock: 0, content: Uint8Array.of(1, 2, 255) as never }
		one.cluster.publish('events-stored', { conversation: 'c', guid: 'g', items: [item as never], origin: null })
		one.cluster.publish('session-ended', ended('b'))
		await two.until('b')
		expect(two.heard.filter((what) => !what.endsWith('came'))).toEqual(['a', '1 2 255', 'b'])
		expect(one.heard).toEqual(['two came', 'stale friends', 'a', '1 2 255', 'b'])
	})

	it('of another instance in the same Redis hear nothing', async () => {
		const time = fakeTime()
		const [one, other] = [await nodeAt(prefix(), 'one', time), await nodeAt(prefix(), 'other', time)]
		one.cluster.publish('session-ended', ended('a'))
		other.cluster.publish('session-ended', ended('b'))
		await other.until('b')
		expect(other.heard).toEqual(['b'])
	})

	it('take leave: nothing was missed; or fall silent: something may have been', async () => {
		const [instance, time] = [prefix(), fakeTime()]
		const one = await nodeAt(instance, 'one', time)
		const two = await nodeAt(instance, 'two', time)
		const three = await nodeAt(instance, 'three', time)
		for (const name of ['two', 'three']) await one.until(`${name} came`)
		await two.stop()
		await one.until('two gone')
		expect(one.heard).not.toContain('missed')
		three.connections.commands.disconnect()
		await time.advance(redisLimits.silentMs + redisLimits.aliveMs)
		await one.until('three gone')
		expect(one.heard.slice(-3)).toEqual(['three gone', 'stale everything', 'missed'])
	})

	it('that were cut off know that they missed something, and the others that they did not hear from them', async () => {
		const [instance, time] = [prefix(), fakeTime()]
		const wire = await startTcpProxy({ port: redisPort })
		ends.push(() => wire.close())
		const one = await nodeAt(instance, 'one', time)
		const two = await nodeAt(instance, 'two', time, wire.port)
		await one.until('two came')
		wire.cut()
		one.cluster.publish('session-ended', ended('unheard'))
		two.cluster.publish('session-ended', ended('unsaid'))
		wire.resume()
		await two.until('missed')
		expect(two.heard).not.toContain('unheard')
		await one.until('missed')
		expect(one.heard).not.toContain('unsaid')
		one.cluster.publish('session-ended', ended('again'))
		await two.until('again')
	})

	it('that were silent for long and are back have said what nobody heard', async () => {
		const [instance, time] = [prefix(), fakeTime()]
		const wire = await startTcpProxy({ port: redisPort })
		ends.push(() => wire.close())
		const one = await nodeAt(instance, 'one', time)
		const two = await nodeAt(instance, 'two', time, wire.port)
		await one.until('two came')
		wire.cut()
		await time.advance(redisLimits.silentMs + redisLimits.aliveMs)
		await one.until('two gone')
		const before = one.heard.length
		two.cluster.publish('session-ended', ended('unsaid'))
		wire.resume()
		await two.until('missed')
		two.cluster.publish('session-ended', ended('again'))
		await one.until('again')
		expect(one.heard.slice(before)).toEqual(['two came', 'stale everything', 'missed', 'again'])
	})

	it('go on alone while Redis is away: values and limits are those of each', async () => {
		const [instance, time] = [prefix(), fakeTime()]
		const wire = await startTcpProxy({ port: redisPort })
		ends.push(() => wire.close())
		const { connections } = await nodeAt(instance, 'one', time, wire.port)
		const values = redisEphemeral(connections, time.clock)
		const limiter = redisLimiter(connections)
		const limit = { name: 'test', points: 2, windowMs: 60_000 }
		await values.put('before', 'is there', 60_000)
		wire.cut()
		expect(await values.get('before')).toBeNull()
		await values.put('meanwhile', 'is here', 60_000)
		expect(await values.get('meanwhile')).toBe('is here')
		expect([await limiter.consume(limit, 'a'), await limiter.consume(limit, 'a')]).toEqual([null, null])
		expect(await limiter.consume(limit, 'a')).not.toBeNull()
		wire.resume()
		await new Promise((resolve) => connections.commands.once('ready', resolve))
		expect([await values.take('before'), await values.take('before')]).toEqual(['is there', null])
		expect([await values.take('meanwhile'), await values.take('meanwhile')]).toEqual(['is here', null])
	})

	it('take a value once between them, and count limits together', async () => {
		const [instance, time] = [prefix(), fakeTime()]
		const [one, two] = [await nodeAt(instance, 'one', time), await nodeAt(instance, 'two', time)]
		const [first, second] = [one, two].map(({ connections }) => redisEphemeral(connections, time.clock))
		await first?.put('ticket', 'for alice', 60_000)
		const taken = await Promise.all([first?.take('ticket'), second?.take('ticket')])
		expect(taken.toSorted()).toEqual(['for alice', null])
		const limit = { name: 'test', points: 2, windowMs: 60_000 }
		const limiters = [one, two].map(({ connections }) => redisLimiter(connections))
		for (const limiter of limiters) expect(await limiter.consume(limit, 'a')).toBeNull()
		for (const limiter of limiters) expect(await limiter.consume(limit, 'a')).not.toBeNull()
	})
})
