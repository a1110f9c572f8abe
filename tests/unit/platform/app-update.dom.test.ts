import { expect, test } from 'vitest'
import { watchForUpdates } from '#platform/browser/app-update.ts'
import { activateMessage } from '#platform/browser/shell-messages.ts'
import type { Wire } from '#platform/browser/wire.ts'
import { fakeTime, settle } from '../../support/fake-timers.ts'

/** The part of the browser that all tabs share: one registration, and a channel that each hears the others on. */
function fakeOrigin() {
	const said: unknown[] = []
	const ends = new Set<{ hear: (message: unknown) => void }>()
	const containers: EventTarget[] = []
	const waiting = { postMessage: (message: unknown) => said.push(message) } as unknown as ServiceWorker
	const registration = Object.assign(new EventTarget(), {
		waiting: waiting as ServiceWorker | null,
		update: () => Promise.resolve(),
	}) as unknown as ServiceWorkerRegistration
	const wire = (): Wire => {
		const end = { hear: (_message: unknown) => undefined as void }
		ends.add(end)
		return {
			post: (message) =>
				ends.forEach((other) => (other === end ? undefined : queueMicrotask(() => other.hear(message)))),
			listen: (listener) => {
				end.hear = listener
				return () => void ends.delete(end)
			},
		}
	}
	const container = (controller: ServiceWorker | null) => {
		const made = Object.assign(new EventTarget(), { controller, register: () => Promise.resolve(registration) })
		containers.push(made)
		return made
	}
	const takeOver = () => containers.forEach((one) => one.dispatchEvent(new Event('controllerchange')))
	return { said, wire, container, takeOver }
}

const old = {} as ServiceWorker
const time = fakeTime()

function tab(
	origin: ReturnType<typeof fakeOrigin>,
	change: { controller?: ServiceWorker | null; stuck?: boolean } = {},
) {
	const { controller = old, stuck = false } = change
	const state = { reloads: 0, prepared: 0, accept: null as (() => Promise<void>) | null }
	let release: () => void = () => undefined
	watchForUpdates({
		container: origin.container(controller) as unknown as ServiceWorkerContainer,
		tabs: origin.wire(),
		countTabs: async () => 2,
		timers: time.timers,
		self: crypto.randomUUID(),
		onReady: (accept) => (state.accept = accept),
		prepare: () => {
			state.prepared++
			return stuck ? new Promise((done) => (release = done)) : Promise.resolve()
		},
		reload: () => state.reloads++,
	})
	return { state, release: () => release() }
}

test('a version that waits is offered, and told to take over when every tab has put its writing away', async () => {
	const origin = fakeOrigin()
	const [first, second] = [tab(origin), tab(origin, { stuck: true })]
	await settle()
	void first.state.accept?.()
	await settle()
	expect([first.state.prepared, second.state.prepared]).toEqual([1, 1])
	expect(origin.said).toEqual([])
	second.release()
	await settle()
	expect(origin.said).toEqual([activateMessage])
	expect([first.state.reloads, second.state.reloads]).toEqual([0, 0])
	origin.takeOver()
	await settle()
	expect([first.state.reloads, second.state.reloads]).toEqual([1, 1])
	expect([first.state.prepared, second.state.prepared]).toEqual([1, 1])
})

test('nobody is told to take over before somebody said so', async () => {
	const origin = fakeOrigin()
	const { state } = tab(origin)
	await settle()
	expect(state.accept).not.toBeNull()
	expect([origin.said, state.prepared, state.reloads]).toEqual([[], 0, 0])
})

test('a tab that does not answer is not waited for longer than three seconds', async () => {
	const origin = fakeOrigin()
	const [first] = [tab(origin), tab(origin, { stuck: true })]
	await settle()
	void first.state.accept?.()
	await time.advance(2_900)
	expect(origin.said).toEqual([])
	await time.advance(200)
	expect(origin.said).toEqual([activateMessage])
})

test('a version that was told, and does not take over, is tried once more by the page that is opened anew', async () => {
	const origin = fakeOrigin()
	const [first, second] = [tab(origin), tab(origin)]
	await settle()
	void first.state.accept?.()
	await settle()
	expect(origin.said).toEqual([activateMessage])
	await time.advance(1_900)
	expect(first.state.reloads).toBe(0)
	await time.advance(200)
	expect([first.state.reloads, second.state.reloads]).toEqual([1, 0])
})

test('the first service worker of a browser brings nothing new: no question, no reload', async () => {
	const origin = fakeOrigin()
	const { state } = tab(origin, { controller: null })
	await settle()
	expect(state.accept).toBeNull()
	origin.takeOver()
	await settle()
	expect(state.reloads).toBe(0)
})
