/** Files of messages through real clients and a real server: sealed here, opened there, through cuts and restarts. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { fileNamed, filesUntil, hashOfFile, hashOfNew } from '../support/files.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, mustAfterCut, refusal, until } from '../support/watching.ts'
import { befriend, offlineUntil, onlineUntil, openDirect, post, type NodeDevice, type World } from '../support/world.ts'

const MiB = 1024 * 1024

const blobsAt = async ({ server }: World) => {
	const shelves = await readdir(join(server.data, 'blobs'))
	return (await Promise.all(shelves.map((shelf) => readdir(join(server.data, 'blobs', shelf))))).flat()
}

const shelfOf = ({ store }: NodeDevice) => readdir(`${store}.files`)

/** Pieces that the server took. */
const piecesTaken = ({ server }: World) =>
	server.lines.filter(
		({ event, fields }) => event === 'request' && fields['method'] === 'PATCH' && fields['status'] === 204,
	).length

/** Somebody's upload or download has come so far. */
const movedUntil = ({ api }: NodeDevice, bytes: number) =>
	until(api, { view: 'transfers', of: null, is: ([first]) => first !== undefined && first.done >= bytes })

test('[M3][BLB3] a file and a picture come to the other with what is said of them, byte for byte', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const thumbhash = Uint8Array.of(1, 2, 3)
	const picture = { ...fileNamed('cat.webp', 1000), mime: 'image/webp', picture: { width: 40, height: 30, thumbhash } }
	const sound = { ...fileNamed('voice', 0), sound: { durationMs: 1500, waveform: Uint8Array.of(9, 0, 255) } }
	const large = fileNamed('Ünïcode 📎.pdf', 2 * MiB + 17)
	must(await alice.api.post({ conversation: direct, text: 'here', files: [picture, sound, large] }))
	const shown = await filesUntil(bob, direct)
	expect(shown.map(({ blob: _, ...facts }) => facts)).toEqual(
		[picture, sound, large].map(({ file, ...facts }) => ({ ...facts, size: file.size })),
	)
	for (const [i, file] of [picture, sound, large].entries()) {
		const { blob } = shown[i] as (typeof shown)[number]
		expect(refusal(await bob.api.readFile({ conversation: direct, blob, index: 0 }))).toEqual({ type: 'not-here' })
		must(await bob.api.fetchFile({ conversation: direct, blob }))
		expect(await hashOfFile(bob.api, direct, shown[i] as (typeof shown)[number])).toBe(await hashOfNew(file))
	}
	// Again, and after a restart: from the shelf.
	bob.wire.cut()
	await offlineUntil(bob)
	await bob.reopen()
	await filesUntil(bob, direct)
	must(await bob.api.fetchFile({ conversation: direct, blob: shown[2]?.blob ?? '' }))
	expect(await blobsAt(world)).toHaveLength(3)
	// Nothing of it lies in clear on any disk.
	const clear = Buffer.from(await large.file.slice(0, 64).arrayBuffer())
	for (const { store } of [alice, bob])
		for (const name of await readdir(`${store}.files`))
			expect((await readFile(join(`${store}.files`, name))).includes(clear)).toBe(false)
})

test('[M3] written offline a file waits; cut and restarted in the middle it goes on where it was; a text overtakes it', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const file = fileNamed('film', 12 * MiB)
	alice.wire.cut()
	await offlineUntil(alice)
	must(await alice.api.post({ conversation: direct, text: 'film', files: [file] }))
	await post(alice, direct, 'more later')
	const [own] = await filesUntil(alice, direct)
	expect(await hashOfFile(alice.api, direct, own as NonNullable<typeof own>)).toBe(await hashOfNew(file))
	alice.wire.resume()
	await messagesUntil(bob.api, direct, ([first]) => first?.files.length === 0)
	await movedUntil(alice, 3 * MiB)
	alice.wire.cut()
	await offlineUntil(alice)
	const before = piecesTaken(world)
	expect(before).toBeGreaterThan(0)
	await alice.reopen()
	alice.wire.resume()
	await movedUntil(alice, 6 * MiB)
	const atStop = piecesTaken(world)
	await world.stop()
	await world.start()
	const [shown] = await filesUntil(bob, direct)
	await mustAfterCut(() => bob.api.fetchFile({ conversation: direct, blob: shown?.blob ?? '' }))
	expect(await hashOfFile(bob.api, direct, shown as NonNullable<typeof shown>)).toBe(await hashOfNew(file))
	// Nothing but what was under way at a cut went twice.
	expect(atStop + piecesTaken(world)).toBeLessThanOrEqual(13 + 3)
})

