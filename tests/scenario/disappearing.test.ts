import { expect, test, vi } from 'vitest'
import { decodeItem } from '#protocol/envelope.ts'
import { fileNamed, filesUntil } from '../support/files.ts'
import { groupOf } from '../support/groups.ts'
import { filesIn, findLeaks } from '../support/leak-search.ts'
import { openedStore } from '../support/opened-store.ts'
import { phoneOf } from '../support/second-device.ts'
import { storyClock } from '../support/story-clock.ts'
import { peopled, world, type Story } from '../support/story.ts'
import { keyOf, must, now, refusal, textOf, textsUntil, until } from '../support/watching.ts'
import { befriend, offlineUntil, openDirect, writableUntil, type NodeDevice, type World } from '../support/world.ts'

const hour = 60 * 60_000

async function friends() {
	const { clock, advance } = storyClock()
	const story = await peopled(await world({ clock }), ['alice', 'bob'])
	await befriend(story.alice, story.bob)
	return { ...story, advance, conversation: await openDirect(story.alice, story.bob) }
}

const lifetimeUntil = ({ api }: NodeDevice, conversation: string, lifetime: number | null) =>
	until(api, { view: 'conversation', of: conversation, is: (view) => view?.lifetime === lifetime })

/** Of all posts on the server's disk: whether their text is there still. */
async function formsOf({ server }: World): Promise<string[]> {
	return (await server.storedItems()).map((bytes) => {
		const item = decodeItem(new Uint8Array(bytes))
		if (!item.ok) return 'malformed'
		return item.value.form === 'full' ? 'full' : item.value.why
	})
}

/** The clock went on, and its timers did not. */
async function slept(device: NodeDevice): Promise<void> {
	device.wire.cut()
	await offlineUntil(device)
	device.wire.resume()
}

test('[M4] either of two says how long messages live, which stands in the conversation and holds for both', async () => {
	const { alice, bob, conversation, advance, world: here } = await friends()
	must(await alice.api.post({ conversation, text: 'stays' }))
	await textsUntil(bob.api, conversation, ['stays'])
	must(await bob.api.setLifetime({ conversation, lifetime: hour }))
	for (const device of [alice, bob]) {
		await lifetimeUntil(device, conversation, hour)
		const [line] = await until(device.api, { view: 'log', of: conversation, is: (lines) => lines.length === 1 })
		expect(line).toMatchObject({ by: bob.account, what: { type: 'lifetime', lifetime: hour } })
	}
	must(await alice.api.post({ conversation, text: 'goes' }))
	const [, goes] = await textsUntil(bob.api, conversation, ['stays', 'goes'])
	must(await bob.api.react({ conversation, key: goes?.key ?? '', emoji: '👍', on: true }))
	await until(alice.api, {
		view: 'conversation',
		of: conversation,
		is: (view) => view?.messages[1]?.reactions.length === 1,
	})
	expect(await formsOf(here)).toEqual(['full', 'full', 'full'])
	advance(hour + 1_000)
	await here.server.domain.expiry.sweep()
	expect(await formsOf(here)).toEqual(['full', 'expired', 'expired'])
	for (const device of [alice, bob]) {
		await slept(device)
		await textsUntil(device.api, conversation, ['stays'])
	}
	must(await alice.api.setLifetime({ conversation, lifetime: null }))
	for (const device of [alice, bob]) {
		await lifetimeUntil(device, conversation, null)
		await textsUntil(device.api, conversation, ['stays'])
	}
	expect((await now(bob.api, 'chats', null)).find((chat) => chat.conversation === conversation)).toMatchObject({
		last: { text: 'stays' },
		unread: 1,
	})
})

test('[M4][L1] a device that was off removes what has expired before its first screen, and a new one never gets it', async () => {
	const { alice, bob, conversation, advance, world: here } = await friends()
	must(await alice.api.setLifetime({ conversation, lifetime: hour }))
	await lifetimeUntil(bob, conversation, hour)
	must(await alice.api.post({ conversation, text: 'only for today' }))
	await textsUntil(bob.api, conversation, ['only for today'])
	const search = { text: 'today', conversation: null, count: 5 }
	await until(bob.api, { view: 'search', of: search, is: ({ hits }) => hits.length === 1 })
	bob.wire.cut()
	await offlineUntil(bob)
	advance(hour + 1_000)
	await bob.reopen()
	expect(await now(bob.api, 'conversation', conversation)).toMatchObject({ messages: [], firstUnread: null })
	const [chat] = await now(bob.api, 'chats', null)
	expect(chat).toMatchObject({ conversation, last: null, unread: 0 })
	expect(await now(bob.api, 'alerts', null)).toMatchObject({ unread: 0 })
	expect(await now(bob.api, 'search', search)).toMatchObject({ hits: [] })
	// Before the server has swept it, a new device is brought the text, and keeps its skeleton alone.
	const phone = await phoneOf({ world: here }, bob)
	await writableUntil(phone, conversation)
	must(await alice.api.post({ conversation, text: 'and tomorrow' }))
	await textsUntil(phone.api, conversation, ['and tomorrow'])
})

