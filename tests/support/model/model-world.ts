/** One run's world: a server, six devices, and what the oracle sees of them. */
import { join } from 'node:path'
import { decodeFrame, encodeFrame } from '#protocol/frames.ts'
import { copyBytes, utf8ToBytes } from '#protocol/bytes.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { readHub } from '../socket-tap.ts'
import { Disk, type DiskFaults } from './disk.ts'
import { Line, type LineCounts } from './line.ts'
import { createModelDevice, type ModelDevice } from './model-device.ts'
import { createModelServer, type ModelServer } from './model-server.ts'
import type { DataFaults } from './mortal-data.ts'
import { Oracle } from './oracle.ts'
import type { Template } from './template.ts'

/** Planted in the seams, never in the product. */
export interface Faults extends DiskFaults, DataFaults {
	/** The client never hears that an item is held, and so never offers it again. */
	readonly dropsHolds?: boolean
	/** Neither its disk nor the server tells a client how far a stream of its own has come: it begins at clock 0 again. */
	readonly forgetsStreams?: boolean
}

export interface ModelWorld {
	readonly server: ModelServer
	readonly devices: readonly ModelDevice[]
	readonly oracle: Oracle
	readonly lineCounts: LineCounts
	/** Holds that clients heard. */
	readonly holds: number
	/** The next frame, answer, write of a disk or change of a screen; false when there is none for so long, ms. */
	nextMove(patience: number): Promise<boolean>
	/** The power of the server goes, now. */
	powerCut(): Promise<void>
	close(): Promise<void>
}

export async function openModelWorld(template: Template, faults: Faults): Promise<ModelWorld> {
	const { folder, remove } = await template.copy()
	const oracle = new Oracle()
	const server = createModelServer(join(folder, 'server'), faults)
	const lineCounts: LineCounts = { held: 0, reordered: 0, broken: 0 }
	const counted = { holds: 0 }
	const waiting = new Set<() => void>()
	const moved = () => {
		for (const resolve of waiting) resolve()
	}
	const fromServer = (bytes: Uint8Array) => pass(bytes, faults, () => counted.holds++)
	const devices = template.devices.map(({ name, account, conversations }) =>
		createModelDevice({
			...{ name, account, conversations },
			line: new Line({ port: () => server.port, counts: lineCounts, fromServer, moved }),
			disk: new Disk(join(folder, `${name}.sqlite`), { faults, wrote: moved }),
			sees: (device, view) => oracle.sees(device, view),
			moved,
		}),
	)
	await server.start()
	for (const device of devices) await device.open()
	const powerCut = async () => {
		const down = server.crash(() => oracle.checkDurable(server.storedEventIds()))
		for (const { line } of devices) line.breakAll()
		await down
	}
	return {
		...{ server, devices, oracle, lineCounts, powerCut },
		get holds() {
			return counted.holds
		},
		nextMove: (patience) =>
			new Promise((resolve) => {
				const settle = (has: boolean) => {
					waiting.delete(here)
					clearTimeout(timer)
					resolve(has)
				}
				const here = () => settle(true)
				const timer = setTimeout(() => settle(false), patience)
				waiting.add(here)
			}),
		close: async () => {
			for (const device of devices) await device.close()
			await server.stop()
			await remove()
		},
	}
}

/** What the client hears of a frame. */
function pass(bytes: Uint8Array, { dropsHolds, forgetsStreams }: Faults, held: () => void): Uint8Array {
	const frame = decodeFrame(copyBytes(bytes))
	const message = frame.ok ? readHub(frame.value) : null
	if (!frame.ok || message === null) return bytes
	const heard = (said: HubFromServer) => encodeFrame({ ...frame.value, payload: utf8ToBytes(JSON.stringify(said)) })
	if (message.t === 'stream' && forgetsStreams === true) return heard({ ...message, next: 0, lastEventId: null })
	if (message.t !== 'acks') return bytes
	const others = message.acks.filter(({ verdict }) => verdict !== 'hold')
	for (let i = others.length; i < message.acks.length; i++) held()
	return dropsHolds === true ? heard({ ...message, acks: others }) : bytes
}
