/** A server of a system for the length of a measurement, with whatever it needs around it. */
import { seedFolder, type SeededFolder } from './seed/seed.ts'
import type { SeededWorld, WorldWish } from './seed/world.ts'
import type { ServerProcess } from './server-process.ts'
import { startHocuspocus, startKith, startYWebsocket, type Store } from './systems/start.ts'
import type { SystemName } from './systems/system.ts'

export interface Running {
	readonly server: ServerProcess
	/** Null for the peers, who have neither accounts nor members. */
	readonly world: SeededWorld | null
}

export interface RunningWish {
	readonly system: SystemName
	readonly world: Omit<WorldWish, 'data'>
	/** Of Hocuspocus. Ours always stores, y-websocket never does. */
	readonly store: Store
}

export async function withServer<T>(wish: RunningWish, measure: (running: Running) => Promise<T>): Promise<T> {
	if (wish.system === 'kith') return withKith(wish, measure)
	const server = await (wish.system === 'hocuspocus' ? startHocuspocus(wish.store) : startYWebsocket())
	try {
		return await measure({ server, world: null })
	} finally {
		await server.stop()
	}
}

async function withKith<T>({ world }: RunningWish, measure: (running: Running) => Promise<T>): Promise<T> {
	const folder: SeededFolder = await seedFolder(world)
	try {
		const server = await startKith(folder.data)
		try {
			return await measure({ server, world: folder.world })
		} finally {
			await server.stop()
		}
	} finally {
		await folder.remove()
	}
}
