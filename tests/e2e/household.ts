/**
 * A server as it is started by hand, and people who live on it already, each on a device without a browser: what a story in
 * browsers needs of others, at the cost of a client.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Grant, KithApi } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { inviteFrom, signUp, type Device, type Someone } from '../support/world.ts'

export interface Household<Name extends string> {
	readonly server: ServerProcess
	readonly people: Readonly<Record<Name, Someone>>
	/** Stops the server and starts it again on its data and port; nothing else hears of it. */
	restart(between?: () => Promise<void>): Promise<void>
	close(): Promise<void>
}

async function openDevice(name: string, port: number): Promise<Device> {
	const wire = await startTcpProxy({ port })
	const open = (): Promise<KithApi> =>
		createNodeClient({ serverUrl: `http://localhost:${wire.port}`, failed: () => undefined })
	const device: Device = {
		...{ name, wire },
		api: await open(),
		reopen: async () => {
			await device.api.close()
			device.api = await open()
		},
	}
	return device
}

/** The first of them is the administrator. */
export function household<Name extends string>(...names: readonly Name[]): Promise<Household<Name>> {
	return householdWith({}, names)
}

/** The same under other settings of the operator. */
export async function householdWith<Name extends string>(
	env: Readonly<Record<string, string>>,
	names: readonly Name[],
): Promise<Household<Name>> {
	const data = await mkdtemp(join(tmpdir(), 'kith-household-'))
	let server = await startServerProcess({ data, env })
	const { port } = server
	const people: Someone[] = []
	for (const name of names) {
		const device = await openDevice(name, port)
		const [admin] = people
		const token = admin === undefined ? new URL(await server.setupLink()).hash.slice(1) : ''
		const grant: Grant = admin === undefined ? { type: 'setup', token } : await inviteFrom(admin)
		people.push(await signUp(device, grant))
	}
	return {
		get server() {
			return server
		},
		people: Object.fromEntries(people.map((person) => [person.name, person])) as Record<Name, Someone>,
		restart: async (between = async () => undefined) => {
			await server.stop()
			await between()
			server = await startServerProcess({ data, port, env })
		},
		close: async () => {
			for (const { api, wire } of people) {
				await api.close()
				await wire.close()
			}
			await server.stop()
			await rm(data, { recursive: true, force: true })
		},
	}
}