test('[M4][L1] what was being changed of a message goes with it, on a device that was off too', async () => {
	const { alice, bob, conversation, advance } = await friends()
	must(await alice.api.setLifetime({ conversation, lifetime: hour }))
	await lifetimeUntil(alice, conversation, hour)
	must(await alice.api.post({ conversation, text: 'the key is with Bob' }))
	await textsUntil(bob.api, conversation, ['the key is with Bob'])
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	alice.wire.cut()
	await offlineUntil(alice)
	const key = await keyOf(alice, conversation, 'the key is with Bob')
	must(await alice.api.edit({ conversation, key, text: 'the key is with Charlie' }))
	await textsUntil(alice.api, conversation, ['the key is with Charlie'])
	must(await alice.api.saveDraft({ conversation, text: 'and nobody knows' }))
	advance(hour + 1_000)
	await alice.reopen()
	expect(await now(alice.api, 'conversation', conversation)).toMatchObject({ messages: [] })
	expect(await now(alice.api, 'connection', null)).toMatchObject({ waiting: 0 })
	const places = await openedStore(alice)
	const words = ['the key is with Bob', 'the key is with Charlie', 'and nobody knows']
	const found = findLeaks(words.map((value) => ({ name: value, value })), places) // prettier-ignore
	expect([...new Set(found.map(({ secret }) => secret))]).toEqual(['and nobody knows'])
})

test('[M4][L1] what was placed and never acked goes from the outbox at its time too', async () => {
	const { alice, bob, conversation, advance } = await friends()
	must(await alice.api.setLifetime({ conversation, lifetime: hour }))
	await lifetimeUntil(alice, conversation, hour)
	must(await alice.api.post({ conversation, text: 'hello' }))
	await textsUntil(bob.api, conversation, ['hello'])
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	alice.wire.hold('down')
	must(await alice.api.post({ conversation, text: 'the safe is open' }))
	await textsUntil(bob.api, conversation, ['hello', 'the safe is open'])
	alice.wire.cut()
	await offlineUntil(alice)
	advance(hour + 1_000)
	await alice.reopen()
	expect(await now(alice.api, 'conversation', conversation)).toMatchObject({ messages: [] })
	expect(await now(alice.api, 'connection', null)).toMatchObject({ waiting: 0 })
	const found = findLeaks([{ name: 'text', value: 'the safe is open' }], await openedStore(alice))
	expect(found).toEqual([])
})

test('[M4] in a group owners and admins say it, and a lifetime without sense is refused', async () => {
	const story: Story<'alice' | 'bob'> = await peopled(await world(), ['alice', 'bob'])
	const { alice, bob } = story
	const group = await groupOf(alice, [[bob, 'member']])
	await writableUntil(bob, group)
	expect(refusal(await bob.api.setLifetime({ conversation: group, lifetime: hour }))).toMatchObject({ type: 'server' })
	for (const lifetime of [0, 999, 367 * 24 * hour])
		expect(refusal(await alice.api.setLifetime({ conversation: group, lifetime }))).toMatchObject({ type: 'server' })
	must(await alice.api.setLifetime({ conversation: group, lifetime: hour }))
	await lifetimeUntil(bob, group, hour)
	expect(await now(bob.api, 'conversation', group)).toMatchObject({ maySetLifetime: false })
	must(await bob.api.post({ conversation: group, text: 'for an hour' }))
	await textsUntil(alice.api, group, ['for an hour'])
})

