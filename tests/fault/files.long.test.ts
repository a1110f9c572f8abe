/**
 * A file of 1 GB up and down while everything dies: the sending client, the server, the network, the receiving client. Each time it
 * goes on above 0 bytes, the hash is right, and nobody ever holds much of it in memory. Clients and server are processes of
 * their own, killed by SIGKILL.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import type { ConversationId, KithApi, TransferView } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import { filesUntil, hashOfFile } from '../support/files.ts'
import { startKillableClient, type KillableClient } from '../support/killable-client.ts'
import { serverAlone, startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { testServerEnvironment } from '../support/server.ts'
import { testStretchings } from '../support/stretching.ts'
import { must, until } from '../support/watching.ts'
import { befriend, inviteFrom, openDirect, signUp, type Device } from '../support/world.ts'

const MiB = 1024 * 1024
const size = Number(process.env['KITH_LONG_FILE_MB'] ?? 1000) * 1_000_000

/** Passes bytes on and keeps none: a wire that captures would hold the file. */
async function startRelay(port: number) {
	const sockets = new Set<Socket>()
	let isCut = false
	const server = createServer((inner) => {
		const outer = connect(port, '127.0.0.1')
		for (const [socket, other] of [
			[inner, outer],
			[outer, inner],
		] as const) {
			sockets.add(socket)
			socket.on('error', () => undefined)
			socket.on('close', () => (sockets.delete(socket), other.destroy()))
			socket.pipe(other)
		}
		if (isCut) inner.destroy()
	})
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
	return {
		port: (server.address() as AddressInfo).port,
		cut: () => {
			isCut = true
			for (const socket of sockets) socket.destroy()
		},
		resume: () => (isCut = false),
		close: () => server.close(),
	}
}

async function residentBytes(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
	return 1024 * Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0)
}

/**
 * Each 100 ms: the most that each process ever held, and how far that was above what it held when a tenth of the file had gone through it: by
 * then its code is compiled, and its collector lets as much garbage lie as it ever does.
 */
function watchMemory() {
	const watched = new Map<string, { readonly pid: number; base: number | null }>()
	const most = new Map<string, number>()
	const above = new Map<string, number>()
	const raise = (peaks: Map<string, number>, name: string, bytes: number) =>
		peaks.set(name, Math.max(peaks.get(name) ?? 0, bytes))
	const look = async (name: string, pid: number) => {
		const bytes = await residentBytes(pid)
		raise(most, name, bytes)
		const base = watched.get(name)?.pid === pid ? watched.get(name)?.base : null
		if (base != null) raise(above, name, bytes - base)
	}
	const timer = setInterval(() => {
		for (const [name, { pid }] of watched) void look(name, pid)
	}, 100)
	const inMiB = (peaks: Map<string, number>) =>
		Object.fromEntries([...peaks].map(([name, bytes]) => [name, Math.round(bytes / MiB)]))
	return {
		started: (name: string, pid: number) => void watched.set(name, { pid, base: null }),
		/** From here on it is to hold no more than it does. */
		warm: async (name: string) => {
			const one = watched.get(name)
			if (one !== undefined) one.base = await residentBytes(one.pid)
		},
		stop: () => {
			clearInterval(timer)
			return { most: inMiB(most), above: inMiB(above) }
		},
	}
}

const movedUntil = (api: KithApi, bytes: number) =>
	until(api, { view: 'transfers', of: null, is: ([first]) => first !== undefined && first.done >= bytes })

