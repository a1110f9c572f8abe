/**
 * OPAQUE in a worker of its own: its WASM needs a policy that no page gets, 64 MiB and a third of a second of one core.
 * Started at the first call, ended when nothing was asked for a while, so that neither is paid outside of sign-in.
 */
import type { OpaqueClient } from '#crypto/opaque-client.ts'
import type { Timers } from '#protocol/ports.ts'
import { createRpcClient, RpcError, type RpcClient } from './rpc.ts'
import { endToWire, type MessageEnd } from './wire.ts'

/** The part of Worker that is used. */
export interface SpawnedWorker extends MessageEnd {
	onerror: ((event: ErrorEvent) => void) | null
	terminate(): void
}

export interface OpaqueWorkerDeps {
	readonly spawn: () => SpawnedWorker
	readonly timers: Timers
	readonly idleMs: number
}

interface Running {
	readonly client: RpcClient
	readonly end: (why: string) => void
}

export const opaqueChannel = 'opaque'

function start(spawn: () => SpawnedWorker, ended: () => void): Running {
	const worker = spawn()
	const client = createRpcClient(endToWire(worker, opaqueChannel))
	const end = (why: string) => {
		worker.terminate()
		ended()
		for (const call of client.abandon()) call.reject(new RpcError({ type: 'interrupted', message: why }))
	}
	worker.onerror = (event) => end(`the OPAQUE worker failed: ${event.message}`)
	return { client, end }
}

export function createOpaqueWorkerClient({ spawn, timers, idleMs }: OpaqueWorkerDeps): OpaqueClient {
	let running: Running | null = null
	let underWay = 0
	let cancelIdle: (() => void) | null = null

	async function call<T>(method: keyof OpaqueClient, input: unknown): Promise<T> {
		cancelIdle?.()
		underWay++
		running ??= start(spawn, () => (running = null))
		try {
			return (await running.client.call(method, input)) as T
		} finally {
			underWay--
			if (underWay === 0) cancelIdle = timers.after(idleMs, () => running?.end('idle'))
		}
	}

	return {
		startRegistration: (password) => call('startRegistration', password),
		finishRegistration: (answer) => call('finishRegistration', answer),
		startLogin: (password) => call('startLogin', password),
		finishLogin: (answer) => call('finishLogin', answer),
		stretch: (input) => call('stretch', input),
	}
}
