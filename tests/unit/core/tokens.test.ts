import { describe, expect, it } from 'vitest'
import type { Self } from '#core/identity.ts'
import { createRecords } from '#core/records.ts'
import { createServerTime } from '#core/server-time.ts'
import { startTokenRenewal } from '#core/token-renewal.ts'
import { createTokenKeeper, type SessionAnswer } from '#core/tokens.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { serverIdOf } from '#protocol/ids.ts'
import { claimOver } from '#protocol/tags.ts'
import type { Connection, ConnectionListener } from '#sync/connection.ts'
import type { ConnectionState, Challenge } from '#sync/connection-state.ts'
import { corePeople } from '../../support/core-people.ts'
import { fakeTime, settle } from '../../support/fake-timers.ts'
import { dyingStorage, eventually, fakeHttp, memoryDevice, Refused, selfOf } from '../../support/core-client.ts'

const minute = 60_000

async function setup(seed: string, { writes = 1_000 } = {}) {
	const people = await corePeople(`tokens ${seed}`)
	const { crypto, serverKey } = people
	const alice = await people.person('alice')
	const device = await memoryDevice(people)
	const time = fakeTime()
	const world = {
		self: selfOf(people, alice) as Self | null,
		refuse: null as WireErrorCode | 'offline' | null,
		nonce: null as string | null,
		/** What meets those who asked for the nonce. */
		afterNonce: null as WireErrorCode | 'offline' | null,
		ended: [] as WireErrorCode[],
		given: 0,
	}
	const answer = (change: Partial<SessionAnswer> = {}): SessionAnswer => ({
		accessToken: `access ${++world.given}`,
		accessExpiresAt: time.clock() + 10 * minute,
		sid: bytesToBase64url(new Uint8Array(16).fill(5) as Bytes),
		refreshToken: `refresh ${world.given}`,
		refreshNonce: bytesToBase64url(new Uint8Array(32).fill(world.given) as Bytes),
		serverTime: time.clock(),
		role: 'user',
		...change,
	})
	const gate = { opened: Promise.resolve() as Promise<unknown> }
	const http = fakeHttp({
		'auth.refresh': async () => {
			await gate.opened
			if (world.refuse !== null) throw new Refused(world.refuse)
			return answer()
		},
		'auth.refreshNonce': async () => {
			if (world.nonce === null) throw new Refused('session-ended')
			world.refuse = world.afterNonce
			return { refreshNonce: world.nonce }
		},
	})
	const start = async (storage = device.open()) => {
		const serverTime = createServerTime(time.clock)
		const tokens = createTokenKeeper({
			...{ crypto, http, time: serverTime, transport: 'body', records: createRecords(await storage, device.wrap) },
			self: () => world.self,
			ended: (code) => void world.ended.push(code),
			role: async () => {},
		})
		return { tokens, serverTime }
	}
	const { tokens, serverTime } = await start(device.open().then((storage) => dyingStorage(storage, writes)))
	await tokens.adopt(answer())
	const refreshes = () =>
		http.calls
			.filter(({ name }) => name === 'auth.refresh')
			.map(({ input }) => input as { refreshToken?: string; clientNonce: string; signature: string })
	/** Is this the device's signature over use and both nonces? */
	const isSigned = async (use: 'socket' | 'refresh', by: { signature: Bytes; client: Bytes; server: Bytes }) => {
		const body = encodeAuthBody({
			...{ use, server: serverIdOf(crypto.hash, serverKey), idHash: alice.idHash, device: alice.device.deviceId },
			...{ sid: new Uint8Array(16).fill(5) as Bytes, clientNonce: by.client, serverNonce: by.server },
		})
		return (
			await crypto.verify([
				claimOver(crypto.hash, 'auth', { key: alice.device.signing.publicKey, body, signature: by.signature }),
			])
		)[0]
	}
	return { people, alice, tokens, serverTime, time, world, start, answer, refreshes, isSigned, gate }
}

const bytes = (text: string) => base64urlToBytes(text) as Bytes

