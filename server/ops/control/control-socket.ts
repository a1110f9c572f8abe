/**
 * How a command reaches a running server: a socket in the data folder that only the owner of the folder can open. One line
 * of JSON in, one line out: `{ "act", "input" }` → `{ "ok": true, "value" }` or `{ "ok": false, "code" }`. Who can open it could
 * read the database as well, so it asks for no password; nothing of it is ever on the network.
 */
import type { WireErrorCode } from '#protocol/errors.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { isActName, runAct, type ActContext, type ActInput, type ActName, type ActOutput } from './acts.ts'

export const controlLimits = {
	/** A program of the operator that never ends its line. */
	requestBytes: 64 * 1024,
	/** Programs that connect and say nothing. */
	connections: 16,
	/** The same, ms. */
	silence: 10_000,
} as const

/** Windows knows named pipes in place of sockets in folders; there too only the owner may write to one. */
export function controlPath(data: string): string {
	if (process.platform !== 'win32') return join(data, 'control.sock')
	return `\\\\.\\pipe\\kith-${createHash('sha256').update(resolve(data)).digest('hex').slice(0, 32)}`
}

export interface Control {
	close(): Promise<void>
}

/** The caller holds the folder's lock: a socket that is there already was left by somebody who died. */
export async function openControl(
	data: string,
	context: ActContext,
	silence: number = controlLimits.silence,
): Promise<Control> {
	const path = controlPath(data)
	if (process.platform !== 'win32') await rm(path, { force: true })
	const open = new Set<Socket>()
	const server = createServer((socket) => {
		open.add(socket)
		socket.on('close', () => open.delete(socket))
		answer(socket, context, silence)
	})
	server.maxConnections = controlLimits.connections
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject)
		// The file is made with this call, and must never be anybody else's.
		const before = process.umask(0o177)
		server.listen(path, resolve)
		process.umask(before)
	})
	return {
		close: () => {
			for (const socket of open) socket.destroy()
			return new Promise((resolve) => server.close(() => resolve()))
		},
	}
}

function answer(socket: Socket, context: ActContext, silence: number): void {
	let text = ''
	let taken = false
	const end = (reply: object) => socket.end(`${JSON.stringify(reply)}\n`)
	socket.setTimeout(silence, () => socket.destroy())
	socket.on('error', () => socket.destroy())
	socket.setEncoding('utf8').on('data', (chunk: string) => {
		if (taken) return
		text += chunk
		const line = text.indexOf('\n')
		if (line < 0 && text.length <= controlLimits.requestBytes) return
		taken = true
		if (line < 0 || line > controlLimits.requestBytes) return void end({ ok: false, code: 'too-large' })
		socket.setTimeout(0)
		carryOut(context, text.slice(0, line)).then(end, () => end({ ok: false, code: 'internal' }))
	})
}

async function carryOut(context: ActContext, line: string): Promise<object> {
	const request = parse(line) as { act?: unknown; input?: unknown } | null
	const act = request?.act
	if (typeof act !== 'string' || !isActName(act)) return { ok: false, code: 'malformed' }
	const decided = await runAct(context, act, request?.input)
	return decided.ok ? { ok: true, value: decided.value } : { ok: false, code: decided.error.type }
}

function parse(line: string): unknown {
	try {
		return JSON.parse(line)
	} catch {
		return null
	}
}

/** Null: nobody listens there. */
export async function askRunning<N extends ActName>(
	data: string,
	act: N,
	input: ActInput<N>,
): Promise<Result<ActOutput<N>, WireErrorCode> | null> {
	const line = await lineFrom(controlPath(data), `${JSON.stringify({ act, input })}\n`)
	if (line === null) return null
	const reply = parse(line) as { ok: true; value: ActOutput<N> } | { ok: false; code: WireErrorCode } | null
	if (reply === null) return fail('internal')
	return reply.ok ? ok(reply.value) : fail(reply.code)
}

function lineFrom(path: string, request: string): Promise<string | null> {
	return new Promise((resolve) => {
		let text = ''
		let connected = false
		const socket = connect(path, () => {
			connected = true
			socket.write(request)
		})
		socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
		socket.once('error', () => resolve(connected ? '' : null))
		socket.once('end', () => resolve(text))
	})
}
