/**
 * What every Storage must do, as plain cases: vitest runs them on memory, fake-indexeddb and SQLite,
 * and a browser page can run the same list on the real thing.
 */
import { utf8ToBytes, bytesToUtf8, type Bytes } from '#protocol/bytes.ts'
import { after, boxKey, eventIdKey, eventKey, eventRecvKey, pageRange, unreadRange } from '#store/keys.ts'
import { StorageError, TransactionEnded, type OpenOptions, type Storage, type Transaction } from '#store/storage.ts'

/** One database, empty at first; `open` may be called again after close, and while another is open. */
export interface StorageHarness {
	open(options?: OpenOptions): Promise<Storage>
	/** A promise that settles in a later task, as those of fetch and WebCrypto do. */
	laterTask(): Promise<void>
}

export interface StorageCase {
	readonly title: string
	run(harness: StorageHarness): Promise<void>
}

function equal(actual: unknown, expected: unknown): void {
	const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)]
	if (left !== right) throw new Error(`expected ${right}, got ${left}`)
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
	try {
		await promise
	} catch (error) {
		return error
	}
	throw new Error('expected a rejection')
}

async function rejectsAs(type: string, promise: Promise<unknown>): Promise<void> {
	const error = await rejection(promise)
	equal(error instanceof StorageError ? error.type : String(error), type)
}

const text = (value: string): Bytes => utf8ToBytes(value)
const shown = (bytes: Bytes | null): string | null => (bytes === null ? null : bytesToUtf8(bytes))
const getText = (storage: Storage, key: string) =>
	storage.transaction('read', ['meta'], async (tx) => shown(await tx.get('meta', key)))
const putText = (storage: Storage, key: string, value: string) =>
	storage.transaction('write', ['meta'], (tx) => tx.put('meta', key, text(value)))

/** Events c/0…: post n at clock n of one stream, numbered n + 100 by the server; odd ones by others. */
async function putEvents(tx: Transaction, conversation: string, count: number): Promise<void> {
	for (let n = 0; n < count; n++) {
		const key = eventKey({ conversation, page: Math.floor(n / 10), part: 0, clientId: 7, clock: n })
		await tx.put('events', key, text(`${conversation}${n}`), {
			id: eventIdKey(conversation, `id${n}`),
			recv: eventRecvKey(conversation, n % 2 === 1 ? 'unread' : 'other', n + 100),
		})
	}
}

const rowCases: readonly StorageCase[] = [
	{
		title: 'gives back what was put, after a restart too, and null for what was not',
		async run({ open }) {
			const first = await open()
			await putText(first, 'account', 'alice')
			equal(await getText(first, 'account'), 'alice')
			await first.close()
			const second = await open()
			equal([await getText(second, 'account'), await getText(second, 'device')], ['alice', null])
			await second.close()
		},
	},
	{
		title: 'copies bytes on the way in and out',
		async run({ open }) {
			const storage = await open()
			const mine = text('abc')
			await storage.transaction('write', ['meta'], async (tx) => {
				const put = tx.put('meta', 'k', mine)
				mine[0] = 0
				await put
				const got = await tx.get('meta', 'k')
				equal(shown(got), 'abc')
				if (got !== null) got[0] = 0
				equal(shown(await tx.get('meta', 'k')), 'abc')
			})
			const window = new Uint8Array(text('xxabcxx').buffer, 2, 3)
			await storage.transaction('write', ['meta'], (tx) => tx.put('meta', 'w', window))
			const stored = await storage.transaction('read', ['meta'], (tx) => tx.get('meta', 'w'))
			equal([shown(stored), stored?.buffer.byteLength], ['abc', 3])
			await storage.close()
		},
	},
	{
		title: 'overwrites, deletes, deletes a range and clears',
		async run({ open }) {
			const storage = await open()
			const left = await storage.transaction('write', ['boxes', 'meta'], async (tx) => {
				for (let epoch = 1; epoch <= 6; epoch++) await tx.put('boxes', boxKey('c', epoch), text(`${epoch}`))
				await tx.put('boxes', boxKey('c', 1), text('one'))
				await tx.put('meta', 'm', text('m'))
				await tx.clear('meta')
				await tx.delete('boxes', boxKey('c', 2))
				await tx.delete('boxes', boxKey('c', 99))
				await tx.deleteRange('boxes', { from: boxKey('c', 3), to: boxKey('c', 5) })
				return [(await tx.range('boxes')).map((row) => shown(row.bytes)), await tx.count('meta')]
			})
			equal(left, [['one', '5', '6'], 0])
			await storage.close()
		},
	},
	{
		title: 'refuses keys that do not sort alike everywhere, stores not named and writes while reading',
		async run({ open }) {
			const storage = await open()
			for (const key of ['', 'ä', 'a b', 'x'.repeat(513)]) await rejection(putText(storage, key, 'v'))
			await rejection(storage.transaction('read', ['meta'], (tx) => tx.put('meta', 'k', text('v'))))
			await rejection(storage.transaction('write', ['meta'], (tx) => tx.get('friends', 'k')))
			equal(await getText(storage, 'k'), null)
			await storage.close()
		},
	},
]

