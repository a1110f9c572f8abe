/** What the screen of notifications shows, over browsers that say yes, no, or nothing. */
import { expect, test } from 'vitest'
import type { PushSetting } from '#core/api.ts'
import type { BrowserPush, BrowserSubscription, Permission } from '#ui/state/push-port.ts'
import { Push } from '#ui/state/push.svelte.ts'

const target = { endpoint: 'https://push.example/1', p256dh: 'p', auth: 'a' }
const words = { message: 'New message', test: 'It works' }

function world(given: { permission?: Permission; says?: Permission; away?: true; none?: true } = {}) {
	let permission: Permission = given.permission ?? 'default'
	let current: BrowserSubscription | null = null
	let setting: PushSetting | null = null
	let key = 'first'
	const said: string[] = []
	const kept = new Map<string, string>()
	const browser: BrowserPush = {
		permission: () => permission,
		ask: async () => {
			said.push('asked')
			return (permission = given.says ?? 'granted')
		},
		current: async () => current,
		subscribe: async (wanted) => {
			if (given.away) throw new Error('no push service')
			said.push(`subscribed for ${wanted}`)
			return (current = { key: wanted, target, end: async () => void said.push(`ended ${wanted}`) })
		},
		clear: async () => void said.push('cleared'),
	}
	const push = () =>
		new Push({
			api: {
				push: async () => ({ ok: true, value: { key, setting } }),
				setPush: async (wanted) => {
					setting = wanted
					said.push(wanted === null ? 'off' : `told, names ${wanted.named}`)
					return { ok: true, value: null }
				},
				testPush: async () => ({ ok: true, value: { outcome: 'sent' } }),
			},
			open: async () => (given.none ? null : browser),
			store: { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => void kept.set(name, value) },
			words: () => words,
		})
	const log = () => said.splice(0)
	return { push, log, newKey: () => (key = 'second'), setting: () => setting }
}

async function loaded(given: Parameters<typeof world>[0] = {}) {
	const made = world(given)
	const push = made.push()
	await push.load()
	return { ...made, push, again: made.push }
}

test('[N2] a click asks the person, subscribes for the key of this server, and tells it', async () => {
	const { push, log, setting } = await loaded()
	expect(push.state).toBe('off')
	await push.turnOn()
	expect(log()).toEqual(['asked', 'subscribed for first', 'told, names true'])
	expect([push.state, setting()]).toEqual(['on', { target, named: true, words }])
	await push.setNamed(false)
	expect(log()).toEqual(['told, names false'])
	await push.test()
	expect(push.outcome).toBe('sent')
	await push.turnOff()
	expect(log()).toEqual(['off', 'ended first'])
	expect([push.state, push.outcome]).toEqual(['off', null])
})

test('[N2] who says no is told what to do; a browser that cannot says so; one without its service too', async () => {
	const refused = await loaded({ says: 'denied' })
	await refused.push.turnOn()
	expect([refused.push.state, refused.log()]).toEqual(['blocked', ['asked']])
	expect((await loaded({ permission: 'denied' })).push.state).toBe('blocked')
	expect((await loaded({ none: true })).push.state).toBe('none')
	const away = await loaded({ away: true })
	await away.push.turnOn()
	expect([away.push.state, away.push.unreached, away.setting()]).toEqual(['off', true, null])
})

test('[N2] at the next start the server is told again, and subscribed for anew where its key is another', async () => {
	const { push, log, again, newKey } = await loaded()
	await push.turnOn()
	await push.setNamed(false)
	log()
	await again().keepUp()
	expect(log()).toEqual(['told, names false'])
	newKey()
	await again().keepUp()
	expect(log()).toEqual(['ended first', 'subscribed for second', 'told, names false'])
	const never = world({ permission: 'granted' })
	await never.push().keepUp()
	expect(never.log()).toEqual([])
})

test('[N2] it is offered once, and not where the person or the browser has decided', async () => {
	const { push, again } = await loaded()
	expect(await push.mayOffer()).toBe(true)
	push.offered()
	expect(await again().mayOffer()).toBe(false)
	for (const permission of ['granted', 'denied'] as const)
		expect(await (await loaded({ permission })).push.mayOffer()).toBe(false)
	expect(await (await loaded({ none: true })).push.mayOffer()).toBe(false)
})