test('[M4] after reading a message goes from the device that wishes so, before its time, and stays with everybody else', async () => {
	const { alice, bob, conversation, advance, world: here } = await friends()
	must(await alice.api.post({ conversation, text: 'stays' }))
	must(await alice.api.setLifetime({ conversation, lifetime: 24 * hour }))
	await lifetimeUntil(bob, conversation, 24 * hour)
	for (const delay of [0, 999, 1.5, -hour, Number.NaN, 367 * 24 * hour])
		expect(refusal(await bob.api.setAfterReading({ conversation, delay }))).toEqual({ type: 'bad-delay' })
	must(await bob.api.setAfterReading({ conversation, delay: hour }))
	expect(await now(bob.api, 'conversation', conversation)).toMatchObject({ afterReading: hour })
	must(await alice.api.post({ conversation, text: 'read' }))
	const key = await keyOf(bob, conversation, 'read')
	must(await bob.api.markRead({ conversation, key }))
	must(await alice.api.post({ conversation, text: 'not read' }))
	await textsUntil(bob.api, conversation, ['stays', 'read', 'not read'])

	advance(hour - 60_000)
	await slept(bob)
	await textsUntil(bob.api, conversation, ['stays', 'read', 'not read'])
	advance(2 * 60_000)
	await slept(bob)
	await textsUntil(bob.api, conversation, ['stays', 'not read'])
	expect(await now(bob.api, 'chats', null)).toMatchObject([{ unread: 1, last: { text: 'not read' } }, {}])
	await textsUntil(alice.api, conversation, ['stays', 'read', 'not read'])
	expect(await formsOf(here)).toEqual(['full', 'full', 'full'])

	// Nothing brings it back: not the end of the wish, nor a start anew.
	must(await bob.api.setAfterReading({ conversation, delay: null }))
	await bob.reopen()
	expect((await now(bob.api, 'conversation', conversation))?.messages.map(textOf)).toEqual(['stays', 'not read'])
	expect(await now(bob.api, 'conversation', conversation)).toMatchObject({ afterReading: null })
})

test('[M4][L1] a device that was off lets go of what was read there before its first screen', async () => {
	const { alice, bob, conversation, advance } = await friends()
	must(await alice.api.setLifetime({ conversation, lifetime: 24 * hour }))
	await lifetimeUntil(bob, conversation, 24 * hour)
	must(await alice.api.post({ conversation, text: 'for your eyes' }))
	const key = await keyOf(bob, conversation, 'for your eyes')
	must(await bob.api.markRead({ conversation, key }))
	// What was read before it was wished goes too, counted from the wish.
	must(await bob.api.setAfterReading({ conversation, delay: hour }))
	bob.wire.cut()
	await offlineUntil(bob)
	advance(hour + 1_000)
	await bob.reopen()
	expect(await now(bob.api, 'conversation', conversation)).toMatchObject({ messages: [], afterReading: hour })
	const [chat] = await now(bob.api, 'chats', null)
	expect(chat).toMatchObject({ conversation, last: null })
	bob.wire.resume()
	await textsUntil(alice.api, conversation, ['for your eyes'])
})

test('[M4][BLB9] with a message that disappears its file goes from the server and from every device', async () => {
	const { alice, bob, conversation, advance, world: here } = await friends()
	must(await alice.api.setLifetime({ conversation, lifetime: hour }))
	await lifetimeUntil(bob, conversation, hour)
	must(await alice.api.post({ conversation, text: 'look', files: [fileNamed('brief.jpg', 300_000)] }))
	const [file] = await filesUntil(bob, conversation)
	must(await bob.api.fetchFile({ conversation, blob: file?.blob ?? '' }))
	const blob = new Uint8Array(Buffer.from(file?.blob ?? '', 'base64url'))
	const { repositories, blobFiles, expiry } = here.server.domain
	await vi.waitFor(async () => expect((await repositories.blobs.byId(blob))?.event).not.toBeNull())
	const ciphertext = Buffer.from((await blobFiles.read(blob, 1000, 1064)) as Uint8Array)
	const folders = [here.server.data, `${alice.store}.files`, `${bob.store}.files`]
	const holding = async () => {
		const found = await Promise.all(folders.map(async (folder) => [folder, await filesIn(folder)] as const))
		return found.flatMap(([folder, files]) =>
			files.some(({ bytes }) => Buffer.from(bytes).includes(ciphertext)) ? [folder] : [],
		)
	}
	expect(await holding()).toEqual(folders)

	advance(hour + 1_000)
	await expiry.sweep()
	for (const device of [alice, bob]) await slept(device)
	for (const device of [alice, bob]) await textsUntil(device.api, conversation, [])
	await vi.waitFor(async () => expect(await holding()).toEqual([]))
	expect(await repositories.blobs.byId(blob)).toBeNull()
	expect(refusal(await bob.api.fetchFile({ conversation, blob: file?.blob ?? '' }))).toEqual({ type: 'not-here' })
})
