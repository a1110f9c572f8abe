import { expect, it } from 'vitest'
import type { Bytes } from '#protocol/bytes.ts'
import { guidOf } from '#protocol/guid.ts'
import { ok } from '#protocol/result.ts'
import { createChannels, type ChannelListener } from '#sync/channels.ts'
import { createConnection } from '#sync/connection.ts'
import { fakeTime, settle } from '../../support/fake-timers.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { ServerEnd } from '../../support/server-end.ts'

const id = new Uint8Array(16).fill(7) as Bytes
const conversation = 'BwcHBwcHBwcHBwcHBwcHBw'
const page = (n: number) => guidOf({ conversation: id, page: n, part: 0 })

async function setup() {
	const server = new ServerEnd()
	const time = fakeTime()
	const connection = createConnection({
		url: 'wss://kith.example/sync',
		openSocket: server.openSocket,
		timers: time.timers,
		random: seededRandom('channels'),
		prove: async () => ok({ accessToken: 'token', signature: new Uint8Array(64) as Bytes }),
	})
	const channels = createChannels(connection)
	const log: string[] = []
	const listener = (name: string): ChannelListener => ({
		open: () => void log.push(`${name} open`),
		frame: ({ payload }) => void log.push(`${name} ${payload.join(' ')}`),
		closed: (code) => void log.push(`${name} closed ${code}`),
	})
	const follow = (of = conversation) =>
		channels.follow(of, {
			current: (number) => void log.push(`current ${number}`),
			elsewhere: (guid) => void log.push(`elsewhere ${guid}`),
			expelled: () => void log.push('expelled'),
		})
	connection.start()
	await settle()
	const asked = (type: 'open' | 'close' | 'follow' | 'unfollow') => server.hub.filter(({ t }) => t === type).length
	/** Says one byte on a page's channel. */
	const say = (guid: string, byte: number) => server.raw(guid, new Uint8Array([byte]))
	/** What was heard since the last look, greetings of the server left out. */
	const heard = async () => {
		await settle()
		return log.splice(0).filter((line) => !/ 0 0 /.test(line))
	}
	return { server, time, connection, channels, listener, follow, log, asked, say, heard }
}

it('opens a channel for each page, and gives frames to the page that they are of', async () => {
	const { channels, listener, say, heard } = await setup()
	channels.attach(page(0), listener('a'))
	channels.attach(page(1), listener('b'))
	expect(await heard()).toEqual(['a open', 'b open'])
	say(page(1), 1)
	say(page(0), 2)
	expect(await heard()).toEqual(['b 1', 'a 2'])
})

it('asks once there is a connection for what was attached and followed before, and again after each reconnect', async () => {
	const { server, time, channels, listener, follow, asked, heard, say } = await setup()
	channels.attach(page(0), listener('a'))
	follow()
	await settle()
	expect([asked('open'), asked('follow')]).toEqual([1, 1])
	await heard()
	server.drop()
	expect(await heard()).toEqual(['a closed null'])
	await time.advance(1_000)
	expect([asked('open'), asked('follow')]).toEqual([2, 2])
	expect((await heard()).filter((line) => line !== 'a open')).toEqual(['current 0'])
	say(page(0), 1)
	expect(await heard()).toEqual(['a 1'])
})

it('asks anew for a page that it closed before the answer came', async () => {
	const { channels, listener, asked, heard, say } = await setup()
	channels.attach(page(0), listener('a'))()
	await settle()
	expect([asked('open'), asked('close')]).toEqual([1, 1])
	channels.attach(page(0), listener('b'))
	expect(await heard()).toEqual(['b open'])
	expect(asked('open')).toBe(2)
	say(page(0), 1)
	expect(await heard()).toEqual(['b 1'])
})

it('keeps the frames of a followed page until somebody attaches, in their order', async () => {
	const { channels, listener, follow, heard, say } = await setup()
	follow()
	expect(await heard()).toEqual(['current 0', `elsewhere ${page(0)}`])
	for (const byte of [1, 2, 3]) say(page(0), byte)
	expect(await heard()).toEqual([])
	channels.attach(page(0), listener('a'))
	expect(await heard()).toEqual(['a open', 'a 1', 'a 2', 'a 3'])
})

