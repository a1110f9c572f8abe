/** Files, asked for by whoever should not: other people, other devices, other offsets, more than there is room for (SPEC BLB). */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blobLengthOf } from '#protocol/blob.ts'
import { routes } from '#protocol/http/routes.ts'
import { createHttpClient } from '#sync/http-client.ts'
import { BLOB_PIECE_MAX, BLOB_UNFINISHED_FOR, BLOB_UNNAMED_FOR } from '#protocol/limits.ts'
import { blobHand, blobHandWith, newBlobId } from '../support/blobs.ts'
import { fileOf } from '../support/blob-vectors.ts'
import { groupOf, membersUntil } from '../support/groups.ts'
import { guestAt, readUntil, setupOpen } from '../support/guests.ts'
import { codeOf, toBytes } from '../support/http-person.ts'
import { peopled, setup, world as openWorld } from '../support/story.ts'
import { messagesUntil, must } from '../support/watching.ts'
import { accessTokenOf, befriend, openDirect, post, type Device, type World } from '../support/world.ts'

const MiB = 1024 * 1024
const small = blobLengthOf(1000)

async function filesIn({ server }: World): Promise<number> {
	const folder = join(server.data, 'blobs')
	const shelves = await Promise.all((await readdir(folder)).map((shelf) => readdir(join(folder, shelf))))
	return shelves.flat().length
}

/** The id of the only message. */
async function eventOf({ api }: Device, conversation: string): Promise<string> {
	const [message] = await messagesUntil(api, conversation, ([first]) => first?.mark === 'sent' || first?.event != null)
	return message?.event as string
}

test('[BLB4][BLB7] who is no member neither brings nor reads a file, nor does another device, nor anybody by guessing', async () => {
	const { alice, bob, carol } = await setup('alice', 'bob', 'carol')
	await befriend(alice, bob)
	await befriend(alice, carol)
	const [ours, theirs] = [await openDirect(alice, bob), await openDirect(alice, carol)]
	const blob = newBlobId()
	const [own, peer, strange] = [
		await blobHand(alice, ours, blob),
		await blobHand(bob, ours, blob),
		await blobHand(carol, ours, blob),
	]
	expect(await strange.create(small)).toBe('not-found')
	expect(await own.create(small)).toBe('ok@0')
	// Not whole: nobody reads it, whoever he is.
	expect(await own.append(0, fileOf(small - 1))).toBe(`ok@${small - 1}`)
	expect([await own.read(), await peer.read()]).toEqual(['not-found', 'not-found'])
	// The id is taken: another member learns no more than of none.
	expect(await peer.create(small)).toBe('not-found')
	expect(await peer.append(small - 1, fileOf(1))).toBe('not-found')
	expect(await peer.remove()).toBe('not-found')
	expect(await own.append(small - 1, fileOf(1))).toBe(`ok@${small}`)
	expect(await peer.read()).toBe(small)
	expect(await strange.read()).toBe('not-found')
	expect(await strange.append(small, fileOf(1))).toBe('not-found')
	// A conversation of her own does not open the file of another one.
	const byCarol = blobHandWith(alice.serverUrl, await accessTokenOf(carol), { conversation: theirs, blob })
	expect(await byCarol.read()).toBe('not-found')
	expect(await byCarol.name(newBlobId())).toBe('not-found')
	expect(await blobHandWith(alice.serverUrl, null, { conversation: ours, blob }).read()).toBe('unauthenticated')
	expect(await peer.read(small)).toBe('not-found')
	expect(await peer.read(0, newBlobId())).toBe('not-found')
})