describe('an access token', () => {
	it('is used until it is about to expire, and renewed once for however many ask', async () => {
		const { tokens, time, refreshes } = await setup('renew')
		expect(await tokens.access()).toEqual({ ok: true, value: 'access 1' })
		await time.advance(9 * minute + 31_000)
		const all = await Promise.all([tokens.access(), tokens.access(), tokens.access()])
		expect(all.map((token) => token.ok && token.value)).toEqual(['access 2', 'access 2', 'access 2'])
		expect(refreshes().map(({ refreshToken }) => refreshToken)).toEqual(['refresh 1'])
	})

	it('is asked for by the device’s signature over the nonce of the answer before', async () => {
		const { tokens, time, refreshes, isSigned } = await setup('signed')
		for (const round of [1, 2]) {
			await time.advance(10 * minute)
			await tokens.access()
			const { signature, clientNonce } = refreshes()[round - 1] as { signature: string; clientNonce: string }
			const server = new Uint8Array(32).fill(round) as Bytes
			expect(await isSigned('refresh', { signature: bytes(signature), client: bytes(clientNonce), server })).toBe(true)
		}
		expect(new Set(refreshes().map(({ clientNonce }) => clientNonce)).size).toBe(2)
	})

	it('that was refused before its time is not used again: another is asked for, once', async () => {
		const { tokens, refreshes } = await setup('doubt')
		expect(await tokens.access()).toEqual({ ok: true, value: 'access 1' })
		tokens.doubt()
		const all = await Promise.all([tokens.access(), tokens.access()])
		expect(all.map((token) => token.ok && token.value)).toEqual(['access 2', 'access 2'])
		expect(refreshes()).toHaveLength(1)
	})

	it('comes after a restart from what is kept', async () => {
		const { start, refreshes } = await setup('restart')
		const { tokens } = await start()
		expect(await tokens.access()).toEqual({ ok: true, value: 'access 2' })
		expect(refreshes()[0]?.refreshToken).toBe('refresh 1')
	})

	it('that was given and not kept is not used: the same is asked for again', async () => {
		const { tokens, time, start, refreshes } = await setup('lost', { writes: 1 })
		await time.advance(10 * minute)
		await expect(tokens.access()).rejects.toThrow()
		const again = await start()
		await again.tokens.access()
		expect(refreshes().map(({ refreshToken }) => refreshToken)).toEqual(['refresh 1', 'refresh 1'])
	})

	it('fails for now where the server is away or busy, and for good where the session has ended', async () => {
		const { tokens, time, world } = await setup('fails')
		await time.advance(10 * minute)
		for (const code of ['offline', 'internal', 'stopping', 'rate-limited'] as const) {
			world.refuse = code
			expect([code, await tokens.access()]).toEqual([code, { ok: false, error: null }])
		}
		expect(world.ended).toEqual([])
		world.refuse = 'token-reused'
		expect(await tokens.access()).toEqual({ ok: false, error: 'token-reused' })
		expect(world.ended).toEqual(['token-reused'])
	})

	it('is asked for again over the nonce that the server names, where a browser kept the cookie of an answer that was lost', async () => {
		const { tokens, time, world, refreshes, isSigned } = await setup('half an answer')
		await time.advance(10 * minute)
		const server = new Uint8Array(32).fill(77) as Bytes
		world.refuse = 'bad-device-proof'
		world.nonce = bytesToBase64url(server)
		expect(await tokens.access()).toEqual({ ok: true, value: 'access 2' })
		const { signature, clientNonce } = refreshes()[1] as { signature: string; clientNonce: string }
		expect(await isSigned('refresh', { signature: bytes(signature), client: bytes(clientNonce), server })).toBe(true)
		expect(world.ended).toEqual([])
	})

	it('that was asked for over the nonce that the server names, and lost, is asked for over it after a restart', async () => {
		const { tokens, time, world, start, refreshes, isSigned } = await setup('two answers lost')
		await time.advance(10 * minute)
		const server = new Uint8Array(32).fill(77) as Bytes
		Object.assign(world, { refuse: 'bad-device-proof', nonce: bytesToBase64url(server), afterNonce: 'offline' })
		expect(await tokens.access()).toEqual({ ok: false, error: null })
		world.refuse = null
		const again = await start()
		expect(await again.tokens.access()).toEqual({ ok: true, value: 'access 2' })
		const { signature, clientNonce } = refreshes()[2] as { signature: string; clientNonce: string }
		expect(await isSigned('refresh', { signature: bytes(signature), client: bytes(clientNonce), server })).toBe(true)
	})

	it('ends where the proof is bad over the very nonce that the server names, or it names none', async () => {
		for (const nonce of [null, bytesToBase64url(new Uint8Array(32).fill(1) as Bytes)]) {
			const { tokens, time, world, refreshes } = await setup(`bad proof ${nonce}`)
			await time.advance(10 * minute)
			world.refuse = 'bad-device-proof'
			world.nonce = nonce
			expect(await tokens.access()).toEqual({ ok: false, error: 'bad-device-proof' })
			expect(refreshes()).toHaveLength(1)
			expect(world.ended).toEqual(['bad-device-proof'])
		}
	})

	it('does not come back after a sign-out that crossed it', async () => {
		const { tokens, time, world, gate, start } = await setup('sign-out')
		await time.advance(10 * minute)
		let open = () => {}
		gate.opened = new Promise<void>((resolve) => (open = resolve))
		const asked = tokens.access()
		await settle()
		world.self = null
		tokens.forget()
		open()
		expect(await asked).toEqual({ ok: false, error: 'session-ended' })
		expect(tokens.renewAt()).toBe(null)
		expect(await tokens.access()).toEqual({ ok: false, error: 'session-ended' })
		expect(await (await start()).tokens.access()).toEqual({ ok: false, error: 'session-ended' })
	})

	it('of a malformed session is not taken', async () => {
		const { tokens, answer } = await setup('malformed')
		await expect(tokens.adopt(answer({ sid: 'AAAA' }))).rejects.toThrow()
		await expect(tokens.adopt(answer({ refreshNonce: '' }))).rejects.toThrow()
		expect(await tokens.access()).toEqual({ ok: true, value: 'access 1' })
	})
})

