/** Redactions at the server: the text leaves the disk, whoever comes first (SPEC DEL). */
import Database from 'better-sqlite3'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { decodeItem, type Head } from '#protocol/envelope.ts'
import { createScrubbing } from '#server/domain/scrubbing.ts'
import { eventWorld, type Pen, type EventWorld, type Written } from '#tests/support/event-world.ts'
import { fakeTime } from '#tests/support/fake-timers.ts'
import { bytesOf } from '#tests/support/log-actors.ts'

let world: EventWorld
let alice: Pen
let bob: Pen
let guid: string

beforeEach(async () => {
	world = await eventWorld()
	alice = world.pen(world.story.alice)
	bob = world.pen(world.story.bob)
	guid = world.guid(0)
})

afterEach(() => {
	expect(world.errors).toEqual([])
	world.close()
})

const redactOf = (...targets: readonly Written[]): Partial<Head> => ({
	kind: 'redact',
	targets: targets.map(({ id }) => id).sort(Buffer.compare),
})

const stored = async (written: Written, page = world.address(0)) => {
	const rows = await world.pages.missing(page, new Map())
	const row = rows.find(({ clientId, clock }) => clientId === written.row.clientId && clock === written.row.clock)
	const item = decodeItem(row!.content)
	return item.ok ? item.value : item.error
}

test('[DEL4] the own post becomes a skeleton that names the redact; recv and place stay', async () => {
	const post = await alice.write({ guid })
	await world.upload(alice, [post.row])
	const redact = await alice.write({ guid, head: redactOf(post) })
	expect(await world.upload(alice, [redact.row])).toMatchObject([{ verdict: 'accept', recv: 2 }])
	expect(await stored(post)).toMatchObject({ form: 'skeleton', why: 'redacted', by: redact.id, place: post.item.place })
	expect(await world.upload(alice, [post.row])).toMatchObject([{ verdict: 'have', recv: 1 }])
	expect(await stored(post)).toMatchObject({ form: 'skeleton', why: 'redacted' })
})

test('[DEL4] another member redacts nothing of mine; the redact itself is stored', async () => {
	const post = await alice.write({ guid })
	await world.upload(alice, [post.row])
	const redact = await bob.write({ guid, head: redactOf(post) })
	expect(await world.upload(bob, [redact.row])).toMatchObject([{ verdict: 'accept' }])
	expect(await stored(post)).toMatchObject({ form: 'full' })
})

test('[DEL5] a target that comes later is stored as a skeleton at once', async () => {
	const post = await alice.write({ guid })
	const redact = await alice.write({ guid, head: redactOf(post), place: { incarnation: 1 } })
	await world.upload(alice, [redact.row])
	expect(await world.upload(bob, [post.row])).toMatchObject([{ verdict: 'accept', recv: 2 }])
	expect(await stored(post)).toMatchObject({ form: 'skeleton', why: 'redacted', by: redact.id })
	const sent = decodeItem(world.stored.at(-1)!.items[0]!.content)
	expect(sent).toMatchObject({ value: { form: 'skeleton', why: 'redacted' } })
})

test('[DEL5] not so for who had no right to redact it', async () => {
	const post = await alice.write({ guid })
	const redact = await bob.write({ guid, head: redactOf(post) })
	await world.upload(bob, [redact.row])
	await world.upload(alice, [post.row])
	expect(await stored(post)).toMatchObject({ form: 'full' })
})

test('post and redact within one turn: in either order only the skeleton is ever written or sent', async () => {
	const first = await alice.write({ guid })
	const redactFirst = await alice.write({ guid, head: redactOf(first) })
	const second = await alice.write({ guid, place: { incarnation: 1 } })
	const redactSecond = await alice.write({ guid, head: redactOf(second), place: { incarnation: 2 } })
	await world.upload(alice, [first.row, redactFirst.row, redactSecond.row, second.row])
	for (const written of [first, second]) {
		expect(await stored(written)).toMatchObject({ form: 'skeleton', why: 'redacted' })
		const sent = world.stored[0]!.items.find(
			({ clientId, clock }) => clientId === written.row.clientId && clock === written.row.clock,
		)
		expect(sent!.content.length).toBeLessThan(written.row.content.length + 1)
		expect(decodeItem(sent!.content)).toMatchObject({ value: { form: 'skeleton' } })
	}
})

test('[DEL4] a redact acts within its page only', async () => {
	const post = await alice.write({ guid })
	await world.upload(alice, [post.row])
	await world.upload(alice, await alice.rows(512, { guid }))
	const redact = await alice.write({ guid: world.guid(1), head: redactOf(post) })
	expect(await world.upload(alice, [redact.row], { guid: world.guid(1) })).toMatchObject([{ verdict: 'accept' }])
	expect(await stored(post)).toMatchObject({ form: 'full' })
})

