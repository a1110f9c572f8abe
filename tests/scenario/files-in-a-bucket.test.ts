/** Files of messages whose server keeps them in an object store: a real one, which speaks S3 and checks signatures. */
import { readdir } from 'node:fs/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { blobLengthOf } from '#protocol/blob.ts'
import { fileOf } from '../support/blob-vectors.ts'
import { blobHand, newBlobId } from '../support/blobs.ts'
import { fileNamed, filesUntil, hashOfFile, hashOfNew } from '../support/files.ts'
import { startS3, type S3Store } from '../support/s3.ts'
import { filesIn } from '../support/leak-search.ts'
import { storyClock } from '../support/story-clock.ts'
import { peopled, world } from '../support/story.ts'
import { keyOf, messagesUntil, must, mustAfterCut, refusal, until } from '../support/watching.ts'
import { befriend, openDirect, type NodeDevice, type World, type WorldOptions } from '../support/world.ts'

const MiB = 1024 * 1024
const hour = 60 * 60_000

async function friends(options: WorldOptions = {}) {
	const s3 = await startS3()
	onTestFinished(() => s3.close())
	const story = await peopled(await world({ ...options, env: s3.env }), ['alice', 'bob', 'carol'])
	await befriend(story.alice, story.bob)
	return { ...story, s3, direct: await openDirect(story.alice, story.bob) }
}

/** Of files, without the mark of whose bucket it is. */
const cellsIn = async (s3: S3Store) => (await s3.keys()).filter((key) => key !== 'kith-instance')

const wordsOf = ({ server }: World) => JSON.stringify(server.lines)

const movedUntil = ({ api }: NodeDevice, bytes: number) =>
	until(api, { view: 'transfers', of: null, is: ([first]) => first !== undefined && first.done >= bytes })

/** Somebody's upload stands still, and says why. */
const stalledUntil = ({ api }: NodeDevice) =>
	until(api, { view: 'transfers', of: null, is: ([first]) => first?.stalled === 'files-unavailable' })

const sent = ({ api }: NodeDevice, direct: string) => messagesUntil(api, direct, ([first]) => first?.event != null)

test('[M3][BLB7] a file goes through the store and comes whole to members alone; the data folder has none of it', async () => {
	const { alice, bob, carol, s3, direct, world: here } = await friends()
	const file = fileNamed('film', 3.5 * MiB)
	must(await alice.api.post({ conversation: direct, text: 'film', files: [file] }))
	const [shown] = await filesUntil(bob, direct)
	const wanted = { conversation: direct, blob: shown?.blob ?? '' }
	must(await bob.api.fetchFile(wanted))
	expect(await hashOfFile(bob.api, direct, shown as NonNullable<typeof shown>)).toBe(await hashOfNew(file))
	expect(await cellsIn(s3)).toHaveLength(4)
	expect((await readdir(here.server.data)).includes('blobs')).toBe(false)
	const clear = Buffer.from(await file.file.slice(0, 64).arrayBuffer())
	const objects = await filesIn(s3.folder)
	expect(objects.filter(({ bytes }) => bytes.length > 100_000)).toHaveLength(4)
	expect(objects.filter(({ bytes }) => Buffer.from(bytes).includes(clear))).toEqual([])
	const strange = await blobHand(carol, direct, wanted.blob)
	expect([await strange.read(), await strange.read(MiB)]).toEqual(['not-found', 'not-found'])
	expect(wordsOf(here)).not.toContain('S3RVER')
})

test('[M3][BLB6] while the store is away a file waits and nothing is lost; it goes on where it was, across restarts of the server', async () => {
	const { alice, bob, s3, direct, world: here } = await friends()
	const file = fileNamed('film', 8 * MiB)
	const { key } = must(await alice.api.post({ conversation: direct, text: 'film', files: [file] }))
	await movedUntil(alice, 2 * MiB)
	s3.wire.cut()
	await vi.waitFor(() => expect(wordsOf(here)).toContain('file-store-unavailable'), { timeout: 20_000 })
	const [stalled] = await stalledUntil(alice)
	expect(stalled?.done).toBeGreaterThanOrEqual(2 * MiB)
	const cells = await cellsIn(s3)
	expect(cells.length).toBeGreaterThanOrEqual(2)
	// Started while nothing answers there, it serves messages all the same.
	await here.stop()
	await here.start()
	expect(here.server.lines).toContainEqual({
		...{ level: 'warn', event: 'file-store-unreachable' },
		fields: { code: expect.stringMatching(/^[A-Z_]+$/) as unknown },
	})
	must(await bob.api.post({ conversation: direct, text: 'where is it?' }))
	await messagesUntil(alice.api, direct, (all) => all.some(({ author }) => author === bob.account))
	await stalledUntil(alice)
	s3.wire.resume()
	must(await alice.api.retry({ conversation: direct, key }))
	const [shown] = await filesUntil(bob, direct)
	const wanted = { conversation: direct, blob: shown?.blob ?? '' }
	s3.wire.cut()
	expect(refusal(await bob.api.fetchFile(wanted))).toEqual({ type: 'server', code: 'files-unavailable' })
	s3.wire.resume()
	must(await bob.api.fetchFile(wanted))
	expect(await hashOfFile(bob.api, direct, shown as NonNullable<typeof shown>)).toBe(await hashOfNew(file))
	expect(await cellsIn(s3)).toEqual(expect.arrayContaining(cells))
})

