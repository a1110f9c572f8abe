/** Devices of one person that want the same file at the same time (product L3, M3): how much of it the server gives. */
import { expect } from 'vitest'
import type { ConversationId, FileView } from '#core/api.ts'
import { fileNamed, filesUntil, hashOfFile, hashOfNew } from './files.ts'
import { PeerNetwork } from './peer-network.ts'
import { phoneOf } from './second-device.ts'
import { peopled, world } from './story.ts'
import { must, until } from './watching.ts'
import type { Device, NodeDevice } from './world.ts'

const directUntil = ({ api }: Device, conversation: ConversationId, peers: number) =>
	until(api, { view: 'conversation', of: conversation, is: (view) => view?.peers === peers })

/** Devices of one person, each connected to all others; `notes`: what they read. */
async function ownDevices(count: number) {
	const here = await world({ peers: new PeerNetwork() })
	const { alice } = await peopled(here, ['alice'])
	const devices: NodeDevice[] = [alice]
	while (devices.length < count) devices.push(await phoneOf({ world: here }, alice, `phone ${devices.length}`))
	const chats = await until(alice.api, {
		view: 'chats',
		of: null,
		is: (all) => all.some(({ kind }) => kind === 'notes'),
	})
	const notes = chats.find(({ kind }) => kind === 'notes')?.conversation ?? ''
	for (const device of devices) await directUntil(device, notes, count - 1)
	return { devices, notes, alice }
}

/** Bytes that came to these devices from the server while this ran. */
async function fromServer(devices: readonly NodeDevice[], run: () => Promise<unknown>): Promise<number> {
	const sum = () => devices.reduce((all, { wire }) => all + wire.bytes.down, 0)
	const before = sum()
	await run()
	return sum() - before
}

/**
 * A file of `bytes` bytes, which one of four devices has, and three want; or which only the server has, and four want. Each gets it
 * whole. Answers the share of all those bytes that came from the server, at its socket, with all that goes with them.
 */
export async function shareOfServer(bytes: number, holder: 'a device' | 'the server'): Promise<number> {
	const { devices, notes, alice } = await ownDevices(holder === 'a device' ? 4 : 5)
	const film = fileNamed('film', bytes)
	must(await alice.api.post({ conversation: notes, text: '', files: [film] }))
	const others = devices.filter((device) => device !== alice)
	const shown = await Promise.all(others.map(async (device) => (await filesUntil(device, notes))[0] as FileView))
	if (holder === 'the server') {
		await alice.api.close()
		for (const device of others) await directUntil(device, notes, others.length - 1)
	}
	const came = await fromServer(others, () =>
		Promise.all(
			others.map(async ({ api }, i) =>
				must(await api.fetchFile({ conversation: notes, blob: (shown[i] as FileView).blob })),
			),
		),
	)
	for (const [i, device] of others.entries())
		expect(await hashOfFile(device.api, notes, shown[i] as FileView)).toBe(await hashOfNew(film))
	return came / (others.length * bytes)
}
