/** One question to a Redis, for the doctor. Nothing is written. */
import { Redis } from 'ioredis'

const patience = 5_000

/** `7.0.15`; rejects where none answers, or it does not let us in. */
export async function redisVersion(url: string): Promise<string> {
	const redis = new Redis(url, {
		...{ lazyConnect: true, connectTimeout: patience, commandTimeout: patience, maxRetriesPerRequest: 0 },
		retryStrategy: () => null,
	})
	redis.on('error', () => undefined)
	try {
		await redis.connect()
		return /^redis_version:(\S+)/m.exec(await redis.info('server'))?.[1] ?? '0'
	} finally {
		redis.disconnect()
	}
}
