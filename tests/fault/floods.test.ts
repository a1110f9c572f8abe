/** Who sends without end, proven or not: he costs himself time, the server keeps its memory, Alice and Bob talk on. */
import { request as nodeRequest } from 'node:http'
import { afterAll, beforeAll, expect } from 'vitest'
import { encodeFrame } from '#protocol/frames.ts'
import { addressLimits, socketLimits } from '#server/sync/limits.ts'
import type { HubFromClient } from '#protocol/hub.ts'
import { RawClient } from '#tests/support/raw-client.ts'
import { anonymous, codeOf, friendStep, logIn, type Person } from '#tests/support/http-person.ts'
import { attacks } from './hostile-client/attacks.ts'
import { marker } from './hostile-client/marks.ts'
import { heard, world } from './hostile-client/one-world.ts'

/** MiB more than before the first flood that the server may hold after the last one. */
const roomForAll = 250

let before = 0
let most = 0
beforeAll(async () => {
	await heard()
	before = world.memory()
})
async function goesOn(): Promise<void> {
	most = Math.max(most, world.memory())
	await heard()
}
afterAll(() => {
	process.stdout.write(`floods: ${before} MiB before, ${most} MiB at most\n`)
	expect(most - before).toBeLessThan(roomForAll)
})

const knock = async () => {
	const socket = new RawClient(world.server.port)
	await socket.opened()
	return socket
}
/** Close codes of `count` sockets of strangers, each of which says this. */
async function closes(count: number, say: (socket: RawClient) => void): Promise<string[]> {
	const codes: string[] = []
	for (let i = 0; i < count; i++) {
		const socket = await knock()
		say(socket)
		codes.push(String(await socket.closed))
	}
	return codes
}
const hello = { t: 'hello', v: 1, clientNonce: 'A'.repeat(43) } as const

/** HTTP status of a body that is said to be so long and never comes. */
function unending(path: string, length: number): Promise<string> {
	return new Promise((resolve) => {
		const headers = { 'content-type': 'application/json', 'content-length': String(length) }
		const request = nodeRequest({ port: world.server.port, path: `/api/v1${path}`, method: 'POST', headers })
		request.on('response', (response) => {
			response.resume()
			resolve(String(response.statusCode))
		})
		request.on('error', () => {})
		request.write('{')
		waiting.push(request)
	})
}
const waiting: ReturnType<typeof nodeRequest>[] = []

async function repeated(count: number, ask: (i: number) => Promise<string>): Promise<string[]> {
	const codes: string[] = []
	for (let i = 0; i < count; i++) codes.push(await ask(i))
	return codes
}

const stranger = {
	'sockets that say nothing': async () => {
		const sockets = await Promise.all(Array.from({ length: 100 }, knock))
		await heard()
		const states = sockets.map(({ socket }) => (socket.readyState === socket.OPEN ? 'open' : 'closed'))
		for (const { socket } of sockets) socket.terminate()
		return states
	},
	'more sockets than there is room for': async () => {
		const sockets: RawClient[] = []
		let refused: string | null = null
		while (refused === null && sockets.length < socketLimits.strangers) {
			const socket = new RawClient(world.server.port)
			refused = await socket.opened().then(
				() => null,
				(error: Error) => /\d{3}/.exec(error.message)?.[0] ?? '',
			)
			if (refused === null) sockets.push(socket)
		}
		for (const { socket } of sockets) socket.terminate()
		await Promise.all(sockets.map(({ closed }) => closed))
		expect(sockets.length).toBe(addressLimits.strangers)
		return [refused ?? '']
	},
	'frames before he has proven anything': () =>
		closes(20, (socket) => socket.raw(encodeFrame({ channel: 1, recv: [], payload: new Uint8Array(2000) }))),
	'bytes that are no frame': () => closes(20, (socket) => socket.raw(new Uint8Array(1000).fill(255))),
	'a first frame that does not end': () => closes(20, (socket) => socket.raw(new Uint8Array(900_000))),
	'hello again and again': () => closes(20, (socket) => [hello, hello].forEach((word) => socket.say(word))),
	'large bodies that nobody asked him for': () =>
		Promise.all(Array.from({ length: 100 }, () => unending('/conversations', 5_000_000))),
	'bodies of sign-ups that do not end': async () => {
		const all = Array.from({ length: 60 }, () => unending('/auth/registration/finish', 750_000))
		const first = await Promise.race(all)
		for (const request of waiting) request.destroy()
		return [first]
	},
	'sign-ins by guessed passwords': () =>
		repeated(14, async () => {
			const guess = logIn(world.server as never, 'bob', 'password')
			return guess.then(
				() => 'wrong-credentials',
				(error: Error) => (error.message.includes('rate-limited') ? 'rate-limited' : error.message),
			)
		}),
	'tokens that are none': () =>
		repeated(200, (i) => codeOf(anonymous(world.server, `a.b.${i}`).call((api) => api.accounts.me()))),
}

/** Of Mallory; he was thrown out, or he says so many words. */
async function says(count: number, word: (i: number) => HubFromClient): Promise<RawClient> {
	const socket = await world.mallory.socket()
	for (let i = 0; i < count; i++) socket.say(word(i))
	return socket
}