const rangeCases: readonly StorageCase[] = [
	{
		title: 'scans by key: from is in, to is out, limit counts from the end in reverse',
		async run({ open }) {
			const storage = await open()
			await storage.transaction('write', ['boxes'], async (tx) => {
				for (const epoch of [16, 1, 255, 2, 256]) await tx.put('boxes', boxKey('c', epoch), text(`${epoch}`))
				await tx.put('boxes', boxKey('b', 1), text('other'))
			})
			const scans = await storage.transaction('read', ['boxes'], async (tx) => {
				const range = { from: boxKey('c', 2), to: boxKey('c', 256) }
				const texts = async (options: object) => (await tx.range('boxes', options)).map((row) => shown(row.bytes))
				return [
					await texts(range),
					await texts({ ...range, limit: 2 }),
					await texts({ ...range, reverse: true }),
					await texts({ from: boxKey('c', 0), limit: 2, reverse: true }),
					await texts(after(boxKey('c', 16))),
					await texts({ limit: 0 }),
					await texts({ from: 'd' }),
					await texts({ from: 'd', to: 'c' }),
				]
			})
			equal(scans, [['2', '16', '255'], ['2', '16'], ['255', '16', '2'], ['256', '255'], ['255', '256'], [], [], []])
			await storage.close()
		},
	},
	{
		title: 'reads a page of a long conversation, and keys and counts without the bytes',
		async run({ open }) {
			const storage = await open()
			await storage.transaction('write', ['events'], async (tx) => {
				await putEvents(tx, 'c', 95)
				await putEvents(tx, 'd', 5)
			})
			const seen = await storage.transaction('read', ['events'], async (tx) => {
				const page = await tx.range('events', pageRange('c', 9))
				const keys = await tx.keys('events', { ...pageRange('c', 9), limit: 2, reverse: true })
				const counts = [await tx.count('events'), await tx.count('events', { ...pageRange('c', 1), limit: 4 })]
				return [page.map((row) => shown(row.bytes)), keys.map((key) => key.slice(-2)), counts]
			})
			equal(seen, [
				['c90', 'c91', 'c92', 'c93', 'c94'],
				['5e', '5d'],
				[100, 4],
			])
			await storage.close()
		},
	},
	{
		title: 'finds rows by index, in the order of the index, and counts unread',
		async run({ open }) {
			const storage = await open()
			await storage.transaction('write', ['events'], async (tx) => {
				await putEvents(tx, 'd', 20)
				await putEvents(tx, 'c', 20)
			})
			const seen = await storage.transaction('read', ['events'], async (tx) => {
				const at = eventIdKey('c', 'id7')
				const found = await tx.range('events', { index: 'id', from: at, to: `${at}!` })
				const unread = { index: 'recv' as const, ...unreadRange('c', 110) }
				const newest = await tx.keys('events', { ...unread, limit: 1, reverse: true })
				return [
					found.map((row) => shown(row.bytes)),
					await tx.count('events', unread),
					newest.map((key) => key.slice(-2)),
				]
			})
			equal(seen, [['c7'], 5, ['13']])
			await storage.close()
		},
	},
	{
		title: 'keeps an index in step with its rows, also two rows under one index key and rows out of it',
		async run({ open }) {
			const storage = await open()
			const byId = (tx: Transaction, id: string) =>
				tx.range('held', { index: 'id', from: id, to: `${id}!` }).then((rows) => rows.map((row) => row.key))
			const seen = await storage.transaction('write', ['held'], async (tx) => {
				await tx.put('held', 'b', text(''), { id: 'x' })
				await tx.put('held', 'a', text(''), { id: 'x' })
				await tx.put('held', 'n', text(''), { id: null })
				const both = await byId(tx, 'x')
				const reversed = await tx.keys('held', { index: 'id', reverse: true })
				await tx.put('held', 'a', text(''), { id: 'y' })
				await tx.delete('held', 'b')
				return [both, reversed, await byId(tx, 'x'), await byId(tx, 'y'), await tx.count('held', { index: 'id' })]
			})
			equal(seen, [['a', 'b'], ['b', 'a'], [], ['a'], 1])
			await storage.close()
		},
	},
	{
		title: 'says of every row that it reads which keys it has in the indexes, and null where it is in none',
		async run({ open }) {
			const storage = await open()
			const seen = await storage.transaction('write', ['held', 'drafts'], async (tx) => {
				await tx.put('held', 'a', text('a'), { id: 'x' })
				await tx.put('held', 'b', text('b'), { id: null })
				await tx.put('drafts', 'c', text('c'))
				const rows = [
					...(await tx.range('held')),
					...(await tx.range('held', { reverse: true, limit: 1 })),
					...(await tx.range('held', { index: 'id' })),
					...(await tx.range('drafts')),
				]
				return rows.map(({ key, indexes }) => [key, indexes])
			})
			equal(seen, [
				['a', { id: 'x' }],
				['b', { id: null }],
				['b', { id: null }],
				['a', { id: 'x' }],
				['c', {}],
			])
			await storage.close()
		},
	},
]

