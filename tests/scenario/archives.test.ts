/** Encrypted archives: from one instance to another, and what becomes of those that are damaged, forged or of somebody else. */
import { expect, test } from 'vitest'
import { readdir } from 'node:fs/promises'
import type { ChatView, FileView, KithApi } from '#core/api.ts'
import { archiveHeaderLength } from '#crypto/archive-seal.ts'
import { concatBytes } from '#protocol/bytes.ts'
import { archiveOf, chunksOf, importOf, passphrase, rewritten, textOfArchive } from '../support/archives.ts'
import { fileNamed, filesUntil, hashOfFile, hashOfNew } from '../support/files.ts'
import { groupOf } from '../support/groups.ts'
import { filesIn } from '../support/leak-search.ts'
import { openedStore, openRows } from '../support/opened-store.ts'
import { peopled, setup, world } from '../support/story.ts'
import { messagesUntil, must, now, refusal, textOf, textsUntil, until } from '../support/watching.ts'
import { openDirect, post, type NodeDevice } from '../support/world.ts'

const copiesOf = async ({ api }: { readonly api: KithApi }): Promise<readonly ChatView[]> =>
	(await now(api, 'chats', null)).filter(({ kind }) => kind === 'copy')

const found = ({ api }: NodeDevice, text: string, count: number) =>
	until(api, {
		view: 'search',
		of: { text, conversation: null, count: 20 },
		is: ({ indexing, hits }) => indexing === null && hits.length === count,
	})

/** Alice has a group and a direct conversation with all that messages can be; Dora is on another instance. */
async function twoInstances() {
	const { alice, bob } = await setup('alice', 'bob')
	const { dora } = await peopled(await world(), ['dora'])
	const group = await groupOf(alice, [[bob, 'member']], { name: 'Hikers' })
	const direct = await openDirect(alice, bob)
	await post(bob, group, 'Meet at the pier')
	const [first] = await messagesUntil(alice.api, group, (all) => all.length === 1)
	must(await alice.api.react({ conversation: group, key: first?.key ?? '', emoji: '🚢', on: true }))
	must(await alice.api.post({ conversation: group, text: 'Bring the map', replyTo: first?.event ?? null }))
	must(await bob.api.post({ conversation: group, text: 'wrong', files: [fileNamed('map.pdf', 1000)] }))
	for (const { api } of [alice, bob]) await textsUntil(api, group, ['Meet at the pier', 'Bring the map', 'wrong'])
	const own = (await now(bob.api, 'conversation', group))?.messages.at(-1)
	must(await bob.api.edit({ conversation: group, key: own?.key ?? '', text: 'The map is here' }))
	await post(alice, direct, ...Array.from({ length: 4 }, (_, i) => `long ${i} ${'harbour '.repeat(4000)}`))
	await textsUntil(alice.api, group, ['Meet at the pier', 'Bring the map', 'The map is here'])
	// What waits to be sent stands in no page yet.
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	return { alice, bob, dora, group, direct }
}

