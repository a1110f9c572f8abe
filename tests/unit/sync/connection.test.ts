import { describe, expect, it } from 'vitest'
import { bytesToBase64url, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { wireErrors } from '#protocol/errors.ts'
import { encodeFrame, type Frame } from '#protocol/frames.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { fail, ok } from '#protocol/result.ts'
import type { ConnectionState } from '#sync/connection-state.ts'
import { createConnection, type ConnectionDeps } from '#sync/connection.ts'
import { fakeTime, settle } from '../../support/fake-timers.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { ServerEnd } from '../../support/server-end.ts'

const proof = { accessToken: 'token', signature: new Uint8Array(64) as Bytes }

function setup(change: Partial<ConnectionDeps> = {}) {
	const server = new ServerEnd()
	const time = fakeTime()
	const proved: { nonce: string; client: Bytes }[] = []
	const connection = createConnection({
		url: 'wss://kith.example/sync',
		openSocket: server.openSocket,
		timers: time.timers,
		random: seededRandom('connection'),
		prove: async ({ serverNonce }, client) => {
			proved.push({ nonce: serverNonce, client })
			return ok(proof)
		},
		...change,
	})
	const states: ConnectionState['type'][] = []
	const hub: HubFromServer[] = []
	const frames: Frame[] = []
	connection.listen({
		status: ({ type }) => void states.push(type),
		hub: (message) => void hub.push(message),
		frame: (frame) => void frames.push(frame),
	})
	return { server, time, connection, states, hub, frames, proved }
}

async function online(change: Partial<ConnectionDeps> = {}) {
	const world = setup(change)
	world.connection.start()
	await settle()
	expect(world.connection.state()).toEqual({ type: 'online' })
	return world
}

describe('the way in', () => {
	it('says hello with a fresh nonce, proves the device over both nonces, and is online with the welcome', async () => {
		const { server, states, proved } = await online()
		expect(states).toEqual(['opening', 'greeting', 'proving', 'entering', 'online'])
		const [hello, auth] = server.hub
		expect(hello).toEqual({ t: 'hello', v: 1, clientNonce: bytesToBase64url(proved[0]?.client as Bytes) })
		expect(auth).toEqual({ t: 'auth', accessToken: 'token', signature: bytesToBase64url(proof.signature) })
		expect([server.socket.url, server.socket.subprotocol]).toEqual(['wss://kith.example/sync', 'kith.mux.1'])
		expect(server.socket.binaryType).toBe('arraybuffer')
	})

	it('draws another nonce for each connection', async () => {
		const { server, time, proved } = await online()
		server.drop()
		await time.advance(1_000)
		expect(proved).toHaveLength(2)
		expect(proved[0]?.client).not.toEqual(proved[1]?.client)
	})

	it('gives up a socket that does not come to the welcome in time, and tries another', async () => {
		const { server, time, connection } = setup()
		server.welcomes = false
		connection.start()
		await time.advance(20_000)
		expect(server.sockets).toHaveLength(2)
		expect(server.sockets[0]?.isOpen).toBe(false)
	})

	it('does not give an old proof to a new socket', async () => {
		const proofs: (() => void)[] = []
		const { server, time, connection } = setup({
			prove: async () => {
				await new Promise<void>((resolve) => proofs.push(resolve))
				return ok(proof)
			},
		})
		const auths = () => server.hub.filter(({ t }) => t === 'auth').length
		connection.start()
		await settle()
		server.drop()
		await time.advance(1_000)
		expect([server.sockets.length, proofs.length]).toEqual([2, 2])
		proofs[0]?.()
		await settle()
		expect([auths(), connection.state().type]).toEqual([0, 'proving'])
		proofs[1]?.()
		await settle()
		expect([auths(), connection.state().type]).toEqual([1, 'online'])
	})

	it('waits where no proof can be had now, and ends where none ever will be', async () => {
		const offline = setup({ prove: async () => fail(null) })
		offline.connection.start()
		await settle()
		expect(offline.connection.state()).toEqual({ type: 'waiting', attempt: 1 })
		const ended = setup({ prove: async () => fail('session-ended') })
		ended.connection.start()
		await settle()
		expect(ended.connection.state()).toEqual({ type: 'ended', code: 'session-ended' })
		expect(ended.time.pending()).toBe(0)
	})

	it('takes a proof that throws as none for now', async () => {
		const { connection, time, server } = setup({
			prove: async () => {
				throw new Error('the disk is full')
			},
		})
		connection.start()
		await settle()
		expect(connection.state().type).toBe('waiting')
		await time.advance(1_000)
		expect(server.sockets).toHaveLength(2)
	})
})

describe('what comes in', () => {
	it('is told to listeners only between welcome and close', async () => {
		const { server, connection, hub, frames } = setup()
		server.welcomes = false
		connection.start()
		await settle()
		server.tell({ t: 'friends' })
		server.raw('c/page', new Uint8Array([1]))
		await settle()
		expect([hub, frames]).toEqual([[], []])
		server.tell({ t: 'challenge', serverNonce: 'A', serverKey: 'A', instanceEpoch: 'A', time: 1 })
		await settle()
		server.tell({ t: 'welcome', time: 1 })
		server.tell({ t: 'friends' })
		server.raw('c/page', new Uint8Array([1]))
		await settle()
		expect(hub.map(({ t }) => t)).toEqual(['welcome', 'friends'])
		expect(frames.map(({ payload }) => [...payload])).toEqual([[1]])
	})

	it('is dropped when it is no frame, no message of ours, or text', async () => {
		const { server, hub, frames, connection } = await online()
		const before = hub.length
		const bad = [
			new Uint8Array([0x80]).buffer,
			new ArrayBuffer(0),
			'1000000000',
			{ length: 5 },
			null,
			encodeFrame({ channel: 0, recv: [], payload: utf8ToBytes('{') }).buffer,
			encodeFrame({ channel: 0, recv: [], payload: utf8ToBytes('{"t":"acks","acks":[{"verdict":"love"}]}') }).buffer,
			encodeFrame({ channel: 0, recv: [], payload: new Uint8Array([0xff]) }).buffer,
		]
		for (const data of bad) server.socket.hear(data)
		await settle()
		expect([hub.length, frames]).toEqual([before, []])
		expect(connection.state().type).toBe('online')
	})

	it('does not reach anybody from a socket that was given up', async () => {
		const { server, connection, hub } = await online()
		const old = server.socket
		connection.stop()
		old.onmessage?.({ data: encodeFrame({ channel: 0, recv: [], payload: utf8ToBytes('{"t":"friends"}') }).buffer })
		expect(hub.map(({ t }) => t)).toEqual(['welcome'])
		expect(old.isOpen).toBe(false)
	})
})

describe('when it breaks', () => {
	it('comes back, later each time, and at once when nudged', async () => {
		const { server, time, connection } = await online()
		server.welcomes = false
		server.drop()
		await time.advance(400)
		expect(server.sockets).toHaveLength(1)
		await time.advance(300)
		expect(server.sockets).toHaveLength(2)
		server.drop()
		await time.advance(900)
		expect(server.sockets).toHaveLength(2)
		connection.nudge()
		await settle()
		expect(server.sockets).toHaveLength(3)
	})

	it('stays away after a final verdict, and says which', async () => {
		const { server, time, connection, states } = await online()
		server.drop(4421)
		await time.advance(600_000)
		expect(connection.state()).toEqual({ type: 'ended', code: 'session-ended' })
		expect(states.at(-1)).toBe('ended')
		expect(server.sockets).toHaveLength(1)
		connection.nudge()
		expect(server.sockets).toHaveLength(1)
	})

	it('takes a restart, an expired token and a slow reader for passing', async () => {
		for (const code of [1001, 1006, 1012, 4501, 4508, 4529]) {
			const { server, time, connection } = await online()
			server.drop(code)
			await time.advance(1_000)
			expect([code, connection.state().type, server.sockets.length]).toEqual([code, 'online', 2])
		}
	})

	it('says so where the server takes the token no more, and for no other end', async () => {
		let refused = 0
		const { server, time } = await online({ tokenRefused: () => void refused++ })
		for (const code of [1006, 1012, 4508]) {
			server.drop(code)
			await time.advance(1_000)
		}
		expect(refused).toBe(0)
		server.drop(wireErrors.unauthenticated.close)
		await settle()
		expect(refused).toBe(1)
	})

	it('answers false to whoever sends meanwhile', async () => {
		const { server, connection } = await online()
		const frame: Frame = { channel: 3, recv: [], payload: new Uint8Array([1]) }
		expect([connection.send({ t: 'open', guid: 'c/x' }), connection.sendFrame(frame)]).toEqual([true, true])
		server.drop()
		await settle()
		expect([connection.send({ t: 'open', guid: 'c/x' }), connection.sendFrame(frame)]).toEqual([false, false])
	})

	it('lets nobody listen any more who stopped', async () => {
		const { server, connection } = await online()
		const heard: string[] = []
		const stop = connection.listen({ hub: ({ t }) => void heard.push(t) })
		server.tell({ t: 'friends' })
		await settle()
		stop()
		server.tell({ t: 'friends' })
		await settle()
		expect(heard).toEqual(['friends'])
	})
})
