/** Files that devices give each other: with the server, which then gives little, and without it (product L3, M3). */
import { expect, test, vi } from 'vitest'
import type { ConversationId, FileView } from '#core/api.ts'
import { fileNamed, filesUntil, hashOfFile, hashOfNew } from '../support/files.ts'
import { PeerNetwork } from '../support/peer-network.ts'
import { peopled, world } from '../support/story.ts'
import { shareOfServer } from '../support/swarm.ts'
import { messagesUntil, must, textOf, textsUntil, until } from '../support/watching.ts'
import { befriend, offlineUntil, onlineUntil, openDirect, post, type Device } from '../support/world.ts'

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

/** So large a file goes among several; 50 MB: peer-swarm.long.test.ts. */
const swarmBytes = 11 * MiB

test('[L3][M3] three devices that want at once what a fourth has leave the server alone', async () => {
	expect(await shareOfServer(swarmBytes, 'a device')).toBeLessThan(0.3)
})

test('[L3][M3] four devices that want at once what only the server has share what each fetches', async () => {
	expect(await shareOfServer(swarmBytes, 'the server')).toBeLessThan(0.5)
})