test('[M2][M4][BLB9] deleted for everyone or out of its time, a file leaves the store', async () => {
	const { clock, advance } = storyClock()
	const { alice, bob, s3, direct, world: here } = await friends({ clock })
	must(await alice.api.post({ conversation: direct, text: 'secret', files: [fileNamed('secret', MiB)] }))
	await filesUntil(bob, direct)
	const [message] = await sent(alice, direct)
	const isNamed = async () => {
		const [{ blob } = { blob: '' }] = await filesUntil(alice, direct)
		const row = await here.server.domain.repositories.blobs.byId(new Uint8Array(Buffer.from(blob, 'base64url')))
		return row?.event != null
	}
	await vi.waitFor(async () => expect(await isNamed()).toBe(true))
	expect(await cellsIn(s3)).toHaveLength(2)
	must(await alice.api.deleteForEveryone({ conversation: direct, key: message?.key ?? '' }))
	await vi.waitFor(async () => expect(await cellsIn(s3)).toEqual([]), { timeout: 20_000 })

	must(await alice.api.setLifetime({ conversation: direct, lifetime: hour }))
	await until(bob.api, { view: 'conversation', of: direct, is: (view) => view?.lifetime === hour })
	must(await alice.api.post({ conversation: direct, text: 'for an hour', files: [fileNamed('brief', MiB)] }))
	await keyOf(bob, direct, 'for an hour')
	await vi.waitFor(async () => expect(await isNamed()).toBe(true))
	advance(hour + 1_000)
	// The store is away when the time comes: the hourly sweep takes what was left.
	s3.wire.cut()
	await here.server.domain.expiry.sweep()
	await vi.waitFor(() => expect(wordsOf(here)).toContain('file-not-removed'), { timeout: 20_000 })
	expect(await cellsIn(s3)).toHaveLength(2)
	s3.wire.resume()
	await here.server.domain.blobs.sweep()
	expect(await s3.keys()).toEqual(['kith-instance'])
})

test('[BLB9] the sweep takes what belongs to no row, begun or whole, and nothing else', async () => {
	const { alice, s3, direct, world: here } = await friends()
	const hand = await blobHand(alice, direct, newBlobId())
	const length = blobLengthOf(1000)
	expect([await hand.create(length), await hand.append(0, fileOf(length))]).toEqual(['ok@0', `ok@${length}`])
	const known = await s3.keys()
	const stray = 'ab'.repeat(16)
	await s3.bucket.put(`${stray}/000000`, fileOf(MiB))
	await s3.bucket.put(`${stray}/000001`, fileOf(10))
	await s3.bucket.put('notes.txt', fileOf(10))
	await s3.bucket.put('other/000000', fileOf(10))
	await here.server.domain.blobs.sweep()
	expect(await s3.keys()).toEqual([...known, 'notes.txt', 'other/000000'].toSorted())
	expect(await hand.read()).toBe(length)
})

test('[M3] files from before move into the store at the start, and nothing is lost where that breaks off', async () => {
	const s3 = await startS3()
	onTestFinished(() => s3.close())
	const s3Env: Record<string, string> = {}
	const here = await world({ env: s3Env })
	const { alice, bob } = await peopled(here, ['alice', 'bob'])
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const file = fileNamed('film', 5.5 * MiB)
	must(await alice.api.post({ conversation: direct, text: 'film', files: [file] }))
	const [shown] = await filesUntil(bob, direct)
	const wanted = { conversation: direct, blob: shown?.blob ?? '' }
	await here.stop()
	Object.assign(s3Env, s3.env)
	// The store goes away in the middle.
	const whole = s3.wire.until(() => s3.wire.bytes.up > 3 * MiB).then(() => s3.wire.cut())
	await expect(here.start()).rejects.toThrow('Nothing is lost')
	await whole
	expect((await filesIn(`${here.server.data}/blobs`)).length).toBe(1)
	s3.wire.resume()
	await here.start()
	expect(await filesIn(`${here.server.data}/blobs`)).toEqual([])
	expect(await cellsIn(s3)).toHaveLength(6)
	await mustAfterCut(() => bob.api.fetchFile(wanted))
	expect(await hashOfFile(bob.api, direct, shown as NonNullable<typeof shown>)).toBe(await hashOfNew(file))
})