test('[A6] an archive of the account becomes read-only copies on another instance: listed, read, searched, deleted', async () => {
	const { alice, bob, dora, group } = await twoInstances()
	const archive = await archiveOf(alice, null)
	for (const secret of ['Hikers', 'pier', 'alice', 'kith-export'])
		expect(Buffer.from(archive).includes(secret)).toBe(false)
	const imported = must(await importOf(dora, archive))
	expect(imported).toMatchObject({ known: 0, refused: 0 })
	const chats = await copiesOf(dora)
	expect(chats.map(({ title }) => title)).toEqual(expect.arrayContaining(['Bob', 'Hikers']))
	expect(chats.map(({ conversation }) => conversation).toSorted()).toEqual([...imported.copies].toSorted())
	const hikers = chats.find(({ title }) => title === 'Hikers')
	const copy = hikers?.conversation ?? ''
	expect(copy).not.toBe(group)

	const view = await now(dora.api, 'conversation', copy)
	const { host } = new URL(alice.serverUrl)
	expect(view).toMatchObject({
		...{ kind: 'copy', title: 'Hikers', writable: { type: 'no', why: 'copy' }, more: false },
		copy: { instance: host, by: { account: alice.account, name: `alice@${host}` } },
	})
	expect(view?.people.map(({ name }) => name).toSorted()).toEqual([`alice@${host}`, `bob@${host}`])
	expect(view?.messages.map(textOf)).toEqual(['Meet at the pier', 'Bring the map', 'The map is here'])
	expect(view?.messages).toMatchObject([
		{ author: bob.account, mine: false, reactions: [{ emoji: '🚢', by: [alice.account] }], mark: null },
		{ author: alice.account, reply: { quote: { author: bob.account, content: { text: 'Meet at the pier' } } } },
		{ edited: true, files: [{ name: 'map.pdf', size: 1000 }] },
	])

	const blob = view?.messages[2]?.files[0]?.blob ?? ''
	expect(refusal(await dora.api.fetchFile({ conversation: copy, blob }))).toEqual({ type: 'not-in-copy' })
	const { hits } = await found(dora, 'the map from:bob', 1)
	expect(hits[0]).toMatchObject({ conversation: copy, title: 'Hikers', author: { name: `bob@${host}` } })
	expect((await found(dora, 'harb', 4)).hits).toHaveLength(4)
	const event = view?.messages[1]?.event ?? ''
	const around = await now(dora.api, 'history', { conversation: copy, around: event, before: 0, after: 1 })
	expect(around).toMatchObject({ earlier: true, later: false })
	expect(around?.messages.map(textOf)).toEqual(['Bring the map', 'The map is here'])
	expect(must(await dora.api.messageAt({ conversation: copy, at: 0 })).event).toBe(view?.messages[0]?.event)

	expect(refusal(await dora.api.post({ conversation: copy, text: 'hello' }))).toEqual({ type: 'not-here' })
	expect(refusal(await dora.api.edit({ conversation: copy, key: event, text: 'never said' }))).toEqual({
		type: 'not-here',
	})
	expect(must(await importOf(dora, archive))).toEqual({ copies: [], known: imported.copies.length, refused: 0 })

	await dora.reopen()
	expect((await copiesOf(dora)).length).toBe(imported.copies.length)
	expect((await now(dora.api, 'conversation', copy))?.messages.map(textOf)).toHaveLength(3)
	must(await dora.api.deleteCopy({ conversation: copy }))
	await until(dora.api, { view: 'conversation', of: copy, is: (view) => view === null })
	await found(dora, 'the map from:bob', 0)
	const left = await openedStore(dora)
	expect(left.filter(({ bytes }) => Buffer.from(bytes).includes('pier')).map(({ name }) => name)).toEqual([])
	await dora.reopen()
	expect((await copiesOf(dora)).map(({ title }) => title)).not.toContain('Hikers')
	// And once more from the file: nothing about it is for ever.
	expect(must(await importOf(dora, archive))).toMatchObject({ copies: [copy], known: imported.copies.length - 1 })
	expect((await now(dora.api, 'conversation', copy))?.messages).toHaveLength(3)
})

test('[A6] a newer archive takes the place of an older copy, and an older one changes nothing', async () => {
	const { alice, bob, dora, group } = await twoInstances()
	const older = await archiveOf(alice, group)
	await post(bob, group, 'One more thing')
	await messagesUntil(alice.api, group, (all) => all.length === 4)
	const newer = await archiveOf(alice, group)
	const [copy = ''] = must(await importOf(dora, older)).copies
	expect(must(await importOf(dora, newer)).copies).toEqual([copy])
	expect(must(await importOf(dora, older))).toMatchObject({ copies: [], known: 1 })
	expect((await now(dora.api, 'conversation', copy))?.messages.map(textOf).at(-1)).toBe('One more thing')
	expect((await found(dora, 'one more', 1)).hits[0]).toMatchObject({ conversation: copy })
})

