/** Files that devices give each other: with the server, which then gives little, and without it (product L3, M3). */
import { expect, test, vi } from 'vitest'
import type { ConversationId, FileView } from '#core/api.ts'
import { fileNamed, filesUntil, hashOfFile, hashOfNew } from '../support/files.ts'
import { PeerNetwork } from '../support/peer-network.ts'
import { phoneOf } from '../support/second-device.ts'
import { peopled, world } from '../support/story.ts'
import { messagesUntil, must, textOf, textsUntil, until } from '../support/watching.ts'
import {
	befriend,
	offlineUntil,
	onlineUntil,
	openDirect,
	post,
	type Device,
	type NodeDevice,
} from '../support/world.ts'

const MiB = 1024 * 1024

const directUntil = ({ api }: Device, conversation: ConversationId, peers: number) =>
	until(api, { view: 'conversation', of: conversation, is: (view) => view?.peers === peers })

async function friends() {
	const here = await world({ peers: new PeerNetwork() })
	const { alice, bob } = await peopled(here, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await directUntil(alice, conversation, 1)
	await directUntil(bob, conversation, 1)
	return { alice, bob, conversation, here }
}

/** So large a file goes among several. */
const swarmBytes = (process.env['KITH_TEST_LONG'] === undefined ? 11 : 50) * MiB

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

const fetched = async ({ api }: Device, conversation: ConversationId, { blob }: FileView) =>
	must(await api.fetchFile({ conversation, blob }))

test('[L3][M3] written while there is no server, a file of 20 MB comes to the other, and to the server when it is back', async () => {
	const { alice, bob, conversation, here } = await friends()
	await here.stop()
	await offlineUntil(alice)
	await offlineUntil(bob)
	const film = fileNamed('film', 20 * MiB)
	must(await alice.api.post({ conversation, text: 'film', files: [film] }))
	const [shown] = (await filesUntil(bob, conversation)) as [FileView]
	const fetching = fetched(bob, conversation, shown)
	await post(alice, conversation, 'while it comes')
	await textsUntil(bob.api, conversation, ['film', 'while it comes'])
	await fetching
	expect(await hashOfFile(bob.api, conversation, shown)).toBe(await hashOfNew(film))
	await bob.reopen()
	await filesUntil(bob, conversation)
	await fetched(bob, conversation, shown)
	await here.start()
	await onlineUntil(alice)
	await messagesUntil(alice.api, conversation, ([first]) => first?.mark === 'delivered' && textOf(first) === 'film')
	const { blobs } = here.server.domain.repositories
	const id = new Uint8Array(Buffer.from(shown.blob, 'base64url'))
	await vi.waitFor(async () => {
		const row = await blobs.byId(id)
		expect(row?.received).toBe(row?.length)
		expect(row?.event).not.toBeNull()
	}, 20_000)
	expect(await here.server.storedItems()).toHaveLength(2)
})

/** Bytes that came to these devices from the server while this ran. */
async function fromServer(devices: readonly NodeDevice[], run: () => Promise<unknown>): Promise<number> {
	const sum = () => devices.reduce((all, { wire }) => all + wire.bytes.down, 0)
	const before = sum()
	await run()
	return sum() - before
}

test('[L3][M3] three devices that want at once what a fourth has leave the server alone', async () => {
	const { devices, notes } = await ownDevices(4)
	const [first, ...others] = devices as [NodeDevice, ...NodeDevice[]]
	const film = fileNamed('film', swarmBytes)
	must(await first.api.post({ conversation: notes, text: '', files: [film] }))
	const shown = await Promise.all(others.map(async (device) => (await filesUntil(device, notes))[0] as FileView))
	const bytes = await fromServer(others, () =>
		Promise.all(others.map((device, i) => fetched(device, notes, shown[i] as FileView))),
	)
	expect(bytes / (others.length * swarmBytes)).toBeLessThan(0.3)
	for (const [i, device] of others.entries())
		expect(await hashOfFile(device.api, notes, shown[i] as FileView)).toBe(await hashOfNew(film))
})

test('[L3][M3] four devices that want at once what only the server has share what each fetches', async () => {
	const { devices, notes, alice } = await ownDevices(5)
	const film = fileNamed('film', swarmBytes)
	must(await alice.api.post({ conversation: notes, text: '', files: [film] }))
	const others = devices.filter((device) => device !== alice)
	const shown = await Promise.all(others.map(async (device) => (await filesUntil(device, notes))[0] as FileView))
	await alice.api.close()
	for (const device of others) await directUntil(device, notes, others.length - 1)
	const bytes = await fromServer(others, () =>
		Promise.all(others.map((device, i) => fetched(device, notes, shown[i] as FileView))),
	)
	expect(bytes / (others.length * swarmBytes)).toBeLessThan(0.5)
	for (const [i, device] of others.entries())
		expect(await hashOfFile(device.api, notes, shown[i] as FileView)).toBe(await hashOfNew(film))
})
