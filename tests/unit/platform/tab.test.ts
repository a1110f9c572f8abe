import { describe, expect, test } from 'vitest'
import { leaderLock } from '#platform/browser/leadership.ts'
import { createRelay, type Relay } from '#platform/browser/relay.ts'
import { apiToTarget } from '#platform/browser/rpc.ts'
import { openTab, type Tab } from '#platform/browser/tab.ts'
import type { Trouble } from '#platform/browser/trouble.ts'
import { utf8ToBytes, bytesToUtf8 } from '#protocol/bytes.ts'
import { createMemoryDatabase, openMemoryStorage } from '#store/memory-storage.ts'
import { StorageError, type Storage } from '#store/storage.ts'
import { FakeBrowser, type FakeTab } from '#tests/support/fake-browser.ts'
import { fakeTime, settle } from '#tests/support/fake-timers.ts'

interface TestTab extends Tab {
	readonly name: string
	readonly target: Relay
	readonly browserTab: FakeTab
	readonly troubles: readonly Trouble[]
	/** Cores running in this tab: opened and not closed. */
	readonly cores: Set<Storage>
}

interface TabOptions {
	readonly version?: number
	readonly startFails?: StorageError
	readonly lockDelay?: number
}

interface World {
	open(name: string, options?: TabOptions): Promise<TestTab>
	readonly browser: FakeBrowser
	/** Enough turns for messages to go to and fro. */
	settled(): Promise<void>
	advance(ms: number): Promise<void>
	stored(): Promise<string>
}

/** A core whose one fact is a text in the store; `append` adds to it, watchers see it. */
function createWorld(): World {
	const browser = new FakeBrowser()
	const database = createMemoryDatabase()
	const time = fakeTime()

	const read = (storage: Storage) =>
		storage.transaction('read', ['meta'], async (tx) => bytesToUtf8((await tx.get('meta', 'text')) ?? new Uint8Array()))

	async function startCore(name: string, cores: Set<Storage>, failed: (where: string, error: unknown) => void) {
		const storage = await openMemoryStorage(database)
		cores.add(storage)
		const watchers = new Set<(text: string) => void>()
		const tell = async () => {
			const text = await read(storage)
			for (const watcher of watchers) watcher(`${name}:${text}`)
		}
		const api = {
			append: async (text: string) => {
				await storage.transaction('write', ['meta'], async (tx) => {
					const before = bytesToUtf8((await tx.get('meta', 'text')) ?? new Uint8Array())
					await tx.put('meta', 'text', utf8ToBytes(before + text))
				})
				await tell()
				return name
			},
			hang: () => new Promise(() => undefined),
			watch: (_view: string, _of: unknown, listener: (text: string) => void) => {
				watchers.add(listener)
				tell().catch((error: unknown) => failed('watch', error))
				return () => void watchers.delete(listener)
			},
		}
		const close = async () => {
			cores.delete(storage)
			await storage.close()
		}
		return { target: apiToTarget(api), close }
	}

	async function settled(): Promise<void> {
		for (let i = 0; i < 30; i++) await settle()
	}

	return {
		browser,
		settled,
		advance: async (ms) => {
			await time.advance(ms)
			await settled()
		},
		stored: async () => {
			const storage = await openMemoryStorage(database, { access: 'observe' })
			return read(storage)
		},
		open: async (name, options = {}) => {
			const browserTab = browser.openTab(options.lockDelay)
			const target = createRelay()
			const troubles: Trouble[] = []
			const cores = new Set<Storage>()
			const tab = await openTab({
				self: name,
				window: target,
				locks: browserTab.locks,
				election: browserTab.channel('election'),
				calls: browserTab.channel('calls'),
				timers: time.timers,
				trouble: (trouble) => troubles.push(trouble),
				startCore: async (failed) => {
					if (options.startFails !== undefined) throw options.startFails
					return startCore(name, cores, failed)
				},
				...(options.version === undefined ? {} : { version: options.version }),
			})
			await settled()
			return { ...tab, name, target, browserTab, troubles, cores }
		},
	}
}

const leaders = (...tabs: readonly TestTab[]) => tabs.filter((tab) => tab.leads()).map((tab) => tab.name)