const transactionCases: readonly StorageCase[] = [
	{
		title: 'takes everything back when the transaction throws, indexes too',
		async run({ open }) {
			const storage = await open()
			await storage.transaction('write', ['events'], (tx) => putEvents(tx, 'c', 3))
			const stop = new Error('stop')
			const thrown = await rejection(
				storage.transaction('write', ['events', 'meta'], async (tx) => {
					await putEvents(tx, 'd', 3)
					await tx.put('meta', 'k', text('v'))
					await tx.delete('events', eventKey({ conversation: 'c', page: 0, part: 0, clientId: 7, clock: 1 }))
					await tx.deleteRange('events', pageRange('c', 0))
					throw stop
				}),
			)
			equal(thrown === stop, true)
			const seen = await storage.transaction('read', ['events', 'meta'], async (tx) => [
				await tx.count('events'),
				await tx.count('events', { index: 'recv', ...unreadRange('c', 0) }),
				await tx.count('meta'),
			])
			equal(seen, [3, 1, 0])
			await storage.close()
		},
	},
	{
		title: 'runs writers one after the other: a counter read and written in a transaction loses nothing',
		async run({ open }) {
			const storage = await open()
			const add = () =>
				storage.transaction('write-relaxed', ['meta'], async (tx) => {
					const before = Number(shown(await tx.get('meta', 'n')) ?? '0')
					await tx.put('meta', 'n', text(`${before + 1}`))
				})
			await Promise.all(Array.from({ length: 20 }, add))
			equal(await getText(storage, 'n'), '20')
			await storage.close()
		},
	},
	{
		title: 'answers calls made together, in a transaction that awaits them together',
		async run({ open }) {
			const storage = await open()
			const got = await storage.transaction('write', ['meta'], async (tx) => {
				await Promise.all(['a', 'b', 'c'].map((key) => tx.put('meta', key, text(key))))
				return Promise.all(['c', 'x', 'a'].map(async (key) => shown(await tx.get('meta', key))))
			})
			equal(got, ['c', null, 'a'])
			await storage.close()
		},
	},
	{
		title: 'says so when a transaction is used after its end',
		async run({ open }) {
			const storage = await open()
			let kept: Transaction | null = null
			await storage.transaction('write', ['meta'], async (tx) => {
				kept = tx
				await tx.put('meta', 'k', text('v'))
			})
			const error = await rejection((kept as unknown as Transaction).get('meta', 'k'))
			equal(error instanceof TransactionEnded, true)
			await storage.close()
		},
	},
	{
		title: 'says so when a transaction waits for something that is not its own',
		async run({ open, laterTask }) {
			const storage = await open()
			const error = await rejection(
				storage.transaction('write', ['meta'], async (tx) => {
					await tx.get('meta', 'k')
					await laterTask()
					await laterTask()
					await tx.put('meta', 'k', text('v'))
				}),
			)
			equal(error instanceof TransactionEnded, true)
			equal(await getText(storage, 'k'), null)
			await putText(storage, 'k', 'still works')
			equal(await getText(storage, 'k'), 'still works')
			await storage.close()
		},
	},
	{
		title: 'lets a transaction that fails leave calls behind without an unhandled rejection',
		async run({ open, laterTask }) {
			const storage = await open()
			await rejection(
				storage.transaction('write', ['meta'], async (tx) => {
					void tx.put('meta', 'a', text('a'))
					void tx.put('meta', 'b', text('b'))
					throw new Error('stop')
				}),
			)
			await laterTask()
			equal(await getText(storage, 'a'), null)
			await storage.close()
		},
	},
	{
		title: 'refuses work after close, and finishes what was under way',
		async run({ open }) {
			const storage = await open()
			const underWay = putText(storage, 'k', 'v')
			await Promise.all([underWay, storage.close()])
			await rejectsAs('closed', getText(storage, 'k'))
			const again = await open()
			equal(await getText(again, 'k'), 'v')
			await again.close()
		},
	},
]