test('[BLB5] no file is larger, and nobody has more, than the operator allows; what is given up gives its room back', async () => {
	const world = await openWorld({ env: { KITH_FILE_MEGABYTES: '2', KITH_FILES_MEGABYTES: '3' } })
	const { alice, bob } = await peopled(world, ['alice', 'bob'])
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const blob = newBlobId()
	const hand = await blobHand(alice, direct, blob)
	expect(await hand.create(2 * MiB + 1)).toBe('file-too-large')
	expect(await hand.create(7)).toBe('malformed')
	expect(await hand.create(blobLengthOf(2 * MiB - 1000))).toBe('ok@0')
	// Reserved in whole before a byte has come; twice the same is once.
	expect(await hand.create(blobLengthOf(2 * MiB - 1000))).toBe('ok@0')
	expect(await hand.create(blobLengthOf(MiB + 1000), newBlobId())).toBe('files-full')
	expect(await Promise.all([1, 2, 3].map(() => hand.create(blobLengthOf(MiB / 2), newBlobId())))).toContain(
		'files-full',
	)
	expect(await filesIn(world)).toBe(0)
	expect(await hand.remove()).toBe('ok')
	expect(await hand.create(blobLengthOf(MiB + 1000), newBlobId())).toBe('ok@0')
	const { domain } = world.server
	expect(await domain.repositories.blobs.usage(toBytes(bob.account))).toBe(0)
})

test('[BLB6][BLB8] bytes go on where the server is, and nowhere else; none beyond the length, none beyond a piece', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const hand = await blobHand(alice, direct, newBlobId())
	const file = fileOf(blobLengthOf(MiB))
	expect(await hand.append(0, file.slice(0, 10))).toBe('not-found')
	expect(await hand.create(file.length)).toBe('ok@0')
	expect(await hand.create(file.length - 1)).toBe('not-found')
	expect(await hand.append(1, file.slice(0, 10))).toBe('wrong-offset')
	expect(await hand.append(0, file.slice(0, 10))).toBe('ok@10')
	expect(await hand.append(0, file.slice(0, 10))).toBe('wrong-offset')
	expect(await hand.append(10, fileOf(BLOB_PIECE_MAX + 1))).toBe('too-large')
	expect(await hand.append(10, file.slice(10, 20))).toBe('ok@20')
	// Twice at once: one of them.
	const twice = await Promise.all([hand.append(20, file.slice(20, 30)), hand.append(20, file.slice(20, 40))])
	expect(twice.toSorted()[1]).toBe('wrong-offset')
	const at = Number((await hand.create(file.length)).slice(3))
	expect(await hand.append(at, file.slice(at, at + MiB - 100))).toBe(`ok@${at + MiB - 100}`)
	expect(await hand.append(at + MiB - 100, fileOf(1000))).toBe('too-large')
	// The server dies between the bytes and the row: what lies there beyond the row is written over.
	await world.stop()
	await world.start()
	const again = blobHandWith(alice.serverUrl, await accessTokenOf(alice), {
		conversation: direct,
		blob: newBlobId(),
	})
	expect(await again.create(file.length)).toBe('ok@0')
	const rest = file.slice(at + MiB - 100)
	expect(await hand.append(at + MiB - 100, rest)).toBe(`ok@${file.length}`)
	expect(await hand.append(file.length, fileOf(1))).toBe('too-large')
	expect(await hand.read()).toBe(BLOB_PIECE_MAX)
	expect(await hand.read(BLOB_PIECE_MAX)).toBe(file.length - BLOB_PIECE_MAX)
})

