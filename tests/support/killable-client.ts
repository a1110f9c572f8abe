/** A client that dies by SIGKILL: nothing is closed, flushed or said. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { FilePiece, KithApi } from '#core/api.ts'
import { ok } from '#protocol/result.ts'
import type { FromClient, ToClient } from './client-process.ts'
import { remoteApi } from './remote-api.ts'

export interface KillableClient {
	readonly api: KithApi
	readonly pid: number
	readonly kill: () => Promise<void>
}

interface Pending {
	readonly resolve: (value: unknown) => void
	readonly reject: (error: Error) => void
}

const pieceOf = ({ bytes, final }: Extract<FromClient, { type: 'piece' }>): FilePiece => ({
	piece: new Blob([bytes]),
	final,
})

function connect(child: ChildProcess): KithApi {
	const calls = new Map<number, Pending>()
	const watches = new Map<number, (value: unknown) => void>()
	let lastId = 0
	const tell = (message: ToClient) => void child.send(message)
	child.on('message', (message: FromClient) => {
		if (message.type === 'answer') calls.get(message.id)?.resolve(message.value)
		if (message.type === 'piece') calls.get(message.id)?.resolve(ok(pieceOf(message)))
		if (message.type === 'threw') calls.get(message.id)?.reject(new Error(message.message))
		if (message.type === 'value') watches.get(message.id)?.(message.value)
	})
	return remoteApi({
		call: (command, input) =>
			new Promise((resolve, reject) => {
				const id = ++lastId
				calls.set(id, { resolve, reject })
				tell({ type: 'call', id, command, input })
			}),
		watch: (view, of, listener) => {
			const id = ++lastId
			watches.set(id, listener)
			tell({ type: 'watch', id, view, of })
			return () => {
				watches.delete(id)
				if (child.connected) tell({ type: 'unwatch', id })
			}
		},
		close: async () => undefined,
	})
}

/** On the store of a device whose own client is closed. */
export async function startKillableClient(device: {
	readonly serverUrl: string
	readonly store: string
}): Promise<KillableClient> {
	const program = join(import.meta.dirname, 'client-process.ts')
	const child = fork(program, [device.serverUrl, device.store], { execArgv: [], serialization: 'advanced' })
	const ready = new Promise<void>((resolve, reject) => {
		child.once('message', () => resolve())
		child.once('exit', (code) => reject(new Error(`the client did not start (${code})`)))
	})
	await ready
	return {
		api: connect(child),
		pid: child.pid ?? 0,
		kill: async () => {
			const ended = once(child, 'exit')
			child.kill('SIGKILL')
			await ended
		},
	}
}
