/** Messages that go on into other conversations with their files: sealed anew for each, whole or not at all. */
import { readdir } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { fileNamed, filesUntil, hashOfFile, hashOfNew } from '../support/files.ts'
import { groupOf } from '../support/groups.ts'
import { setup } from '../support/story.ts'
import { keyOf, messagesUntil, must, mustAfterCut, now, refusal, until } from '../support/watching.ts'
import { befriend, offlineUntil, openDirect, type NodeDevice } from '../support/world.ts'

const shelfOf = ({ store }: NodeDevice) => readdir(`${store}.files`)

const picture = {
	...fileNamed('cat.webp', 1000),
	mime: 'image/webp',
	picture: { width: 40, height: 30, thumbhash: Uint8Array.of(1, 2, 3) },
}
const chart = fileNamed('chart.pdf', 600_000)

/** Bob has a message with two files from Alice, and has not loaded them. */
async function received() {
	const story = await setup('alice', 'bob', 'charlie', 'dave')
	const { alice, bob, charlie } = story
	await befriend(alice, bob)
	await befriend(bob, charlie)
	const [from, direct] = [await openDirect(alice, bob), await openDirect(bob, charlie)]
	must(await alice.api.post({ conversation: from, text: 'From the pier', files: [picture, chart] }))
	const files = await filesUntil(bob, from)
	return { ...story, from, direct, files, key: await keyOf(bob, from, 'From the pier') }
}

test('[M8][M3] a message goes on with its files, offline too, to a friend, a group and notes, and each of them has its own', async () => {
	const { alice, bob, charlie, dave, from, direct, files, key } = await received()
	const group = await groupOf(bob, [[dave, 'member']])
	const notes = (await now(bob.api, 'chats', null)).find(({ kind }) => kind === 'notes')?.conversation ?? ''
	for (const { blob } of files) must(await bob.api.fetchFile({ conversation: from, blob }))
	bob.wire.cut()
	await offlineUntil(bob)
	must(await bob.api.forward({ conversation: from, key, to: [direct, group, notes] }))
	await bob.reopen()
	for (const target of [direct, group, notes])
		await messagesUntil(bob.api, target, ([one]) => one?.mark === 'queued' && one.forwarded && one.files.length === 2)
	bob.wire.resume()

	const blobs = new Set(files.map(({ blob }) => blob))
	for (const [reader, target] of [
		[charlie, direct],
		[dave, group],
	] as const) {
		const copies = await filesUntil(reader, target)
		expect(copies.map(({ blob: _, ...facts }) => facts)).toEqual(files.map(({ blob: _, ...facts }) => facts))
		for (const [i, copy] of copies.entries()) {
			expect(blobs.has(copy.blob)).toBe(false)
			blobs.add(copy.blob)
			must(await reader.api.fetchFile({ conversation: target, blob: copy.blob }))
			const original = [picture, chart][i] as typeof picture
			expect(await hashOfFile(reader.api, target, copy)).toBe(await hashOfNew(original))
		}
	}
	expect(refusal(await charlie.api.fetchFile({ conversation: from, blob: files[0]?.blob ?? '' })).type).toBe('not-here')
	await messagesUntil(bob.api, notes, ([one]) => one?.mark === 'sent')

	// What its author deletes for everyone is gone there, and nowhere else.
	must(await alice.api.deleteForEveryone({ conversation: from, key: await keyOf(alice, from, 'From the pier') }))
	await messagesUntil(bob.api, from, ([one]) => one?.content.type === 'deleted')
	const [copy] = await filesUntil(bob, direct)
	expect(await hashOfFile(bob.api, direct, copy as NonNullable<typeof copy>)).toBe(await hashOfNew(picture))
})

test('[M8][M3] what is not on the device is fetched first, and without a network nothing goes', async () => {
	const { bob, charlie, from, direct, key } = await received()
	bob.wire.cut()
	await offlineUntil(bob)
	const refused = await bob.api.forward({ conversation: from, key, to: [direct] })
	expect(refusal(refused)).toEqual({ type: 'offline' })
	expect((await now(bob.api, 'conversation', direct))?.messages).toEqual([])
	expect(await shelfOf(bob)).toEqual([])
	bob.wire.resume()
	await mustAfterCut(() => bob.api.forward({ conversation: from, key, to: [direct] }))
	const [, copy] = await filesUntil(charlie, direct)
	must(await charlie.api.fetchFile({ conversation: direct, blob: copy?.blob ?? '' }))
	expect(await hashOfFile(charlie.api, direct, copy as NonNullable<typeof copy>)).toBe(await hashOfNew(chart))
})

test('[M8][BLB3] of a file that the server has changed nothing goes on, nor of those before it, and nothing of it stays', async () => {
	const { bob, from, direct, files, key, world } = await received()
	const second = new Uint8Array(Buffer.from(files[1]?.blob ?? '', 'base64url'))
	await world.server.domain.blobFiles.write(second, 5, Uint8Array.of(1, 2, 3))
	const refused = await bob.api.forward({ conversation: from, key, to: [direct] })
	expect(refusal(refused)).toEqual({ type: 'damaged-file' })
	expect((await now(bob.api, 'conversation', direct))?.messages).toEqual([])
	// The first as it came, and no copy of it.
	expect(await shelfOf(bob)).toEqual([files[0]?.blob])
	await until(bob.api, { view: 'transfers', of: null, is: (moving) => moving.length === 0 })
})

test('[M8] what is forwarded or shared is offered where one may write, and nowhere else', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	await befriend(alice, bob)
	const group = await groupOf(charlie, [[alice, 'member']])
	await openDirect(alice, bob)
	await openDirect(alice, charlie)
	const offered = ({ api }: NodeDevice, titles: readonly string[]) =>
		until(api, {
			view: 'chats',
			of: null,
			is: (chats) => {
				const writable = chats
					.filter((chat) => chat.writable)
					.map(({ kind, title }) => (kind === 'notes' ? kind : title))
				return isDeepStrictEqual(writable.toSorted(), titles.toSorted())
			},
		})
	const name = (await until(alice.api, { view: 'group', of: group, is: (view) => view !== null }))?.name ?? ''
	await offered(alice, ['Bob', 'Charlie', name, 'notes'])
	must(await bob.api.removeFriend({ account: alice.account }))
	await offered(alice, ['Charlie', name, 'notes'])
	must(await charlie.api.archiveGroup({ conversation: group, archived: true }))
	await offered(alice, ['Charlie', 'notes'])
})