test('an edit is redacted like a post, a redact never', async () => {
	const edit = await alice.write({ guid, head: { kind: 'annotate' } })
	const redact = await alice.write({ guid, head: redactOf(edit) })
	const redactRedact = await alice.write({ guid, head: redactOf(redact) })
	await world.upload(alice, [edit.row, redact.row, redactRedact.row])
	expect(await stored(edit)).toMatchObject({ form: 'skeleton', why: 'redacted' })
	expect(await stored(redact)).toMatchObject({ form: 'full' })
})

/** Everything that lies in the data folder. */
function files(): Buffer {
	const folder = dirname(world.file)
	const names = readdirSync(folder).filter((name) => name !== 'blobs')
	return Buffer.concat(names.map((name) => readFileSync(join(folder, name))))
}

async function redactedOnDisk() {
	const ct = Buffer.from(bytesOf('a ciphertext to be found', 200))
	const post = await alice.write({ guid, ct: new Uint8Array(ct) })
	await world.upload(alice, [post.row])
	world.checkpoint()
	expect([files().includes(ct), world.scrubs.asked]).toEqual([true, 0])
	const redact = await alice.write({ guid, head: redactOf(post) })
	await world.upload(alice, [redact.row])
	expect(world.scrubs.asked).toBe(1)
	return ct
}

const logOf = (errors: unknown[]) => ({
	...{ debug: () => {}, info: () => {}, warn: () => {} },
	error: (_: string, fields?: object) => void errors.push(fields),
})

test('the ciphertext leaves every file of the database within a minute, off the path of messages', async () => {
	const ct = await redactedOnDisk()
	// The main file has it until what was written ahead is written back.
	expect(files().includes(ct)).toBe(true)
	const time = fakeTime()
	createScrubbing({ unitOfWork: world.unitOfWork, timers: time.timers, log: logOf([]) }).soon()
	await time.advance(60_000)
	expect([files().includes(ct), time.pending()]).toEqual([false, 0])
})

test('the ciphertext leaves them as soon as nobody in another process reads the database any more', async () => {
	const ct = Buffer.from(bytesOf('a ciphertext to be found', 200))
	const post = await alice.write({ guid, ct: new Uint8Array(ct) })
	await world.upload(alice, [post.row])
	const [time, errors] = [fakeTime(), [] as unknown[]]
	// A backup that began before the deletion.
	const reader = new Database(world.file, { readonly: true })
	reader.exec('BEGIN')
	reader.prepare('SELECT count(*) FROM instance_facts').get()
	await world.upload(alice, [(await alice.write({ guid, head: redactOf(post) })).row])
	const scrubbing = createScrubbing({ unitOfWork: world.unitOfWork, timers: time.timers, log: logOf(errors) })
	await time.advance(30_000)
	expect([files().includes(ct), time.pending()]).toEqual([true, 1])
	reader.close()
	await time.advance(10_000)
	expect([files().includes(ct), errors]).toEqual([false, []])
	scrubbing.soon()
	scrubbing.stop()
	expect(time.pending()).toBe(0)
})

test('[BLB9][DEL4] files that a message names go with it, from the rows and from the disk; those of another stay', async () => {
	const [gone, stays] = [await alice.write({ guid }), await alice.write({ guid })]
	await world.upload(alice, [gone.row, stays.row])
	const blobs = [bytesOf('one', 16), bytesOf('two', 16)] as const
	const { conversation } = world.address(0)
	const { idHash: account } = world.story.alice
	for (const [i, event] of [gone.id, stays.id].entries()) {
		const blob = blobs[i] as (typeof blobs)[0]
		const row = {
			...{ blob, conversation, account, device: bytesOf('phone', 16) },
			length: 20,
			received: 20,
			usedAt: 1,
			event,
		}
		await world.unitOfWork.transaction((repositories) => repositories.blobs.insert(row))
		await world.blobFiles.write(blob, 0, new Uint8Array(20))
	}
	const redact = await alice.write({ guid, head: redactOf(gone) })
	expect(await world.upload(alice, [redact.row])).toMatchObject([{ verdict: 'accept' }])
	const rows = await Promise.all(blobs.map((blob) => world.repositories.blobs.byId(blob)))
	expect(rows.map((row) => row !== null)).toEqual([false, true])
	await vi.waitFor(() => expect(world.blobFiles.read(blobs[0], 0, 20)).rejects.toThrow('ENOENT'))
	expect(await world.blobFiles.read(blobs[1], 0, 20)).toHaveLength(20)
})
