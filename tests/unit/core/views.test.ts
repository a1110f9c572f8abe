import { expect, it } from 'vitest'
import { createViews, type ViewSources } from '#core/views.ts'
import { settle } from '../../support/fake-timers.ts'

const none = () => {
	throw new Error('nobody asked for this view')
}

function setup(sources: Partial<ViewSources>) {
	const errors: unknown[] = []
	const all = {
		session: none,
		connection: none,
		chats: none,
		friends: none,
		devices: none,
		privacy: none,
		conversation: none,
	}
	const views = createViews({ ...all, ...sources } as ViewSources, (error) => void errors.push(error))
	return { views, errors }
}

it('tells the value now and after each change, once for several changes of one turn', async () => {
	let waiting = 0
	let computed = 0
	const { views } = setup({
		connection: () => {
			computed++
			return { type: 'online', waiting, peers: 0 }
		},
	})
	const told: number[] = []
	const stop = views.watch('connection', null, (view) => void told.push(view.waiting))
	await settle()
	waiting = 1
	for (let i = 0; i < 5; i++) views.changed('connection')
	await settle()
	expect([told, computed]).toEqual([[0, 1], 2])
	stop()
	waiting = 2
	views.changed('connection')
	await settle()
	expect(told).toEqual([0, 1])
})

it('says nothing where nothing changed', async () => {
	const { views } = setup({ connection: () => ({ type: 'online', waiting: 0, peers: 0 }) })
	let told = 0
	views.watch('connection', null, () => void told++)
	await settle()
	views.changed('connection')
	await settle()
	expect(told).toBe(1)
})

it('tells of one conversation only those who watch it', async () => {
	const computed: string[] = []
	const { views } = setup({
		conversation: (id) => {
			computed.push(id)
			return null
		},
	})
	views.watch('conversation', 'a', () => {})
	views.watch('conversation', 'b', () => {})
	await settle()
	views.changed('conversation', 'b')
	await settle()
	expect(computed).toEqual(['a', 'b', 'b'])
	expect([views.watched('conversation', 'b'), views.watched('conversation', 'c')]).toEqual([true, false])
	views.changed('conversation')
	await settle()
	expect(computed.slice(3).sort()).toEqual(['a', 'b'])
})

it('keeps no view waiting for another that takes its time', async () => {
	let answer = (_: readonly []) => {}
	const { views } = setup({
		devices: () => new Promise((resolve) => (answer = resolve)),
		connection: () => ({ type: 'offline', waiting: 0, peers: 0 }),
	})
	const told: string[] = []
	views.watch('devices', null, () => void told.push('devices'))
	views.watch('connection', null, () => void told.push('connection'))
	await settle()
	expect(told).toEqual(['connection'])
	answer([])
	await settle()
	expect(told).toEqual(['connection', 'devices'])
})

it('looks again at what changed while it was computed', async () => {
	let waiting = 0
	const steps: (() => void)[] = []
	const { views } = setup({
		connection: async () => {
			const seen = waiting
			await new Promise<void>((resolve) => steps.push(resolve))
			return { type: 'online', waiting: seen, peers: 0 }
		},
	})
	const told: number[] = []
	views.watch('connection', null, (view) => void told.push(view.waiting))
	await settle()
	waiting = 1
	views.changed('connection')
	steps[0]?.()
	await settle()
	steps[1]?.()
	await settle()
	expect(told).toEqual([0, 1])
})

it('reports a view that fails and a listener that throws, and goes on', async () => {
	let fails = true
	const { views, errors } = setup({
		connection: () => {
			if (fails) throw new Error('no rows')
			return { type: 'online', waiting: 0, peers: 0 }
		},
	})
	const told: string[] = []
	views.watch('connection', null, () => {
		throw new Error('no screen')
	})
	views.watch('connection', null, ({ type }) => void told.push(type))
	await settle()
	expect([errors.length, told]).toEqual([2, []])
	fails = false
	views.changed('connection')
	await settle()
	expect([errors.length, told]).toEqual([3, ['online']])
})

it('tells nobody after it was closed', async () => {
	const { views } = setup({ connection: () => ({ type: 'online', waiting: 0, peers: 0 }) })
	let told = 0
	views.watch('connection', null, () => void told++)
	views.close()
	views.changed('connection')
	await settle()
	expect(told).toBe(0)
})
