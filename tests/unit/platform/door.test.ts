import { expect, test } from 'vitest'
import type { ServerDoor, SessionView } from '#core/api.ts'
import { openDoor, type DoorDeps } from '#platform/browser/door.ts'
import { apiToTarget } from '#platform/browser/rpc.ts'
import { settle } from '../../support/fake-timers.ts'

const server: ServerDoor = { name: 'Harbour', version: '0.1.0', signUp: 'invite', mail: false, guests: false }
const coreSession: SessionView = { type: 'signed-out', instance: null, why: 'session-ended' }

function coreOf(started: { count: number; closed: number }) {
	const listeners = new Map<(value: unknown) => void, string>()
	const api = {
		signIn: async (input: unknown) => ({ ok: true, input }),
		watch: (view: string, _of: unknown, listener: (value: unknown) => void) => {
			listeners.set(listener, view)
			listener(view === 'session' ? coreSession : `${view} of the core`)
			return () => void listeners.delete(listener)
		},
	}
	started.count++
	return {
		listeners,
		opened: { target: apiToTarget(api), close: async () => void started.closed++ },
	}
}

async function setup(change: Partial<DoorDeps> = {}) {
	const started = { count: 0, closed: 0 }
	const failures: string[] = []
	const cores: ReturnType<typeof coreOf>[] = []
	const door = await openDoor({
		isInhabited: async () => false,
		askServer: async () => server,
		startCore: async () => {
			const core = coreOf(started)
			cores.push(core)
			return core.opened
		},
		failed: (where) => failures.push(where),
		...change,
	})
	const seen: unknown[] = []
	const watch = (view: string) => door.target.watch(view, null, (value) => seen.push(value))
	return { door, seen, watch, started, failures, cores }
}

test('where nobody lives, the door says so and how to come in, and no core is loaded', async () => {
	const { watch, seen, started } = await setup()
	watch('session')
	watch('connection')
	await settle()
	expect(seen.at(-1)).toEqual({ type: 'signed-out', instance: server, why: null })
	expect(started.count).toBe(0)
})

test('where an account is kept, the core starts at once and says everything', async () => {
	const { watch, seen, started } = await setup({ isInhabited: async () => true })
	watch('session')
	await settle()
	expect(seen).toEqual([coreSession])
	expect(started.count).toBe(1)
})

test('the first command loads the core, once; what was watched goes on there', async () => {
	const { door, watch, seen, started, cores } = await setup()
	const stop = watch('session')
	watch('connection')
	await settle()
	const answers = await Promise.all([door.target.call('signIn', 'a'), door.target.call('signIn', 'b')])
	expect(answers).toEqual([
		{ ok: true, input: 'a' },
		{ ok: true, input: 'b' },
	])
	expect(started.count).toBe(1)
	expect(seen).toContain('connection of the core')
	// The core has not asked the server yet: its name stays on screen.
	expect(seen).toContainEqual({ type: 'signed-out', instance: server, why: 'session-ended' })
	stop()
	expect([...(cores[0]?.listeners.values() ?? [])]).toEqual(['connection'])
})

test('a view of anything else loads the core', async () => {
	const { watch, seen, started } = await setup()
	watch('chats')
	await settle()
	expect(started.count).toBe(1)
	expect(seen).toEqual(['chats of the core'])
})

test('a core that does not load fails the command, and the next one tries again', async () => {
	let isOnline = false
	const started = { count: 0, closed: 0 }
	const { door } = await setup({
		startCore: async () => {
			if (!isOnline) throw new TypeError('the script did not load')
			return coreOf(started).opened
		},
	})
	await expect(door.target.call('signIn', null)).rejects.toThrow('the script did not load')
	isOnline = true
	await expect(door.target.call('signIn', null)).resolves.toMatchObject({ ok: true })
	await door.close()
	expect(started.closed).toBe(1)
})

test('a browser that keeps nothing starts the core, which says what is wrong', async () => {
	const broken = setup({
		isInhabited: () => Promise.reject(new Error('no storage')),
		startCore: () => Promise.reject(new Error('storage unavailable')),
	})
	await expect(broken).rejects.toThrow('storage unavailable')
})

test('a server that does not answer leaves the door as it is', async () => {
	const { watch, seen } = await setup({ askServer: () => Promise.reject(new TypeError('no network')) })
	watch('session')
	await settle()
	expect(seen).toEqual([{ type: 'signed-out', instance: null, why: null }])
})
