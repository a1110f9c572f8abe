/** The doctor and push services: one that answers, one that is away, one that nobody may call. */
import { expect, onTestFinished, test } from 'vitest'
import { lookAtPush } from '#server/ops/doctor/look-at-push.ts'
import { startPushService } from '../../support/push-service.ts'

const config = { origin: 'https://chat.example.org', tls: null, pushServices: [] as readonly string[] }

test('[S3] says which push services do not answer, and asks those alone that devices have named', async () => {
	const service = await startPushService()
	onTestFinished(() => service.close())
	const away = await startPushService()
	await away.close()
	const pushServices = [service.origin, away.origin]
	const [here, there] = [`${service.origin}/a`, `${away.origin}/b`]
	const host = new URL(away.origin).host
	const looked = (endpoints: readonly string[]) => lookAtPush({ ...config, pushServices }, endpoints)

	expect(await looked([])).toMatchObject({ state: 'ok' })
	expect(service.asked()).toBe(0)
	expect(await looked([here, `${here}/other`])).toMatchObject({
		state: 'ok',
		is: '2 devices are woken through 1 push services',
	})
	expect(service.asked()).toBe(1)
	expect(await looked([here, there])).toMatchObject({ state: 'warning', is: expect.stringContaining(host) })
	expect(await looked([there])).toMatchObject({ state: 'problem', is: expect.stringContaining('ECONNREFUSED') })
	expect(await lookAtPush(config, [here])).toMatchObject({
		state: 'problem',
		is: expect.stringContaining('not allowed'),
	})
	expect(await lookAtPush(config, ['https://localhost/x'])).toMatchObject({ state: 'problem' })
	expect(await lookAtPush({ ...config, origin: null }, [])).toMatchObject({ is: expect.stringContaining('none yet') })
})
