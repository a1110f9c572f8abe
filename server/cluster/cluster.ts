/** What is configured: one node that is alone, or one of several that share a Redis. */
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { Clock, RandomBytes, Timers } from '#protocol/ports.ts'
import type { Cluster, Ephemeral, Limiter } from '#server/domain/cluster-ports.ts'
import type { Log } from '#server/domain/log.ts'
import { inProcessCluster, inProcessEphemeral, inProcessLimiter } from './in-process.ts'

export interface ClusterOptions {
	/** Address of the Redis; null: this node is alone. */
	readonly redis: string | null
	/** Begins the names of what this instance has in Redis. */
	readonly instance: string
	readonly log: Log
	readonly clock: Clock
	readonly timers: Timers
	readonly random: RandomBytes
}

export interface OpenCluster {
	readonly cluster: Cluster
	readonly ephemeral: Ephemeral
	readonly limiter: Limiter
	disconnect(): Promise<void>
}

export async function openCluster(options: ClusterOptions): Promise<OpenCluster> {
	const { redis, instance, log, clock, timers, random } = options
	const node = bytesToBase64url(random(9))
	if (redis === null) {
		return {
			cluster: inProcessCluster(node, (error) => log.error('a listener failed', { error })),
			ephemeral: inProcessEphemeral(clock),
			limiter: inProcessLimiter(),
			disconnect: async () => undefined,
		}
	}
	const { openRedis, redisCluster, redisEphemeral, redisLimiter } = await import('./redis.ts')
	const connections = await openRedis(redis, `kith:${instance}`, log)
	return {
		cluster: await redisCluster({ connections, node, clock, timers, log }),
		ephemeral: redisEphemeral(connections, clock),
		limiter: redisLimiter(connections),
		disconnect: connections.close,
	}
}
