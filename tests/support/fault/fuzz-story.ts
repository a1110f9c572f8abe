/** Strangers and members send damaged frames, as many as they are told, while Alice and Bob talk. */
import { performance } from 'node:perf_hooks'
import { expect } from 'vitest'
import { utf8ToBytes } from '#protocol/bytes.ts'
import { encodeFrame } from '#protocol/frames.ts'
import { encodePageMessage } from '#protocol/page-messages.ts'
import { chanceOf, type Chance } from '../model/chance.ts'
import { RawClient } from '../raw-client.ts'
import { spoilt } from './fuzz.ts'
import type { HostileWorld } from './hostile-world.ts'
import type { Mallory } from './mallory.ts'

export interface FuzzCounts {
	readonly frames: number
	readonly beforeAuthentication: number
	/** Sockets that the server closed. */
	readonly closed: number
	readonly talks: number
	/** MiB. */
	readonly memoryBefore: number
	readonly memoryAfter: number
	readonly seconds: number
}

const hub = (message: object) => encodeFrame({ channel: 0, recv: [], payload: utf8ToBytes(JSON.stringify(message)) })
const zeros = 'A'.repeat(43)

/** What a stranger may say. */
const strangersFrames = [
	hub({ t: 'hello', v: 1, clientNonce: zeros }),
	hub({ t: 'auth', accessToken: 'a.b.c', signature: 'A'.repeat(86) }),
	hub({ t: 'open', guid: 'c/AAAAAAAAAAAAAAAAAAAAAA/0' }),
	encodeFrame({ channel: 1, recv: [1, 2], payload: encodePageMessage({ type: 'step1', vector: new Map([[1, 1]]) }) }),
]

/** What a member may say; items are Alice's, so that a damaged one ends no session of Mallory's. */
async function membersFrames({ talk }: HostileWorld, mallory: Mallory, channel: number): Promise<Uint8Array[]> {
	const conversation = talk.id
	const guid = talk.guid()
	const items = await mallory.rows(talk)
	const messages = [
		{ t: 'open', guid },
		{ t: 'close', guid: talk.guid(1) },
		{ t: 'follow', conversation },
		{ t: 'unfollow', conversation: 'AAAAAAAAAAAAAAAAAAAAAA' },
		{ t: 'stream', guid, clientId: 5 },
		{ t: 'marker', conversation, marker: 'AAAA' },
		{ t: 'presence', away: true },
	]
	const pages = [
		{ type: 'step1', vector: new Map([[items[0]!.clientId, 1]]) },
		{ type: 'step2', items },
		{ type: 'update', items },
		{ type: 'query-awareness' },
		{ type: 'awareness', states: [{ clientId: 1, clock: 1, state: '{"v":"AAAA"}' }] },
	] as const
	return [
		...messages.map(hub),
		...pages.map((message) => encodeFrame({ channel, recv: [], payload: encodePageMessage(message) })),
	]
}

/** A socket that was closed is replaced; a new session is needed when the server ended his. */
class Attacker {
	closed = 0
	sent = 0
	readonly #world: HostileWorld
	readonly #mallory: Mallory
	readonly #chance: Chance
	#frames: Uint8Array[] = []
	#socket: RawClient | null = null

	constructor(world: HostileWorld, mallory: Mallory, chance: Chance) {
		this.#world = world
		this.#mallory = mallory
		this.#chance = chance
	}

	async #ready(): Promise<RawClient> {
		if (this.#socket !== null && this.#socket.socket.readyState === this.#socket.socket.OPEN) return this.#socket
		if (this.#socket !== null) this.closed++
		const socket = await this.#mallory.socket()
		const channel = await socket.open(this.#world.talk.guid())
		this.#frames = await membersFrames(this.#world, this.#mallory, channel)
		this.#socket = socket
		return socket
	}

	async send(count: number): Promise<void> {
		for (let i = 0; i < count; i++) {
			const socket = await this.#ready().catch(() => null)
			if (socket === null) continue
			socket.raw(spoilt(this.#frames, this.#chance))
			this.sent++
			if (i % 8 === 7) await Promise.race([socket.settled().catch(() => undefined), socket.closed])
			socket.hub.values.length = socket.frames.values.length = 0
		}
	}
}

/** Up to three frames on each socket, before hello or after it: hello and auth are all that a stranger may say. */
async function strangers(port: number, count: number, chance: Chance): Promise<{ sent: number; closed: number }> {
	let [sent, closed] = [0, 0]
	for (let i = 0; i < count; i += 3) {
		const socket = new RawClient(port)
		// Who proves nothing so often gets no socket for a while (WIRE13).
		const isOpen = await socket.opened().then(
			() => true,
			() => false,
		)
		if (!isOpen) continue
		sent += 3
		if (chance.below(2) === 0) socket.raw(strangersFrames[0]!)
		for (let j = 0; j < 3; j++) socket.raw(spoilt(strangersFrames, chance))
		await Promise.race([socket.settled().catch(() => undefined), socket.closed])
		if (socket.socket.readyState !== socket.socket.OPEN) closed++
		socket.socket.terminate()
	}
	return { sent, closed }
}

/** One round is 250 frames, a fifth of them by strangers; between two rounds Alice and Bob say a word each. */
export async function fuzz(
	world: HostileWorld,
	{ frames, seed }: { frames: number; seed: string },
): Promise<FuzzCounts> {
	const { mallory } = world
	const chance = chanceOf(seed)
	const attacker = new Attacker(world, mallory, chance)
	const began = performance.now()
	await world.stillTalk()
	const memoryBefore = world.memory()
	let beforeAuthentication = 0
	let closed = 0
	let talks = 0
	while (attacker.sent + beforeAuthentication < frames) {
		await attacker.send(200)
		const round = await strangers(world.server.port, 50, chance)
		closed += round.closed
		beforeAuthentication += round.sent
		await world.stillTalk()
		talks++
	}
	expect(world.server.log()).not.toMatch(/"level":"?(error|50)/)
	const seconds = Math.round((performance.now() - began) / 1000)
	const sent = attacker.sent + beforeAuthentication
	return {
		frames: sent,
		beforeAuthentication,
		closed: closed + attacker.closed,
		talks,
		memoryBefore,
		memoryAfter: world.memory(),
		seconds,
	}
}