const generationCases: readonly StorageCase[] = [
	{
		title: 'counts generations over restarts',
		async run({ open }) {
			const first = await open()
			await first.close()
			const second = await open()
			equal([first.generation, second.generation], [1, 2])
			await second.close()
		},
	},
	{
		title: 'aborts every transaction of a leader that was replaced, reads too, and changes nothing',
		async run({ open }) {
			const old = await open()
			await putText(old, 'k', 'old')
			const next = await open()
			await rejectsAs('stale-leader', putText(old, 'k', 'late'))
			await rejectsAs('stale-leader', getText(old, 'k'))
			equal(await getText(next, 'k'), 'old')
			await putText(next, 'k', 'next')
			await rejectsAs('stale-leader', putText(old, 'k', 'later still'))
			equal(await getText(next, 'k'), 'next')
			await old.close()
			await next.close()
		},
	},
	{
		title: 'lets an observer read beside the leader and never write',
		async run({ open }) {
			const leader = await open()
			await putText(leader, 'k', 'v')
			const observer = await open({ access: 'observe' })
			equal([observer.generation, await getText(observer, 'k')], [null, 'v'])
			await rejection(putText(observer, 'k', 'w'))
			await putText(leader, 'k', 'x')
			equal(await getText(observer, 'k'), 'x')
			await observer.close()
			await leader.close()
		},
	},
	{
		title: 'destroy leaves nothing behind, and the generation goes on or starts over only with an empty store',
		async run({ open }) {
			const storage = await open()
			await putText(storage, 'account', 'alice')
			await storage.transaction('write', ['events'], (tx) => putEvents(tx, 'c', 3))
			await storage.destroy()
			await rejectsAs('closed', getText(storage, 'account'))
			const next = await open()
			const left = await next.transaction('read', ['meta', 'events'], async (tx) => [
				await tx.count('meta'),
				await tx.count('events'),
			])
			equal(left, [0, 0])
			await next.close()
		},
	},
]

export const storageContract: readonly StorageCase[] = [
	...rowCases,
	...rangeCases,
	...transactionCases,
	...generationCases,
]
