/**
 * A real server and real clients without a browser, each behind a wire of its own (tcp-proxy.ts), so that a story can cut
 * one off and read what it said. story.ts is the same for vitest, with people who are signed up already.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AccountId, ConversationId, Grant, KithApi } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import { testStretchings } from './stretching.ts'
import { openNodeSocket } from '#platform/node/node-socket.ts'
import type { Clock } from '#protocol/ports.ts'
import { Line } from './model/line.ts'
import type { PeerHost, PeerNetwork } from './peer-network.ts'
import { startTestServer, type TestServer, type TestServerOptions } from './server.ts'
import { socketTap, tappedFetch, type SocketTap } from './socket-tap.ts'
import { redisPort, redisUrl } from './redis.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { must, until } from './watching.ts'

export const strongPassword = (name: string) => `${name} correct horse battery staple`

/** A device of somebody, in a browser or not. */
export interface Device {
	/** What it is called in messages; also the username that it signs up with. */
	readonly name: string
	/** Its own way to the server. */
	readonly wire: TcpProxy
	/** The client that is open now. */
	api: KithApi
	/** Closes the client and opens another on the same store. */
	reopen(): Promise<void>
}

/** A device without a browser. */
export interface NodeDevice extends Device {
	readonly serverUrl: string
	/** Path of the store. */
	readonly store: string
	/** What its client said to the server and heard from it, and a way to say more. Deaf where there is a line. */
	readonly tap: SocketTap
	/** Knows frames, and lets them come late and in another order; null in worlds without `lines`. */
	readonly line: Line | null
	/** Its place in the network between devices; a world has one where a story asks for `peers`. */
	readonly peerHost: PeerHost | null
}

/** Who signed up on a device. */
export interface Identity {
	readonly password: string
	readonly account: AccountId
	/** The recovery code. */
	readonly words: readonly string[]
}
export type Someone = Device & Identity
export type Person = NodeDevice & Identity

export interface World {
	/** The first, where there are two. */
	readonly server: TestServer
	readonly servers: readonly TestServer[]
	/** Between them and Redis; null where there is one. */
	readonly redis: TcpProxy | null
	/** An empty device; nobody is signed in. */
	device(name: string): Promise<NodeDevice>
	/** What a client or the server did not expect, with its stack; a story that has some has failed. */
	readonly troubles: () => readonly string[]
	/** Stops the server; `start` brings it back on its data folder, under the same addresses. */
	stop(): Promise<void>
	start(): Promise<void>
	close(): Promise<void>
}

interface DeviceOptions {
	readonly folder: string
	readonly port: number
	readonly clock?: Clock | undefined
	readonly epochDueEvents?: number | undefined
	readonly lines?: boolean | undefined
	readonly peers?: PeerNetwork | undefined
	/** Unexpected failures of the client. */
	readonly troubles: string[]
}

async function openDevice(
	name: string,
	{ folder, port, clock, epochDueEvents, lines, peers, troubles }: DeviceOptions,
): Promise<NodeDevice> {
	const wire = await startTcpProxy({ port })
	const serverUrl = `http://127.0.0.1:${wire.port}`
	const store = join(folder, `${name}-${wire.port}.sqlite`)
	const tap = socketTap(openNodeSocket)
	const line = lines === true ? lineTo(wire) : null
	const peerHost = peers?.host(name) ?? null
	async function open(): Promise<KithApi> {
		let closed = false
		const end = line?.end()
		const api = await createNodeClient({
			stretchings: testStretchings,
			serverUrl,
			storage: { path: store },
			openSocket: end?.openSocket ?? tap.openSocket,
			fetch: (end?.fetch as typeof fetch | undefined) ?? tappedFetch(tap),
			...(peerHost === null ? {} : { peerTransport: peerHost.transport }),
			...(clock === undefined ? {} : { clock }),
			...(epochDueEvents === undefined ? {} : { epochDueEvents }),
			// What was under way when the store was closed fails, as it must.
			failed: (where, error) =>
				void (closed || troubles.push(`${name}: ${where}: ${error instanceof Error ? error.stack : String(error)}`)),
		})
		const close = async () => {
			closed = true
			await api.close()
		}
		return { ...api, close }
	}
	const device: NodeDevice = {
		...{ name, wire, serverUrl, store, tap, line, peerHost },
		api: await open(),
		reopen: async () => {
			await device.api.close()
			device.api = await open()
		},
	}
	return device
}

/** Through the wire. */
function lineTo({ port }: TcpProxy): Line {
	const counts = { held: 0, reordered: 0, broken: 0 }
	return new Line({ port: () => port, counts, moved: () => undefined, answersOvertake: true })
}

/** `epochDueEvents`: of every client, instead of EPOCH_DUE_EVENTS. `lines`: each device has one. */
export type WorldOptions = TestServerOptions & {
	readonly epochDueEvents?: number
	readonly lines?: boolean
	/** Devices reach each other without the server, through this. */
	readonly peers?: PeerNetwork
	/** Two servers on one PostgreSQL, which tell each other by Redis; devices come to one and the other in turn. */
	readonly nodes?: 1 | 2
}

