/** The Redis at TEST_REDIS_URL; tests take keys and channels of their own. */
import process from 'node:process'

export const redisUrl = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379'
export const redisPort = Number(new URL(redisUrl).port || 6379)