test(
	'[M3] 1 GB goes up and down through five deaths, above 0 bytes each time, and no process comes to hold 64 MiB more by it',
	{ timeout: 1_800_000 },
	async () => {
		const folder = await mkdtemp(join(tmpdir(), 'kith-gigabyte-'))
		onTestFinished(() => rm(folder, { recursive: true, force: true }))
		const path = join(folder, 'film.bin')
		for (let written = 0; written < size; written += 10_000_000) await appendFile(path, randomBytes(10_000_000))
		const hash = createHash('sha256')
		for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
		const wanted = hash.digest('hex')

		const serve = (port: number): Promise<ServerProcess> =>
			startServerProcess({
				...{ data: join(folder, 'server'), port, command: [process.execPath, ...serverAlone] },
				env: testServerEnvironment,
			})
		let server = await serve(0)
		const relay = await startRelay(server.port)
		onTestFinished(async () => {
			relay.close()
			await server.stop()
		})
		const serverUrl = `http://127.0.0.1:${relay.port}`
		const storeOf = (name: string) => join(folder, `${name}.sqlite`)
		const open = (name: string) =>
			createNodeClient({ stretchings: testStretchings, serverUrl, storage: { path: storeOf(name) } })
		const deviceOf = async (name: string): Promise<Device> => ({
			...{ name, api: await open(name) },
			wire: null as never,
			reopen: async () => undefined,
		})
		const token = new URL(await server.setupLink()).hash.slice(1)
		const alice = await signUp(await deviceOf('alice'), { type: 'setup', token })
		const bob = await signUp(await deviceOf('bob'), await inviteFrom(alice))
		await befriend(alice, bob)
		const conversation: ConversationId = await openDirect(alice, bob)
		await alice.api.close()
		await bob.api.close()

		const memory = watchMemory()
		const online = async (name: string): Promise<KillableClient> => {
			const client = await startKillableClient({ serverUrl, store: storeOf(name) })
			await until(client.api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
			memory.started(name, client.pid)
			return client
		}
		memory.started('server', server.pid)
		const resumed: number[] = []
		/** A tenth more than this share of the file has moved. */
		const warmAfter = async (api: KithApi, share: number, ...names: string[]) => {
			await movedUntil(api, (share + 0.1) * size)
			for (const name of names) await memory.warm(name)
		}
		const noteResumed = async (api: KithApi) => {
			const [first] = (await movedUntil(api, 1)) as readonly [TransferView]
			resumed.push(first.done)
		}

		let sender = await online('alice')
		const file = { name: 'film.bin', mime: 'video/mp4', picture: null, sound: null, file: { path } }
		must(await sender.api.post({ conversation, text: '', files: [file as never] }))
		await warmAfter(sender.api, 0, 'alice', 'server')
		await movedUntil(sender.api, 0.2 * size)
		await sender.kill()
		sender = await online('alice')
		await noteResumed(sender.api)
		await warmAfter(sender.api, 0.2, 'alice')
		await movedUntil(sender.api, 0.4 * size)
		await server.kill()
		server = await serve(server.port)
		memory.started('server', server.pid)
		await noteResumed(sender.api)
		await warmAfter(sender.api, 0.4, 'server')
		await movedUntil(sender.api, 0.6 * size)
		relay.cut()
		await until(sender.api, { view: 'connection', of: null, is: ({ type }) => type !== 'online' })
		relay.resume()
		await noteResumed(sender.api)

		let receiver = await online('bob')
		const [shown] = await filesUntil(receiver, conversation)
		const fetching = { conversation, blob: shown?.blob ?? '' }
		const begin = () => void receiver.api.fetchFile(fetching).catch(() => undefined)
		begin()
		await warmAfter(receiver.api, 0, 'bob')
		await movedUntil(receiver.api, 0.3 * size)
		await receiver.kill()
		receiver = await online('bob')
		await filesUntil(receiver, conversation)
		begin()
		await noteResumed(receiver.api)
		await warmAfter(receiver.api, 0.3, 'bob')
		await movedUntil(receiver.api, 0.6 * size)
		await server.kill()
		server = await serve(server.port)
		memory.started('server', server.pid)
		await until(receiver.api, { view: 'transfers', of: null, is: (moving) => moving.length === 0 })
		await until(receiver.api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
		const again = receiver.api.fetchFile(fetching)
		await noteResumed(receiver.api)
		await warmAfter(receiver.api, 0.6, 'server')
		must(await again)
		const { most, above } = memory.stop()
		expect(await hashOfFile(receiver.api, conversation, shown as NonNullable<typeof shown>)).toBe(wanted)
		process.stdout.write(`files: ${JSON.stringify({ size, resumed, mostMiB: most, aboveMiB: above })}\n`)
		expect(resumed.filter((at) => at > 0.15 * size)).toHaveLength(5)
		expect(Object.keys(above).toSorted()).toEqual(['alice', 'bob', 'server'])
		for (const more of Object.values(above)) expect(more).toBeLessThanOrEqual(64)
		await sender.kill()
		await receiver.kill()
	},
)
