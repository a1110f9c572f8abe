import { WebSocket, WebSocketServer } from 'ws'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { decodeFrame } from '#protocol/frames.ts'
import { FRAME_MAX } from '#protocol/limits.ts'
import { decodePageMessage } from '#protocol/page-messages.ts'
import { answerFrames, wireFrame } from '#server/sync/frames.ts'

test('frames written past ws are what a WebSocket client reads, at every length of header', async () => {
	const server = new WebSocketServer({ port: 0 })
	const sizes = [0, 1, 122, 123, 124, 125, 126, 127, 65_532, 65_533, 65_534, 65_540, 900_000]
	server.on('connection', (_socket, { socket }) => {
		for (const size of sizes) socket.write(wireFrame({ channel: 0, recv: [], payload: new Uint8Array(size).fill(7) }))
	})
	const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
	const read: number[] = []
	await new Promise<void>((resolve) =>
		client.on('message', (data: Buffer, isBinary) => {
			const frame = decodeFrame(new Uint8Array(data))
			if (isBinary && frame.ok && frame.value.payload.every((byte) => byte === 7)) read.push(frame.value.payload.length)
			if (read.length === sizes.length) resolve()
		}),
	)
	expect(read).toEqual(sizes)
	client.terminate()
	server.close()
})

test('an answer keeps each frame below what a frame may be, and loses nothing', () => {
	const items = Array.from({ length: 300 }, (_, i) => ({
		clientId: 3,
		clock: i,
		content: new Uint8Array(5000),
		recv: i + 1,
	}))
	const frames = [...answerFrames(9, items)].map(({ mux }) => mux)
	expect(frames.length).toBeGreaterThan(1)
	expect(frames.every((frame) => frame.length < FRAME_MAX)).toBe(true)
	const recv = frames.flatMap((frame) => {
		const decoded = decodeFrame(frame.subarray(10))
		const message = decoded.ok ? decodePageMessage(decoded.value.payload) : decoded
		expect(message).toMatchObject({ ok: true })
		return decoded.ok ? [...decoded.value.recv] : []
	})
	expect(recv).toEqual(items.map((item) => item.recv))
})

test('an empty answer is a step2 all the same: a stock provider waits for it', () => {
	expect([...answerFrames(1, [])].length).toBe(1)
})
