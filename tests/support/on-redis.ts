/** Suites that need Redis: where none answers they are skipped with one line, and with CI=true they fail. */
import { connect } from 'node:net'
import process from 'node:process'
import { describe } from 'vitest'
import { redisPort, redisUrl } from './redis.ts'

function isRedisHere(): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host: new URL(redisUrl).hostname, port: redisPort })
		socket.once('connect', () => {
			socket.destroy()
			resolve(true)
		})
		socket.once('error', () => resolve(false))
	})
}

const mayRun = process.env['CI'] === 'true' || (await isRedisHere())
if (!mayRun) process.stderr.write('No Redis answers at TEST_REDIS_URL: what needs one is skipped.\n')

export const describeOnRedis = describe.skipIf(!mayRun)
