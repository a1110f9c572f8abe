/**
 * Two nodes as processes, with a PostgreSQL and a Redis of their own, and two people who write while one part after the other dies:
 * a node, Redis or PostgreSQL by SIGKILL, every connection to PostgreSQL by its administrator. Whatever was acked is there once, at
 * both and in the database, and nobody starts his client anew.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished } from 'vitest'
import { createNodeClient } from '#platform/node/node-client.ts'
import type { ConversationId } from '#core/api.ts'
import { serverAlone, startServerProcess, type ServerProcess } from '../server-process.ts'
import { testServerEnvironment } from '../server.ts'
import { testStretchings } from '../stretching.ts'
import { startTcpProxy } from '../tcp-proxy.ts'
import { testDatabase } from '../test-database.ts'
import { textOf, until } from '../watching.ts'
import { befriend, inviteFrom, openDirect, post, signUp, type Device, type Someone } from '../world.ts'
import { chanceOf } from '../model/chance.ts'
import { hastyTimers } from './hasty-timers.ts'
import { startOwnPostgres } from './own-postgres.ts'
import { startOwnRedis } from './own-redis.ts'

export interface FaultRun {
	readonly seed: number
	/** Asked after each round. */
	readonly goOn: (rounds: number) => boolean
}

export interface FaultCounts {
	readonly messages: number
	readonly faults: Readonly<Record<string, number>>
}

const perStep = 4

export async function failingNodes({ seed, goOn }: FaultRun): Promise<FaultCounts> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-failing-'))
	onTestFinished(() => rm(folder, { recursive: true, force: true }))
	const postgres = await startOwnPostgres()
	onTestFinished(() => postgres.remove())
	const database = await testDatabase('kith', postgres.url)
	const redis = await startOwnRedis()
	onTestFinished(() => redis.kill())
	const data = join(folder, 'server')
	const env = {
		...{ ...testServerEnvironment, KITH_LOG: 'error', KITH_EVENTS_PER_SECOND: '10000' },
		...{ DATABASE_URL: database.url, REDIS_URL: redis.url },
	}
	const start = (port = 0) => startServerProcess({ data, port, env, command: [process.execPath, ...serverAlone] })
	const nodes: ServerProcess[] = [await start()]
	nodes.push(await start())
	onTestFinished(async () => {
		for (const node of nodes) await node.kill()
	})

	const [one, other] = [await person('alice', folder, 0), await person('bob', folder, 1)]
	// The link that was printed last counts.
	const link = await (nodes[1] as ServerProcess).setupLink()
	const alice = await signUp(one, { type: 'setup', token: link.slice(link.indexOf('#') + 1) })
	const bob = await signUp(other, await inviteFrom(alice))
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)

	const faults: Readonly<Record<string, (which: number) => Promise<void>>> = {
		node: async (which) => {
			const dying = nodes[which] as ServerProcess
			await dying.kill()
			await write('while a node is gone')
			nodes[which] = await start(dying.port)
		},
		redis: async () => {
			await redis.kill()
			await write('while Redis is gone')
			await redis.start()
		},
		postgres: async () => {
			await postgres.kill()
			await write('while PostgreSQL is gone')
			await postgres.start()
		},
		connections: async () => {
			await database.query(
				'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
			)
			await write('while connections break')
		},
	}
	const written: string[] = []
	async function write(when: string): Promise<void> {
		for (let i = 0; i < perStep; i++)
			for (const someone of [alice, bob]) {
				const text = `${someone.name} ${written.length} ${when}`
				written.push(text)
				await post(someone, conversation, text)
			}
	}

	const { below } = chanceOf(`failing nodes ${seed}`)
	const counts: Record<string, number> = {}
	const names = Object.keys(faults)
	for (let rounds = 0; rounds < names.length || goOn(rounds); rounds++) {
		// Each once, then whichever.
		const name = names[rounds < names.length ? rounds : below(names.length)] as string
		await write('before')
		await faults[name]?.(below(nodes.length))
		counts[name] = (counts[name] ?? 0) + 1
		for (const someone of [alice, bob]) await everythingUntil(someone, conversation, written)
	}
	const [{ events = 0 } = {}] = await database.query<{ events: number }>('SELECT count(*)::int AS events FROM events')
	expect(events).toBe(written.length)
	return { messages: written.length, faults: counts }

	/** On its own node, which comes back at the same port. */
	async function person(name: string, where: string, node: number): Promise<Device> {
		const wire = await startTcpProxy({ port: (nodes[node] as ServerProcess).port })
		const api = await createNodeClient({
			...{ stretchings: testStretchings, serverUrl: `http://127.0.0.1:${wire.port}`, timers: hastyTimers() },
			storage: { path: join(where, `${name}.sqlite`) },
			failed: () => undefined,
		})
		onTestFinished(async () => {
			await api.close()
			await wire.close()
		})
		return { name, wire, api, reopen: async () => undefined }
	}
}

/** All of it acked, all of it here, none of it twice. */
async function everythingUntil({ api }: Someone, of: ConversationId, texts: readonly string[]): Promise<void> {
	await until(api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	const view = await until(api, {
		view: 'conversation',
		of,
		is: (value) => {
			if (value?.more === true) void api.loadEarlier({ conversation: of, count: 500 })
			return value?.more === false && value.messages.length >= texts.length
		},
	})
	expect(view?.messages.map(textOf).toSorted()).toEqual([...texts].toSorted())
}