const member = {
	'sockets of one device': async () => {
		const first = await world.mallory.socket()
		const sockets: RawClient[] = []
		for (let i = 1; i < socketLimits.perDevice; i++) sockets.push(await world.mallory.enter())
		const code = await world.mallory.enter().catch((error: Error) => error.message)
		for (const { socket } of [first, ...sockets]) socket.terminate()
		await Promise.all([first, ...sockets].map(({ closed }) => closed))
		return [/\d{4}/.exec(String(code))?.[0] ?? '']
	},
	'questions for whole pages, unread': async () => {
		const socket = await world.mallory.socket()
		const channel = await socket.open(world.talk.guid())
		// A quick server may have answered before as many wait as may: then he asks for more, until the wire holds no answer more.
		for (let questions = 2 * socketLimits.answersWaiting; ; questions *= 2) {
			socket.socket.pause()
			for (let i = 0; i < questions; i++) socket.page(channel, { type: 'step1', vector: new Map() })
			await heard()
			socket.socket.resume()
			const answered = socket.settled().then(
				() => true,
				() => false,
			)
			if (!(await answered)) return [String(await socket.closed)]
			socket.frames.values.splice(0)
		}
	},
	'channels of pages that do not exist': async () => {
		const name = (i: number) => (i % 2 === 0 ? world.talk.guid(2 + i) : `c/${world.honest}/${i}`)
		const socket = await says(300, (i) => ({ t: 'open', guid: name(i) }))
		const codes: string[] = []
		for (let i = 0; i < 300; i++) codes.push((await socket.told('closed')).code ?? '')
		return codes
	},
	'items, each as large as one may be': () => uploads(40, (clock) => clock),
	'items behind a gap, each as large as one may be': () => uploads(40, (clock) => clock + 5000),
	'awareness of clientIDs that he makes up': async () => {
		const socket = await world.mallory.socket()
		const channel = await socket.open(world.talk.guid())
		for (let i = 0; i < 300; i++) {
			socket.page(channel, { type: 'awareness', states: [{ clientId: 10_000 + i, clock: 1, state: '{"v":"AAAA"}' }] })
		}
		let most = 0
		for (let rounds = 0; rounds < 30; rounds++) {
			socket.page(channel, { type: 'query-awareness' })
			await socket.settled()
			for (const { message } of socket.frames.values.splice(0)) {
				const states = message.type === 'awareness' ? message.states : []
				most = Math.max(most, states.filter(({ clientId }) => clientId >= 10_000).length)
			}
		}
		return [String(most)]
	},
	markers: async () => {
		const { mallory, talk } = world
		const socket = await mallory.socket()
		for (let i = 0; i < 300; i++) socket.say({ t: 'marker', conversation: talk.id, marker: await marker() })
		socket.say({ t: 'stream', guid: talk.guid(), clientId: 1 })
		await socket.told('stream')
		await heard()
		const kept = await mallory.person.http.call((api) => api.conversations.markers({ conversation: talk.id }))
		return [
			kept.ok && kept.value.markers.filter(({ account }) => account === mallory.person.id).length === 1
				? 'newest'
				: 'all',
		]
	},
	'requests to people': () =>
		limited(async () => {
			const to = { account: { idHash: world.mallory.crypto.random(32) } } as unknown as Person
			const request = await friendStep(world.mallory.person, to, { type: 'request' })
			const account = Buffer.from(to.account.idHash).toString('base64url')
			return codeOf(world.mallory.person.http.call((api) => api.friends.request({ account, request })))
		}),
	names: () =>
		repeated(70, (i) => codeOf(world.mallory.person.http.call((api) => api.friends.resolve({ name: `nobody${i}` })))),
	reports: () =>
		repeated(130, () => codeOf(world.mallory.person.http.call((api) => api.reports.send({ report: 'AAAA' })))),
	frames: async () => {
		const socket = await world.mallory.socket()
		const channel = await socket.open(world.talk.guid())
		for (let i = 0; i < 2500; i++) socket.page(channel, { type: 'query-awareness' })
		await heard()
		socket.socket.terminate()
		await socket.closed
		await world.mallory.socket()
		return ['welcome']
	},
}

/** What it comes to in the end. */
async function limited(ask: () => Promise<string>): Promise<string[]> {
	let last = ''
	for (let i = 0; i < 70; i++) last = await ask()
	return [last]
}

/** Items of 60 KiB in one go, at these clocks of a stream of its own. */
async function uploads(count: number, at: (i: number) => number): Promise<string[]> {
	const { mallory, talk } = world
	const text = 'x'.repeat(45_000)
	const incarnation = at(0) === 0 ? 1 : 2
	const items = []
	for (let i = 0; i < count; i++) items.push(await mallory.item(talk, { text, place: { incarnation, clock: at(i) } }))
	const acks = []
	for (let i = 0; i < count; i += 10) acks.push(...(await mallory.upload(talk.guid(), items.slice(i, i + 10))))
	return acks.map((ack) => ('code' in ack ? ack.code : ack.verdict))
}

attacks('without end, as a stranger', stranger, goesOn)
attacks('without end, as a member', member, goesOn)