describe('tabs of one browser', () => {
	test('one leads; the others reach its core', async () => {
		const world = createWorld()
		const [a, b, c] = [await world.open('a'), await world.open('b'), await world.open('c')]
		expect(leaders(a, b, c)).toEqual(['a'])
		expect([a, b, c].map((tab) => tab.cores.size)).toEqual([1, 0, 0])
		const answers = [a.target.call('append', '1'), b.target.call('append', '2'), c.target.call('append', '3')]
		expect(await Promise.all(answers)).toEqual(['a', 'a', 'a'])
		expect([...(await world.stored())].sort()).toEqual(['1', '2', '3'])
	})

	test('a closed leader is followed at once by the next in the queue, watches go on, and what it left is read', async () => {
		const world = createWorld()
		const [a, b, c] = [await world.open('a'), await world.open('b'), await world.open('c')]
		const seen: unknown[] = []
		c.target.watch('text', null, (value) => seen.push(value))
		await c.target.call('append', '1')
		await world.settled()
		a.browserTab.close()
		await world.settled()
		expect(leaders(b, c)).toEqual(['b'])
		await c.target.call('append', '2')
		await world.settled()
		expect(seen[0]).toBe('a:')
		expect(seen).toContain('a:1')
		expect(seen).toContain('b:1')
		expect(seen.at(-1)).toBe('b:12')
	})

	test('calls made while nobody leads wait for who leads next', async () => {
		const world = createWorld()
		const [a, b] = [await world.open('a'), await world.open('b')]
		a.browserTab.close()
		expect(await b.target.call('append', 'x')).toBe('b')
	})

	test('a call that the lost leader had begun is interrupted, and never made twice', async () => {
		const world = createWorld()
		const [a, b] = [await world.open('a'), await world.open('b')]
		const hanging = b.target.call('hang', null)
		const outcome = expect(hanging).rejects.toMatchObject({ type: 'interrupted' })
		await world.settled()
		a.browserTab.close()
		await world.settled()
		await outcome
		expect(await world.stored()).toBe('')
	})

	test('a tab whose own lock is slow to come is not taken for gone', async () => {
		const world = createWorld()
		const a = await world.open('a')
		const b = await world.open('b', { lockDelay: 60 })
		const seen: unknown[] = []
		b.target.watch('text', null, (value) => seen.push(value))
		await world.settled()
		for (let i = 0; i < 3; i++) await world.settled()
		await a.target.call('append', '1')
		await world.settled()
		expect(seen.at(-1)).toBe('a:1')
	})

	test('the leader forgets a tab that has gone', async () => {
		const world = createWorld()
		const [a, b] = [await world.open('a'), await world.open('b')]
		const seen: unknown[] = []
		b.target.watch('text', null, (value) => seen.push(value))
		await world.settled()
		const before = seen.length
		b.browserTab.close()
		await world.settled()
		await a.target.call('append', '1')
		await world.settled()
		expect(seen.length).toBe(before)
	})
})

describe('a leader that does not answer', () => {
	test('is replaced after 2 s by a tab that is looked at, and not before', async () => {
		const world = createWorld()
		const [a, b] = [await world.open('a'), await world.open('b')]
		b.setVisible(true)
		await world.settled()
		a.browserTab.freeze()
		await world.advance(1900)
		expect(b.leads()).toBe(false)
		await world.advance(1200)
		expect(b.leads()).toBe(true)
		expect(world.browser.holder(leaderLock)).toBe(b.browserTab)
	})

	test('is left alone by tabs that nobody looks at', async () => {
		const world = createWorld()
		const [a, b] = [await world.open('a'), await world.open('b')]
		a.browserTab.freeze()
		await world.advance(60_000)
		expect(b.leads()).toBe(false)
		b.setVisible(true)
		await world.advance(3100)
		expect(b.leads()).toBe(true)
	})

	test('changes nothing when it wakes up, stops its core and follows', async () => {
		const world = createWorld()
		const [a, b] = [await world.open('a'), await world.open('b')]
		await a.target.call('append', '1')
		b.setVisible(true)
		a.browserTab.freeze()
		await world.advance(3100)
		expect(leaders(a, b)).toEqual(['a', 'b']) // a still sleeps and believes it
		await b.target.call('append', '2')
		const late = a.target.call('append', 'late')
		await expect(late).rejects.toMatchObject({ type: 'stale-leader' })
		await a.browserTab.thaw()
		await world.settled()
		expect(leaders(a, b)).toEqual(['b'])
		expect([a.cores.size, b.cores.size]).toEqual([0, 1])
		expect(await a.target.call('append', '3')).toBe('b')
		expect(await world.stored()).toBe('123')
	})

	test('two impatient tabs end with one leader', async () => {
		const world = createWorld()
		const [a, b, c] = [await world.open('a'), await world.open('b'), await world.open('c')]
		b.setVisible(true)
		c.setVisible(true)
		await world.settled()
		a.browserTab.freeze()
		await world.advance(3100)
		await a.browserTab.thaw()
		await world.settled()
		expect(leaders(a, b, c)).toHaveLength(1)
		expect([a, b, c].reduce((sum, tab) => sum + tab.cores.size, 0)).toBe(1)
		expect(world.browser.holder(leaderLock)).toBe([a, b, c].find((tab) => tab.leads())?.browserTab)
	})
})

describe('trouble', () => {
	test('a newer version takes over, and the older tab says that it is outdated', async () => {
		const world = createWorld()
		const old = await world.open('old', { version: 1 })
		const fresh = await world.open('fresh', { version: 2 })
		await world.settled()
		expect(leaders(old, fresh)).toEqual(['fresh'])
		expect(old.troubles).toEqual(['outdated'])
		expect(fresh.troubles).toEqual([])
	})

	test('a tab whose core cannot start says why and leaves the lead to another', async () => {
		const world = createWorld()
		const a = await world.open('a', { startFails: new StorageError('unavailable') })
		expect(a.troubles).toEqual(['storage-unavailable'])
		const b = await world.open('b')
		expect(leaders(a, b)).toEqual(['b'])
	})
})