test('[BLB9] a file ends with its message, at once and from the disk; nobody names the message of another', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	const group = await groupOf(alice, [[bob, 'member']])
	await post(bob, group, 'with a file')
	const event = await eventOf(bob, group)
	const [one, two] = [newBlobId(), newBlobId()]
	const [hers, his] = [await blobHand(alice, group, one), await blobHand(bob, group, two)]
	expect([await hers.create(small), await hers.append(0, fileOf(small))]).toEqual(['ok@0', `ok@${small}`])
	expect(await hers.name(event)).toBe('not-found')
	expect(await his.create(small)).toBe('ok@0')
	expect(await his.name(event)).toBe('not-found')
	expect(await his.append(0, fileOf(small))).toBe(`ok@${small}`)
	expect(await his.name(newBlobId())).toBe('not-found')
	expect(await his.name(event)).toBe('ok')
	// It belongs to a message now: it is not given up apart from it.
	expect(await his.remove()).toBe('not-found')
	expect(await filesIn(world)).toBe(2)
	const counters = await world.server.domain.repositories.events.counters(toBytes(group))
	expect(counters?.recv).toBe(1)
	expect(await hers.remove()).toBe('ok')
	await world.server.domain.unitOfWork.transaction(async ({ blobs }) => {
		expect(await blobs.deleteOf(toBytes(group), [toBytes(event)])).toEqual([toBytes(two)])
	})
	// As after a death between commit and disk: the file has no row, and the sweep takes it.
	expect([await his.read(), await filesIn(world)]).toEqual(['not-found', 1])
	await world.server.domain.blobs.sweep()
	expect(await filesIn(world)).toBe(0)
})

test('[BLB9] what nobody goes on with, and what no message names, ends when its time is over, and not before', async () => {
	const time = { now: Date.now() }
	const world = await openWorld({ clock: () => time.now })
	const { alice, bob } = await peopled(world, ['alice', 'bob'])
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const hand = await blobHand(alice, direct, newBlobId())
	const begun = newBlobId()
	await hand.create(small)
	await hand.append(0, fileOf(small))
	await hand.create(small, begun)
	await hand.append(0, fileOf(10), begun)
	const { blobs } = world.server.domain
	const after = async (ms: number) => {
		time.now += ms
		await blobs.sweep()
		return filesIn(world)
	}
	expect(await after(BLOB_UNFINISHED_FOR - 60_000)).toBe(2)
	expect(await after(120_000)).toBe(1)
	expect(await after(BLOB_UNNAMED_FOR - BLOB_UNFINISHED_FOR - 120_000)).toBe(1)
	expect(await after(120_000)).toBe(0)
})

test('[BLB4][BLB7] a reader brings nothing, who was removed neither brings nor reads, and a guest reads open rooms alone', async () => {
	const { alice, bob, charlie, world } = await setupOpen(['alice', 'bob', 'charlie'])
	const group = await groupOf(alice, [
		[bob, 'reader'],
		[charlie, 'member'],
	])
	const room = await groupOf(alice, [], { kind: 'room-open', name: 'Lobby', topic: '' })
	const blob = newBlobId()
	const [hers, reading, leaving] = [
		await blobHand(alice, group, blob),
		await blobHand(bob, group, blob),
		await blobHand(charlie, group, newBlobId()),
	]
	await hers.create(small)
	await hers.append(0, fileOf(small))
	expect(await reading.create(small, newBlobId())).toBe('forbidden')
	expect(await reading.read()).toBe(small)
	expect(await leaving.create(small)).toBe('ok@0')
	must(await alice.api.removeMembers({ conversation: group, accounts: [charlie.account] }))
	await membersUntil(alice, group, ['alice', 'bob'])
	expect(await leaving.append(0, fileOf(small))).toBe('not-found')
	expect(await leaving.read(0, blob)).toBe('not-found')
	const guest = await guestAt(world)
	await readUntil(guest, room, () => true)
	const open = newBlobId()
	const inRoom = await blobHand(alice, room, open)
	await inRoom.create(small)
	await inRoom.append(0, fileOf(small))
	const asGuest = (conversation: string, id: string) =>
		codeOf(
			createHttpClient({ origin: guest.serverUrl, fetch, accessToken: async () => guest.tap.accessToken }).transfer({
				route: routes.guests.blob,
				input: { conversation, blob: id },
			}),
		)
	expect(await asGuest(room, open)).toBe('ok')
	expect(await asGuest(room, blob)).toBe('not-found')
	expect(await asGuest(group, blob)).toBe('not-found')
	const guestHand = blobHandWith(guest.serverUrl, guest.tap.accessToken, { conversation: room, blob: open })
	expect([await guestHand.read(), await guestHand.create(small)]).toEqual(['forbidden', 'forbidden'])
})
