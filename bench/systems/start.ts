/** Starts a server of each kind, with the defaults that it ships with. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePort, startServer, type ServerProcess } from '../server-process.ts'

const bench = resolve(import.meta.dirname, '..')
const measured = ['--expose-gc', '--import', join(bench, 'servers/measured.js')]

/** More than anybody writes here; the one limit that the benches raise, by documented configuration. */
const eventsPerSecond = '10000'

/** server/main.ts in production, on a folder that was seeded before. */
export function startKith(data: string, env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
	return startServer({
		args: [...measured, resolve(bench, '../server/main.ts')],
		env: {
			NODE_ENV: 'production',
			KITH_DATA: data,
			PORT: '0',
			HOST: '127.0.0.1',
			KITH_EVENTS_PER_SECOND: eventsPerSecond,
			...env,
		},
		ready: /^Kith runs at http:\/\/localhost:(\d+)\s/m,
	})
}

export type Store = 'memory' | 'sqlite'

export async function startHocuspocus(store: Store): Promise<ServerProcess> {
	const port = await freePort()
	const folder = await mkdtemp(join(tmpdir(), 'kith-bench-hocuspocus-'))
	const file = { HOCUSPOCUS_SQLITE: join(folder, 'documents.sqlite') }
	const server = await startServer({
		args: [...measured, join(bench, 'servers/hocuspocus.js')],
		env: { NODE_ENV: 'production', PORT: String(port), ...(store === 'sqlite' ? file : {}) },
		ready: /^listening$/m,
		port,
	})
	return {
		...server,
		stop: async () => {
			await server.stop()
			await rm(folder, { recursive: true, force: true })
		},
	}
}

/** The classic server of y-websocket 2, as its package starts it. */
export async function startYWebsocket(): Promise<ServerProcess> {
	const port = await freePort()
	return startServer({
		args: [...measured, join(bench, 'node_modules/y-websocket/bin/server.cjs')],
		env: { NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port) },
		ready: /^running at /m,
		port,
	})
}