test('[M3] what is taken back leaves both disks; what the server refuses says why, and can be tried again or let go', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const { key } = must(await alice.api.post({ conversation: direct, text: '', files: [fileNamed('film', 30 * MiB)] }))
	await movedUntil(alice, MiB)
	must(await alice.api.discard({ conversation: direct, key }))
	await until(alice.api, { view: 'transfers', of: null, is: (moving) => moving.length === 0 })
	expect(await shelfOf(alice)).toEqual([])
	await vi.waitFor(async () => expect(await blobsAt(world)).toEqual([]), { timeout: 20_000 })
	must(await bob.api.block({ account: alice.account }))
	must(await alice.api.post({ conversation: direct, text: 'x', files: [fileNamed('small', 100)] }))
	const failed = await messagesUntil(alice.api, direct, ([first]) => first?.mark === 'failed')
	expect(failed[0]).toMatchObject({ problem: 'not-friends', files: [{ name: 'small' }] })
	must(await alice.api.discard({ conversation: direct, key: failed[0]?.key ?? '' }))
	expect(await shelfOf(alice)).toEqual([])
})

test('[M3] while a large file is sealed it says how far that is; stopped, nothing of it stays, and the next one goes', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const seen: number[] = []
	const stop = alice.api.watch('preparing', direct, (now) => {
		if (now === null) return
		expect(now.total).toBe(30 * MiB)
		seen.push(now.done)
		if (now.done > 2 * MiB) void alice.api.stopPreparing({ conversation: direct })
	})
	const files = [fileNamed('first', 20 * MiB), fileNamed('second', 10 * MiB)]
	expect(refusal(await alice.api.post({ conversation: direct, text: 'film', files }))).toEqual({ type: 'interrupted' })
	stop()
	expect(seen.every((done, i) => i === 0 || done >= (seen[i - 1] as number))).toBe(true)
	expect(seen.at(-1)).toBeLessThan(20 * MiB)
	expect(await shelfOf(alice)).toEqual([])
	await until(alice.api, { view: 'preparing', of: direct, is: (now) => now === null })
	must(await alice.api.post({ conversation: direct, text: '', files: [fileNamed('small', 100)] }))
	expect(await filesUntil(bob, direct)).toMatchObject([{ name: 'small' }])
})

test('[M2][M3][BLB9] deleted for everyone, a file leaves the disks of server and clients', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	must(await alice.api.post({ conversation: direct, text: 'secret', files: [fileNamed('secret', MiB)] }))
	const [shown] = await filesUntil(bob, direct)
	must(await bob.api.fetchFile({ conversation: direct, blob: shown?.blob ?? '' }))
	expect([(await shelfOf(alice)).length, (await shelfOf(bob)).length, (await blobsAt(world)).length]).toEqual([1, 1, 1])
	const { repositories } = world.server.domain
	await vi.waitFor(async () => {
		const blob = Buffer.from(shown?.blob ?? '', 'base64url')
		expect((await repositories.blobs.byId(new Uint8Array(blob)))?.event).not.toBeNull()
	})
	const [message] = await messagesUntil(alice.api, direct, ([first]) => first?.event != null)
	must(await alice.api.deleteForEveryone({ conversation: direct, key: message?.key ?? '' }))
	await messagesUntil(bob.api, direct, ([first]) => first?.content.type === 'deleted')
	await vi.waitFor(async () => {
		expect([await shelfOf(alice), await shelfOf(bob), await blobsAt(world)]).toEqual([[], [], []])
	})
})

test('[M3][BLB3] a server that gives out another file is found out, and nothing of it is shown', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	must(await alice.api.post({ conversation: direct, text: '', files: [fileNamed('true', 100)] }))
	const [shown] = await filesUntil(bob, direct)
	const blob = new Uint8Array(Buffer.from(shown?.blob ?? '', 'base64url'))
	await world.server.domain.blobFiles.write(blob, 5, Uint8Array.of(1, 2, 3))
	const wanted = { conversation: direct, blob: shown?.blob ?? '' }
	expect(refusal(await bob.api.fetchFile(wanted))).toEqual({ type: 'damaged-file' })
	expect(refusal(await bob.api.readFile({ ...wanted, index: 0 }))).toEqual({ type: 'not-here' })
	expect(await shelfOf(bob)).toEqual([])
	await onlineUntil(bob)
})
