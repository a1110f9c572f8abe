/** Several nodes over one PostgreSQL, each with its own connections: what a repository promises one node it promises all. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Data } from '#server/data/data.ts'
import { openPostgresData } from '#server/data/postgres/postgres.ts'
import { Overtaken, type EventChange } from '#server/domain/event-ports.ts'
import { eventWorld } from '#tests/support/event-world.ts'
import { bytesOf } from '#tests/support/log-actors.ts'
import { describeOnPostgres } from '#tests/support/postgres.ts'
import { testDatabase, type TestDatabase } from '#tests/support/test-database.ts'

const alice = bytesOf('alice', 32)
const person = (name: string, role: 'admin' | 'user' = 'user') => ({
	...{ account: bytesOf(name, 32), name, role, createdAt: 1, disabledAt: null, owner: null },
})

describeOnPostgres('two nodes on one PostgreSQL', () => {
	let database: TestDatabase
	let one: Data
	let other: Data
	beforeAll(async () => {
		database = await testDatabase()
	})
	beforeEach(async () => {
		// Together: who comes second waits until the first has made the tables.
		;[one, other] = await Promise.all([openPostgresData(database.server), openPostgresData(database.server)])
		await database.empty()
		await one.unitOfWork.transaction(({ accounts }) => accounts.insert(person('alice')))
	})
	afterEach(async () => {
		await one.close()
		await other.close()
	})
	afterAll(() => database.drop())

	/** On both at once, in turns. */
	const onBoth = <T>(times: number, run: (node: Data, i: number) => Promise<T>): Promise<T[]> =>
		Promise.all(Array.from({ length: times }, (_, i) => run(i % 2 === 0 ? one : other, i)))
	const count = (results: readonly boolean[]) => results.filter(Boolean).length

	test('one transaction begins when the other has ended, and sees what it did', async () => {
		const [began, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
		const order: string[] = []
		const first = one.unitOfWork.transaction(async ({ accounts }, afterCommit) => {
			order.push('first')
			await accounts.insert(person('root', 'admin'))
			began.resolve()
			await held.promise
			afterCommit(() => order.push('first is told'))
		})
		await began.promise
		const second = other.unitOfWork.transaction(async ({ accounts }) => {
			order.push('second')
			return accounts.hasAdmin()
		})
		const waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
		await database.until(waits)
		expect(order).toEqual(['first'])
		held.resolve()
		await first
		expect([await second, order]).toEqual([true, expect.arrayContaining(['first', 'first is told', 'second'])])
	})

	test('what is there once is there once: names, seqs, versions, uses, ends', async () => {
		const write = (node: Data) => node.unitOfWork
		const inserted = await onBoth(10, (node, i) =>
			write(node).transaction(({ accounts }) => accounts.insert({ ...person('bob'), account: bytesOf(`bob ${i}`, 32) })),
		)
		const appended = await onBoth(12, (node, i) =>
			write(node).transaction(({ accountLogs }) => accountLogs.append(alice, Math.floor(i / 4), bytesOf(`${i}`, 8))),
		)
		const vaults = await onBoth(6, (node) =>
			write(node).transaction(({ vaults }) =>
				vaults.insert(alice, { version: 1, device: bytesOf('phone', 16), storedAt: 1, vault: bytesOf('vault', 9) }),
			),
		)
		const tokenHash = bytesOf('token', 32)
		await one.unitOfWork.transaction(({ invites }) =>
			invites.insert({ id: 'a', tokenHash, createdBy: alice, createdAt: 1, expiresAt: 99, usesLeft: 3 }),
		)
		const used = await onBoth(8, (node) => write(node).transaction(({ invites }) => invites.use(tokenHash, 5)))
		expect([inserted, appended, vaults, used].map(count)).toEqual([1, 3, 1, 3])
		expect((await other.repositories.accountLogs.entries(alice, 0)).length).toBe(3)
		expect(await other.repositories.invites.givenBy(alice, 5)).toBe(3)
	})

	test('a rule that looks before it writes holds: there is one first administrator', async () => {
		const made = await onBoth(8, (node, i) =>
			node.unitOfWork.transaction(async ({ accounts }) =>
				(await accounts.hasAdmin()) ? false : accounts.insert(person(`root${i}`, 'admin')),
			),
		)
		expect(count(made)).toBe(1)
		expect((await one.repositories.accounts.admins()).length).toBe(1)
	})

	test('a list counts on without a gap', async () => {
		await onBoth(10, (node, i) =>
			node.unitOfWork.transaction(({ sealedEntries }) => sealedEntries.put(alice, bytesOf(`${i}`, 16), bytesOf('e', 9))),
		)
		const versions = (await one.repositories.sealedEntries.since(alice, 0, 99)).map(({ version }) => version)
		expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
	})

	test('of two that store at the same recv, or open the same page or stream, one is overtaken', async () => {
		const conversation = bytesOf('room', 16)
		const { counters, page, stream } = await one.unitOfWork.transaction(async ({ conversations, events }) => {
			await conversations.insert({ conversation, kind: 'dm', createdAt: 1 })
			const counters = await events.openCounters(conversation)
			const page = await events.openPage(counters.id, { page: 0, part: 0, openedAt: 1 })
			const device = bytesOf('phone', 16)
			return {
				...{ counters, page },
				stream: await events.openStream(page.id, { clientId: 5, device, incarnation: 0, startedAt: 1 }),
			}
		})
		const at = { recv: 1, page: page.id, stream: stream.id, clock: 0, at: 1, expiresAt: null }
		const change = (i: number): EventChange => ({
			...{ counters: { ...counters, recv: 1 }, pages: [], rewritten: [], waiting: [] },
			streams: [{ id: stream.id, from: 0, next: 1 }],
			events: [{ ...at, eventId: bytesOf(`event ${i}`, 16), bytes: bytesOf(`item ${i}`, 9) }],
		})
		const outcome = (done: Promise<unknown>) =>
			done.then(
				() => 'stored',
				(error: unknown) => (error instanceof Overtaken ? 'overtaken' : error),
			)
		const sorted = async (run: (node: Data, i: number) => Promise<unknown>) =>
			(await onBoth(2, (node, i) => outcome(run(node, i)))).sort()
		const oneOfEach = ['overtaken', 'stored']
		expect(await sorted((node, i) => node.unitOfWork.transaction(({ events }) => events.store(change(i))))).toEqual(oneOfEach)
		const next = { page: 1, part: 0, openedAt: 2 }
		expect(
			await sorted((node) => node.unitOfWork.transaction(({ events }) => events.openPage(counters.id, next))),
		).toEqual(oneOfEach)
		const { id: _id, next: _next, ...same } = { ...stream, clientId: 6 }
		expect(
			await sorted((node) => node.unitOfWork.transaction(({ events }) => events.openStream(page.id, same))),
		).toEqual(oneOfEach)
		expect((await one.repositories.events.rows(page.id)).length).toBe(1)
		expect(await one.repositories.events.counters(conversation)).toMatchObject({ recv: 1 })
	})

	test('both take the messages of one conversation: each has one recv, none is lost, and neither hears of the other', async () => {
		await database.empty()
		const world = await eventWorld({ data: one })
		try {
			const beside = world.restart(other)
			const [alice, bob] = [world.pen(world.story.alice), world.pen(world.story.bob)]
			const guid = world.guid(0)
			const uploads = []
			for (let i = 0; i < 20; i++) {
				uploads.push(world.upload(alice, (await alice.rows(3, { guid }))))
				uploads.push(beside.upload(bob, (await bob.rows(3, { guid }))))
			}
			const acks = (await Promise.all(uploads)).flat()
			expect(new Set(acks.map(({ verdict }) => verdict))).toEqual(new Set(['accept']))
			const recvs = acks.map((ack) => ('recv' in ack ? ack.recv : 0)).sort((a, b) => a - b)
			expect(recvs).toEqual(Array.from({ length: 120 }, (_, i) => i + 1))
			const { id } = (await one.repositories.events.counters(world.conversation))!
			const [page] = await one.repositories.events.parts(id, 0)
			expect((await one.repositories.events.rows(page!.id)).length).toBe(120)
			expect(world.errors).toEqual([])
		} finally {
			world.close()
		}
	})
})