it('keeps no more than 256 of them: the page syncs from its state vector', async () => {
	const { channels, listener, follow, heard, say } = await setup()
	follow()
	await heard()
	for (let i = 0; i < 1_000; i++) say(page(0), i % 200)
	await heard()
	channels.attach(page(0), listener('a'))
	// The first was the greeting.
	expect((await heard()).filter((line) => line !== 'a open')).toHaveLength(255)
})

it('tells of what comes in a page that was left but is still followed, and keeps it', async () => {
	const { channels, listener, follow, heard, say, asked } = await setup()
	follow()
	await heard()
	const leave = channels.attach(page(0), listener('a'))
	leave()
	await heard()
	say(page(0), 9)
	expect(await heard()).toEqual([`elsewhere ${page(0)}`])
	channels.attach(page(0), listener('b'))
	await settle()
	// Not taken for open: the server has us on no list of openers.
	expect(asked('open')).toBe(1)
	expect(await heard()).toEqual(['b open', 'b 9'])
})

it('keeps nothing of a page whose conversation nobody follows', async () => {
	const { channels, listener, heard, say, server } = await setup()
	const leave = channels.attach(page(0), listener('a'))
	await heard()
	leave()
	say(page(0), 9)
	server.tell({ t: 'opened', guid: page(5), channel: server.channelOf(page(5)) })
	say(page(5), 9)
	expect(await heard()).toEqual([])
	channels.attach(page(0), listener('b'))
	channels.attach(page(5), listener('c'))
	expect((await heard()).filter((line) => line.includes('9'))).toEqual([])
})

it('passes on why a channel was closed, and opens it again for whoever attaches anew', async () => {
	const { server, channels, listener, heard, asked } = await setup()
	channels.attach(page(0), listener('a'))
	await heard()
	server.tell({ t: 'closed', guid: page(0), code: 'not-member' })
	server.tell({ t: 'closed', guid: page(0) })
	expect(await heard()).toEqual(['a closed not-member', 'a closed null'])
	channels.attach(page(0), listener('b'))
	expect(await heard()).toEqual(['b open'])
	expect(asked('open')).toBe(2)
})

it('tells a follower that the server no longer lets him hear, and not that a page is gone', async () => {
	const { server, follow, heard } = await setup()
	follow()
	await heard()
	server.tell({ t: 'closed', guid: page(0) })
	server.tell({ t: 'closed', guid: page(0), code: 'not-found' })
	expect(await heard()).toEqual([])
	server.tell({ t: 'closed', guid: page(0), code: 'not-member' })
	expect(await heard()).toEqual(['expelled'])
})

it('does not close a page for a listener that was replaced', async () => {
	const { channels, listener, heard, asked, say } = await setup()
	const leave = channels.attach(page(0), listener('a'))
	channels.attach(page(0), listener('b'))
	await heard()
	leave()
	say(page(0), 1)
	expect(await heard()).toEqual(['b 1'])
	expect(asked('close')).toBe(0)
})

it('sends only on channels that are open', async () => {
	const { server, channels, listener } = await setup()
	const bytes = new Uint8Array([0, 1, 1, 0]) as Bytes
	expect(channels.send(page(0), bytes)).toBe(false)
	const leave = channels.attach(page(0), listener('a'))
	await settle()
	expect(channels.send(page(0), bytes)).toBe(true)
	leave()
	expect(channels.send(page(0), bytes)).toBe(false)
	server.drop()
	await settle()
	expect(channels.send(page(0), bytes)).toBe(false)
})

it('forgets numbers with the connection: another server may give them to others', async () => {
	const { server, time, channels, listener, heard } = await setup()
	channels.attach(page(0), listener('a'))
	await heard()
	server.drop()
	server.welcomes = false
	await time.advance(1_000)
	server.raw(page(0), new Uint8Array([1]))
	expect(await heard()).toEqual(['a closed null'])
})