/** For what is about SQLite, whatever the other stories run on. */
export const onSqlite = { nodes: 1, database: 'sqlite' } as const

const nodesByDefault = process.env['KITH_TEST_NODES'] === '2' ? 2 : 1

export async function openWorld(options: WorldOptions = {}): Promise<World> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-story-'))
	const data = join(folder, 'server')
	const { nodes = nodesByDefault } = options
	const redis = nodes === 1 ? null : await startTcpProxy({ port: redisPort })
	const start = () => startServers(data, options, redis)
	let servers = await start()
	const first = () => servers[0] as TestServer
	const portOf = (device: number) => servers[device % servers.length]?.port ?? 0
	const devices: NodeDevice[] = []
	const troubles: string[] = []
	return {
		get server() {
			return first()
		},
		redis,
		get servers() {
			return servers
		},
		device: async (name) => {
			const device = await openDevice(name, { ...options, folder, port: portOf(devices.length), troubles })
			devices.push(device)
			return device
		},
		troubles: () => [
			...troubles,
			...servers.flatMap(({ lines }) =>
				lines.filter(({ level }) => level === 'error').map(({ event }) => `server: ${event}`),
			),
		],
		stop: async () => {
			for (const server of servers) await server.stop()
		},
		start: async () => {
			servers = await start()
			for (const [i, { wire }] of devices.entries()) wire.retarget(portOf(i))
		},
		close: async () => {
			for (const { api } of devices) await api.close()
			for (const { wire } of devices) await wire.close()
			for (const server of servers.slice(1)) await server.stop()
			await first().close()
			await redis?.close()
			await rm(folder, { recursive: true, force: true })
		},
	}
}

/** One, or two on the same folder and database, which find each other by `redis`. */
async function startServers(
	data: string,
	options: WorldOptions,
	redis: TcpProxy | null,
): Promise<readonly TestServer[]> {
	if (redis === null) return [await startTestServer({ ...options, data })]
	const url = new URL(redisUrl)
	url.port = String(redis.port)
	const one = { ...options, data, env: { ...options.env, REDIS_URL: url.href }, database: 'postgres' } as const
	return [await startTestServer(one), await startTestServer(one)]
}

/** The whole sign-up, as the screens lead through it. */
export async function signUp<D extends Device>(device: D, grant: Grant): Promise<D & Identity> {
	const { api, name } = device
	const password = strongPassword(name)
	const displayName = name.slice(0, 1).toUpperCase() + name.slice(1)
	const { words, ask } = must(await api.prepareSignUp({ name, displayName, password, grant }))
	must(await api.completeSignUp({ words: [words[ask[0]] ?? '', words[ask[1]] ?? ''] }))
	const session = await until(api, { view: 'session', of: null, is: (value) => value.type === 'signed-in' })
	if (session.type !== 'signed-in') throw new Error('not signed in')
	return Object.assign(device, { password, words, account: session.account })
}

export async function inviteFrom(admin: Device, input = { uses: 1, days: 7 }): Promise<Grant> {
	const { url } = must(await admin.api.createInvite(input))
	const { invite } = must(await admin.api.readLink({ url }))
	if (invite === null) throw new Error('an invitation carries no token')
	return { type: 'invite', token: invite }
}

export async function befriend(one: Someone, other: Someone): Promise<void> {
	must(await one.api.requestFriend({ name: other.name }))
	await friendUntil(other, one, 'incoming')
	must(await other.api.acceptFriend({ account: one.account }))
	await friendUntil(one, other, 'accepted')
	await friendUntil(other, one, 'accepted')
}

export function friendUntil(one: Someone, other: Someone, state: string) {
	return until(one.api, {
		view: 'friends',
		of: null,
		is: (friends) => friends.some((friend) => friend.account === other.account && friend.state === state),
	})
}

/** Friends' conversation, there on both sides and ready to be written in. */
export async function openDirect(one: Someone, other: Someone): Promise<ConversationId> {
	const { conversation } = must(await one.api.openDirect({ account: other.account }))
	await writableUntil(one, conversation)
	await writableUntil(other, conversation)
	return conversation
}

export function writableUntil({ api }: Device, conversation: ConversationId) {
	return until(api, { view: 'conversation', of: conversation, is: (view) => view?.writable.type === 'yes' })
}

export function onlineUntil({ api }: Device) {
	return until(api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
}

export function offlineUntil({ api }: Device) {
	return until(api, { view: 'connection', of: null, is: ({ type }) => type !== 'online' })
}

export async function post(
	{ api }: Device,
	conversation: ConversationId,
	...texts: readonly string[]
): Promise<string[]> {
	const keys: string[] = []
	for (const text of texts) keys.push(must(await api.post({ conversation, text })).key)
	return keys
}

/** The access token that the device uses now, renewed where it is due: any call carries it. */
export async function accessTokenOf({ api, tap }: NodeDevice): Promise<string> {
	await api.requestFriend({ name: 'nobody' })
	return tap.accessToken ?? ''
}
