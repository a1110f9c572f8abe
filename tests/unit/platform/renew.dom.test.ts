/** The service worker tells the server of a subscription that the browser has renewed. */
import { expect, test } from 'vitest'
import { tellRenewal } from '../../../src/service-worker/renew.ts'

function subscription(name: string): PushSubscription {
	return {
		options: { userVisibleOnly: true, applicationServerKey: new Uint8Array([4]).buffer },
		toJSON: () => ({
			endpoint: `https://push.example/${name}`,
			keys: { p256dh: `point of ${name}`, auth: `secret of ${name}` },
		}),
	} as unknown as PushSubscription
}

async function told(old: PushSubscription | null, now: PushSubscription | null) {
	const sent: unknown[] = []
	const asked: PushSubscriptionOptionsInit[] = []
	await tellRenewal({
		...{ old, now },
		subscribe: async (options) => {
			asked.push(options)
			return subscription('third')
		},
		send: async (body) => sent.push(JSON.parse(body)),
	})
	return { sent, asked }
}

const was = { endpoint: 'https://push.example/first', auth: 'secret of first' }
const of = (name: string) => ({
	...{ endpoint: `https://push.example/${name}`, p256dh: `point of ${name}`, auth: `secret of ${name}` },
})

test('[N2] what the browser has renewed is told with the secret of before', async () => {
	const { sent, asked } = await told(subscription('first'), subscription('second'))
	expect(sent).toEqual([{ was, now: of('second') }])
	expect(asked).toEqual([])
})

test('[N2] what the browser has only ended is subscribed for anew, under the same key', async () => {
	const { sent, asked } = await told(subscription('first'), null)
	expect(sent).toEqual([{ was, now: of('third') }])
	expect(asked).toEqual([{ userVisibleOnly: true, applicationServerKey: new Uint8Array([4]).buffer }])
})

test('[N2] without the one of before nothing is said: the app says it when it is opened', async () => {
	expect(await told(null, subscription('second'))).toEqual({ sent: [], asked: [] })
})