test('[A6] an archive that is damaged, cut off, put together from parts, or under another passphrase is refused, and loses nothing', async () => {
	const { alice, dora, direct, group } = await twoInstances()
	const archive = await archiveOf(alice, direct)
	const other = await archiveOf(alice, direct)
	const [copy = ''] = must(await importOf(dora, await archiveOf(alice, group))).copies
	const before = await now(dora.api, 'chats', null)
	const chunks = chunksOf(archive)
	expect(chunks.length).toBeGreaterThan(2)
	const header = archive.slice(0, archiveHeaderLength)
	const glued = (...parts: Uint8Array[]) => concatBytes(header, ...parts)
	const flipped = (at: number) => {
		const bytes = archive.slice()
		bytes[at] = (bytes[at] as number) ^ 1
		return bytes
	}
	const damaged = {
		'the last chunk is missing': glued(...chunks.slice(0, -1)),
		'a chunk in the middle is missing': glued(...chunks.slice(0, 1), ...chunks.slice(2)),
		'two chunks are swapped': glued(chunks[1]!, chunks[0]!, ...chunks.slice(2)),
		'a chunk is of another archive under the same passphrase': glued(chunksOf(other)[0]!, ...chunks.slice(1)),
		'a chunk comes twice': glued(chunks[0]!, ...chunks),
		'something follows': glued(...chunks, chunks.at(-1)!),
		'a bit is another': flipped(archiveHeaderLength + 70_000),
		'the tag is cut': archive.slice(0, -1),
		'only a header': header.slice(),
	}
	for (const [name, bytes] of Object.entries(damaged))
		expect(refusal(await importOf(dora, bytes)), name).toEqual({ type: 'damaged-archive' })
	expect(refusal(await importOf(dora, archive, 'seven lamps under the new pier'))).toEqual({ type: 'wrong-passphrase' })
	// A bit of the salt makes it the archive of another passphrase.
	expect(refusal(await importOf(dora, flipped(20)))).toEqual({ type: 'wrong-passphrase' })
	const unknownNumbers = archive.slice()
	unknownNumbers[13] = 7
	for (const bytes of [new Uint8Array(0), archive.slice(0, 20), flipped(0), flipped(12), unknownNumbers])
		expect(refusal(await importOf(dora, bytes))).toEqual({ type: 'no-archive' })
	expect(
		refusal(await alice.api.beginExport({ conversation: null, as: 'archive', passphrase: 'pier', files: false })),
	).toMatchObject({
		type: 'weak-password',
	})

	// Whoever stops in the middle has nothing of it.
	const { key } = must(await dora.api.beginImport({ file: new Blob([archive]), passphrase }))
	must(await dora.api.endImport({ key }))
	expect(refusal(await dora.api.nextOfImport({ key }))).toEqual({ type: 'not-here' })
	expect(await now(dora.api, 'chats', null)).toEqual(before)
	await dora.api.close()
	expect((await openRows(dora.store, ['copies'])).filter((key) => !key.startsWith(copy))).toEqual([])
	await dora.reopen()
	expect(must(await importOf(dora, archive)).copies).toHaveLength(1)
})