describe('a challenge', () => {
	const challengeOf = ({ serverKey }: { serverKey: Bytes }, time: number): Challenge => ({
		...{ t: 'challenge', instanceEpoch: 'A'.repeat(22), time },
		...{ serverNonce: bytesToBase64url(new Uint8Array(32).fill(8) as Bytes), serverKey: bytesToBase64url(serverKey) },
	})
	const client = new Uint8Array(32).fill(9) as Bytes

	it('is answered with a live token and the device’s signature over both nonces', async () => {
		const { tokens, people, time, isSigned } = await setup('prove')
		const proof = await tokens.prove(challengeOf(people, time.clock()), client)
		expect(proof).toMatchObject({ ok: true, value: { accessToken: 'access 1' } })
		const signature = proof.ok ? proof.value.signature : client
		expect(await isSigned('socket', { signature, client, server: new Uint8Array(32).fill(8) as Bytes })).toBe(true)
		expect(await isSigned('refresh', { signature, client, server: new Uint8Array(32).fill(8) as Bytes })).toBe(false)
	})

	it('of another server gets nothing', async () => {
		const { tokens, people, time } = await setup('other server')
		const other = { serverKey: people.crypto.random(32) }
		expect(await tokens.prove(challengeOf(other, time.clock()), client)).toEqual({ ok: false, error: 'wrong-origin' })
		expect(await tokens.prove({ ...challengeOf(people, time.clock()), serverNonce: 'AAAA' }, client)).toEqual({
			ok: false,
			error: 'malformed',
		})
	})

	it('tells the time first: a clock that was put back hides no token that ran out', async () => {
		const { tokens, people, time, refreshes } = await setup('clock')
		// The server is an hour further than this device believes.
		const proof = await tokens.prove(challengeOf(people, time.clock() + 60 * minute), client)
		expect([proof.ok && proof.value.accessToken, refreshes().length]).toEqual(['access 2', 1])
	})

	it('is not answered by nobody', async () => {
		const { tokens, people, time, world } = await setup('nobody')
		world.self = null
		expect(await tokens.prove(challengeOf(people, time.clock()), client)).toEqual({ ok: false, error: 'malformed' })
	})
})

describe('an open socket', () => {
	it('gets each new token before the old one runs out, while it is open', async () => {
		const { tokens, serverTime, time } = await setup('socket')
		let state: ConnectionState = { type: 'stopped' }
		let listener: ConnectionListener = {}
		const sent: unknown[] = []
		const connection = {
			state: () => state,
			send: (message: unknown) => sent.push(message) > 0,
			listen: (added: ConnectionListener) => {
				listener = added
				return () => (listener = {})
			},
		} as unknown as Connection
		const become = (next: ConnectionState) => {
			state = next
			listener.status?.(next)
		}
		const troubles: unknown[] = []
		const stop = startTokenRenewal({
			connection,
			tokens,
			timers: time.timers,
			time: serverTime,
			failed: (_, error) => void troubles.push(error),
		})
		expect(time.pending()).toBe(0)
		become({ type: 'online' })
		await time.advance(9 * minute)
		expect(sent).toEqual([])
		await time.advance(minute)
		await eventually(() => sent.length === 1, 'a token')
		expect(sent).toEqual([{ t: 'token', accessToken: 'access 2' }])
		await eventually(() => time.pending() === 1, 'the next renewal')
		await time.advance(10 * minute)
		await eventually(() => sent.length === 2, 'another token')
		await eventually(() => time.pending() === 1, 'the renewal after that')
		become({ type: 'waiting', attempt: 1 })
		await time.advance(60 * minute)
		expect([sent.length, time.pending()]).toEqual([2, 0])
		become({ type: 'online' })
		stop()
		expect([time.pending(), troubles]).toEqual([0, []])
	})
})
