import { describe, expect, it } from 'vitest'
import type { Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Frame } from '#protocol/frames.ts'
import { emptyAwarenessMessage } from '#protocol/page-messages.ts'
import type { ChannelListener, Channels } from '#sync/channels.ts'
import { pageSocketClass, type Gate } from '#sync/page-socket.ts'
import { fakeTime, settle } from '../../support/fake-timers.ts'

const frame = (byte: number): Frame => ({ channel: 1, recv: [], payload: new Uint8Array([byte]) as Bytes })

function setup(gate: Gate = async ({ payload }) => [payload]) {
	const time = fakeTime()
	const sent: number[][] = []
	let listener: ChannelListener | null = null
	const channels: Channels = {
		attach: (_, attached) => {
			listener = attached
			return () => {
				if (listener === attached) listener = null
			}
		},
		send: (_, payload) => sent.push([...payload]) > 0,
		follow: () => () => {},
		stop: () => {},
	}
	const PageSocket = pageSocketClass({ guid: 'c/page', channels, timers: time.timers, gate })
	const socket = new PageSocket()
	const heard: number[][] = []
	const closes: { code: number; reason: string }[] = []
	let opened = 0
	socket.onopen = () => void opened++
	socket.onmessage = ({ data }) => void heard.push([...new Uint8Array(data)])
	socket.onclose = (event) => void closes.push(event)
	const server = {
		open: () => listener?.open(),
		say: (byte: number) => listener?.frame(frame(byte)),
		close: (code: WireErrorCode | null) => listener?.closed(code),
		isAttached: () => listener !== null,
	}
	return { socket, server, time, sent, heard, closes, opened: () => opened }
}

async function open(gate?: Gate) {
	const world = setup(gate)
	world.server.open()
	await settle()
	expect(world.socket.readyState).toBe(1)
	return world
}

describe('the gate', () => {
	it('keeps the order of frames, however long each check takes', async () => {
		const checks: (() => void)[] = []
		const { server, heard } = await open(async ({ payload }) => {
			await new Promise<void>((resolve) => checks.push(resolve))
			return [payload]
		})
		for (const byte of [1, 2, 3]) server.say(byte)
		await settle()
		expect([checks.length, heard]).toEqual([1, []])
		for (let i = 0; i < 3; i++) {
			checks[i]?.()
			await settle()
		}
		expect(heard).toEqual([[1], [2], [3]])
	})

	it('lets through what it gives out, and nothing else', async () => {
		const { server, heard } = await open(async ({ payload }) =>
			payload[0] === 1 ? [] : [payload, new Uint8Array([9]) as Bytes],
		)
		server.say(1)
		server.say(2)
		await settle()
		expect(heard).toEqual([[2], [9]])
	})

	it('closes the socket where a check fails, and passes nothing of what came after', async () => {
		const { server, heard, closes, socket } = await open(async ({ payload }) => {
			if (payload[0] === 2) throw new Error('the disk is full')
			return [payload]
		})
		for (const byte of [1, 2, 3]) server.say(byte)
		await settle()
		expect(heard).toEqual([[1]])
		// The provider comes back, and its state vector asks for what is missing.
		expect(closes).toEqual([{ code: 1012, reason: '' }])
		expect([socket.readyState, server.isAttached()]).toEqual([3, false])
	})

	it('gives nothing to a socket that closed during the check', async () => {
		let pass = () => {}
		const { server, heard, socket } = await open(async ({ payload }) => {
			await new Promise<void>((resolve) => {
				pass = resolve
			})
			return [payload]
		})
		server.say(1)
		await settle()
		socket.close()
		pass()
		await settle()
		expect(heard).toEqual([])
	})
})

describe('opening and closing', () => {
	it('opens after the provider has set its handlers, once', async () => {
		const { server, opened, socket } = setup()
		expect([opened(), socket.readyState]).toEqual([0, 0])
		server.open()
		server.open()
		await settle()
		expect([opened(), socket.readyState]).toEqual([1, 1])
	})

	it('sends nothing before it is open and after it is closed', async () => {
		const { socket, server, sent } = setup()
		socket.send(new Uint8Array([1]) as Bytes)
		server.open()
		await settle()
		socket.send(new Uint8Array([2]) as Bytes)
		socket.close()
		socket.send(new Uint8Array([3]) as Bytes)
		expect(sent).toEqual([[2]])
	})

	it('tells the provider to stay away after a final verdict only', async () => {
		for (const [code, close] of [
			['not-member', 4471],
			['not-found', 4471],
			['rate-limited', 1012],
			['stopping', 1012],
			[null, 1012],
		] as const) {
			const { server, closes } = await open()
			server.close(code)
			expect(closes).toEqual([{ code: close, reason: code ?? '' }])
			server.close(code)
			expect(closes).toHaveLength(1)
		}
	})

	it('closes once, and leaves its channel', async () => {
		const { socket, closes, server, time } = await open()
		socket.close()
		socket.close()
		expect(closes).toEqual([{ code: 1000, reason: '' }])
		expect([server.isAttached(), time.pending()]).toEqual([false, 0])
	})
})

it('feeds the provider an empty awareness message every 20 s, so that it never takes silence for a dead line', async () => {
	const { time, heard, socket } = await open()
	await time.advance(60_000)
	expect(heard).toEqual([1, 2, 3].map(() => [...emptyAwarenessMessage()]))
	socket.close()
	await time.advance(60_000)
	expect(heard).toHaveLength(3)
})