test('[A6] what nobody signed is in no copy, whoever made the archive', async () => {
	const { alice, bob, dora, group } = await twoInstances()
	const archive = await archiveOf(alice, group)
	const text = await textOfArchive(archive)
	const line = text.split('\n').findLast((one) => one.includes('"type":"page"')) ?? ''
	const page = JSON.parse(line) as { items: { item: string; key: string }[] }
	const [first] = page.items
	if (first === undefined) throw new Error('a page of no items')

	// A signature of which a bit is another: the item is left out, and said to be.
	const broken = `${first.item.slice(0, -4)}${first.item.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`
	const unsigned = must(await importOf(dora, await rewritten(archive, (all) => all.replace(first.item, broken))))
	expect(unsigned.refused).toBe(1)
	must(await dora.api.deleteCopy({ conversation: unsigned.copies[0] ?? '' }))

	// The key of another message opens nothing.
	const items = page.items.map((one, i) => ({ ...one, key: page.items.at(i - 1)?.key }))
	const shifted = JSON.stringify({ ...page, items })
	const swapped = must(await importOf(dora, await rewritten(archive, (all) => all.replace(line, shifted))))
	const view = await now(dora.api, 'conversation', swapped.copies[0] ?? '')
	expect(view?.messages.map(({ content }) => content)).toEqual(
		Array.from({ length: 3 }, () => ({ type: 'unreadable', why: 'key-not-valid' })),
	)
	must(await dora.api.deleteCopy({ conversation: swapped.copies[0] ?? '' }))

	const notVerified = { type: 'not-verified', what: 'archive' }
	const ofBob = await rewritten(archive, (all) =>
		all.replaceAll(`"account":"${bob.account}"`, `"account":"${alice.account}"`),
	)
	expect(refusal(await importOf(dora, ofBob))).toEqual(notVerified)
	const otherServer = await rewritten(archive, (all) =>
		all.replace(/"serverKey":"[^"]+"/, `"serverKey":"${alice.account}"`),
	)
	expect(refusal(await importOf(dora, otherServer))).toEqual(notVerified)
	const shortened = await rewritten(archive, (all) => all.replace(/("type":"conversation".*?"log":\[)("[^"]+",)/, '$1'))
	expect(refusal(await importOf(dora, shortened))).toEqual(notVerified)
	for (const change of [
		(all: string) => all.slice(all.indexOf('\n') + 1),
		(all: string) => all.slice(0, -1),
		(all: string) => all.replace('"version":1', '"version":2'),
		(all: string) => all.replace(/"origin":"[^"]+"/, '"origin":"javascript:alert(1)"'),
		(all: string) => all.replace('"page":0', '"page":4294967296'),
		(all: string) => all.replace('"clock":0', '"clock":-1'),
		(all: string) => `${all}${all.slice(all.indexOf('\n') + 1)}`,
		() => '[]\n',
		() => '{"type":"head"}\n',
		() => '',
	])
		expect(refusal(await importOf(dora, await rewritten(archive, change)))).toEqual({ type: 'damaged-archive' })
	expect(await copiesOf(dora)).toEqual([])
})

const pictureNamed = (name: string) => ({
	...fileNamed(name, 700_000),
	mime: 'image/webp',
	picture: { width: 40, height: 30, thumbhash: Uint8Array.of(1, 2, 3) },
})

/** Alice has a group with a picture and a file of Bob's, which she has not fetched; Dora is on another instance. */
async function withPictures() {
	const { alice, bob } = await setup('alice', 'bob')
	const { dora } = await peopled(await world(), ['dora'])
	const group = await groupOf(alice, [[bob, 'member']], { name: 'Hikers' })
	const [picture, map] = [pictureNamed('pier.webp'), fileNamed('map.pdf', 1000)]
	must(await bob.api.post({ conversation: group, text: 'The pier', files: [picture, map] }))
	await filesUntil(alice, group)
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	return { alice, bob, dora, group, picture, map }
}

const filesOfCopy = async ({ api }: NodeDevice, copy: string): Promise<readonly FileView[]> =>
	(await now(api, 'conversation', copy))?.messages[0]?.files ?? []

const shelfOf = ({ store }: NodeDevice) => readdir(`${store}.files`)

test('[A6][M7] files go along in an archive: pictures are shown and files read where no server has them, until the copy goes', async () => {
	const { alice, dora, group, picture, map } = await withPictures()
	const archive = await archiveOf(alice, group, true)
	const clear = Buffer.from(await picture.file.slice(1000, 1064).arrayBuffer())
	expect(Buffer.from(archive).includes(clear)).toBe(false)
	const [copy = ''] = must(await importOf(dora, archive)).copies
	for (const opened of ['at once', 'after a restart']) {
		const files = await filesOfCopy(dora, copy)
		expect(files, opened).toMatchObject([
			{ name: 'pier.webp', size: 700_000, picture: picture.picture },
			{ name: 'map.pdf', size: 1000, picture: null },
		])
		for (const [i, file] of [picture, map].entries()) {
			const view = files[i] as FileView
			must(await dora.api.fetchFile({ conversation: copy, blob: view.blob }))
			expect(await hashOfFile(dora.api, copy, view)).toBe(await hashOfNew(file))
		}
		await dora.reopen()
	}
	expect(refusal(await dora.api.fetchFile({ conversation: copy, blob: 'AAAAAAAAAAAAAAAAAAAAAA' }))).toEqual({
		type: 'not-in-copy',
	})
	expect(await shelfOf(dora)).toHaveLength(2)
	for (const { bytes } of await filesIn(`${dora.store}.files`)) expect(Buffer.from(bytes).includes(clear)).toBe(false)

	// A newer archive brings its own, and the older ones go.
	await post(alice, group, 'One more thing')
	await messagesUntil(alice.api, group, (all) => all.length === 2)
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	const before = await shelfOf(dora)
	expect(must(await importOf(dora, await archiveOf(alice, group, true))).copies).toEqual([copy])
	const after = await shelfOf(dora)
	expect(after).toHaveLength(2)
	expect(after.filter((name) => before.includes(name))).toEqual([])
	const [view] = await filesOfCopy(dora, copy)
	expect(await hashOfFile(dora.api, copy, view as FileView)).toBe(await hashOfNew(picture))
	must(await dora.api.deleteCopy({ conversation: copy }))
	expect(await shelfOf(dora)).toEqual([])
	expect(await filesOfCopy(dora, copy)).toEqual([])
})

test('[A6] a file in an archive that is not what its message names is in no copy, and what breaks off leaves nothing', async () => {
	const { alice, dora, group } = await withPictures()
	const archive = await archiveOf(alice, group, true)
	const lines = (await textOfArchive(archive)).split('\n')
	const ofFiles = lines.filter((line) => line.startsWith('{"type":"file"'))
	expect(ofFiles.length).toBe(5)
	const last = ofFiles.at(-1) as string
	const piece = JSON.parse(last) as { blob: string; bytes: string }
	const flipped = piece.bytes.startsWith('A') ? `B${piece.bytes.slice(1)}` : `A${piece.bytes.slice(1)}`

	const forged = must(await importOf(dora, await rewritten(archive, (all) => all.replace(piece.bytes, flipped))))
	expect(forged.refused).toBe(1)
	const [copy = ''] = forged.copies
	const [shown, absent] = await filesOfCopy(dora, copy)
	must(await dora.api.fetchFile({ conversation: copy, blob: shown?.blob ?? '' }))
	for (const asked of [
		dora.api.fetchFile({ conversation: copy, blob: absent?.blob ?? '' }),
		dora.api.readFile({ conversation: copy, blob: absent?.blob ?? '', index: 0 }),
	])
		expect(refusal(await asked)).toEqual({ type: 'not-in-copy' })
	must(await dora.api.deleteCopy({ conversation: copy }))
	expect(await shelfOf(dora)).toEqual([])

	const changed = async (change: (all: string) => string) => importOf(dora, await rewritten(archive, change))
	// Of no message: nobody asks for it, and it takes no room.
	const strange = must(await changed((all) => `${all}${last.replace(piece.blob, 'AAAAAAAAAAAAAAAAAAAAAA')}\n`))
	expect([strange.refused, (await shelfOf(dora)).length]).toEqual([0, 2])
	// Twice: the second is of no use.
	must(await dora.api.deleteCopy({ conversation: copy }))
	must(await changed((all) => `${all}${last}\n`))
	expect(await shelfOf(dora)).toHaveLength(2)
	must(await dora.api.deleteCopy({ conversation: copy }))
	// Longer than its message says.
	const longer = must(await changed((all) => all.replace(piece.bytes, piece.bytes.repeat(4))))
	expect([longer.refused, (await shelfOf(dora)).length]).toEqual([1, 1])
	must(await dora.api.deleteCopy({ conversation: copy }))
	// Cut off in its middle, by another line.
	must(await changed((all) => all.replace(`${ofFiles[1]}\n${ofFiles[2]}\n${ofFiles[3]}\n`, '')))
	expect(await shelfOf(dora)).toHaveLength(1)
	must(await dora.api.deleteCopy({ conversation: copy }))
	for (const change of [
		(all: string) => all.replace(`${ofFiles[1]}\n`, ''),
		(all: string) => all.replace('"type":"file","blob":"', '"type":"file","blob":7,"x":"'),
		(all: string) => all.replace(piece.bytes, '*'),
	])
		expect(refusal(await changed(change))).toEqual({ type: 'damaged-archive' })
	expect(await shelfOf(dora)).toEqual([])

	// Stopped in the middle, and closed in the middle.
	const { key } = must(await dora.api.beginImport({ file: new Blob([archive]), passphrase }))
	must(await dora.api.endImport({ key }))
	expect(await shelfOf(dora)).toEqual([])
	expect(await copiesOf(dora)).toEqual([])
})

test('[A6] an archive saved without files names them, and what could not be had is named too', async () => {
	const { alice, dora, group } = await withPictures()
	alice.wire.cut()
	const [copy = ''] = must(await importOf(dora, await archiveOf(alice, group, true))).copies
	expect(await filesOfCopy(dora, copy)).toMatchObject([
		{ name: 'pier.webp', picture: null },
		{ name: 'map.pdf', picture: null },
	])
	expect(await shelfOf(dora)).toEqual([])
})
