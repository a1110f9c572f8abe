/** A new device gets what was written from the person's other devices, and from the server what they do not have (product L3). */
import { expect, test, vi } from 'vitest'
import type { ConversationId, FillingView } from '#core/api.ts'
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import { textToId } from '#protocol/ids.ts'
import { PAGE_BYTES } from '#protocol/limits.ts'
import { decodeUpdate } from '#protocol/page-codec.ts'
import { decodePeerFrame, encodePeerFrame, type PeerFrame } from '#protocol/peer-frames.ts'
import { PeerNetwork } from '../support/peer-network.ts'
import { ask } from '../support/raw-http.ts'
import { phoneOf } from '../support/second-device.ts'
import { peopled, world } from '../support/story.ts'
import { must, textsUntil, until } from '../support/watching.ts'
import {
	accessTokenOf,
	befriend,
	openDirect,
	post,
	type Device,
	type NodeDevice,
	type Person,
} from '../support/world.ts'

/** So many of this size fill several pages, and stand in the window of a conversation that has just come. */
const texts = Array.from({ length: 54 }, (_, i) => `${i} ${'all that was said '.repeat(2_200)}`)
const written = texts.reduce((sum, { length }) => sum + length, 0)

const directUntil = ({ api }: Device, conversation: ConversationId, peers: number) =>
	until(api, { view: 'conversation', of: conversation, is: (view) => view?.peers === peers })

/** Two devices of Alice that have her notes, many pages of them. `inABurst`: none waits for the one before it. */
async function scene({ inABurst = false } = {}) {
	const here = await world({ peers: new PeerNetwork() })
	const { alice } = await peopled(here, ['alice'])
	const chats = await until(alice.api, {
		view: 'chats',
		of: null,
		is: (all) => all.some((one) => one.kind === 'notes'),
	})
	const notes = chats.find(({ kind }) => kind === 'notes')?.conversation ?? ''
	const phone = await phoneOf({ world: here }, alice)
	await directUntil(phone, notes, 1)
	for (const text of texts) {
		await post(alice, notes, text)
		if (!inABurst) await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	}
	for (const device of [alice, phone]) await textsUntil(device.api, notes, texts)
	expect(written).toBeGreaterThan(6 * PAGE_BYTES)
	return { here, alice, phone, notes }
}

/** What a third device of hers gets from the server until it has everything; and what its meter said. */
async function third({
	here,
	alice,
	notes,
}: {
	here: Awaited<ReturnType<typeof world>>
	alice: Person
	notes: string
}) {
	const tablet: NodeDevice = await here.device('alice-tablet')
	const seen: FillingView[] = []
	const stop = tablet.api.watch('filling', notes, (now) => (now === null ? undefined : void seen.push(now)))
	const signedIn = await tablet.api.signIn({ name: alice.name, password: alice.password })
	expect(signedIn.ok).toBe(true)
	const before = tablet.wire.bytes.down
	await textsUntil(tablet.api, notes, texts)
	await until(tablet.api, { view: 'filling', of: notes, is: (now) => now === null })
	stop()
	return { tablet, seen, bytes: tablet.wire.bytes.down - before }
}

test('[L3][PEER15] a new device gets most of what was written from two others, and the meter says from whom', async () => {
	const stage = await scene()
	const { tablet, seen, bytes } = await third(stage)
	expect(bytes / written).toBeLessThan(0.35)
	const received = must(await tablet.api.received())
	expect(received.devices / written).toBeGreaterThan(0.6)
	expect(received.server / received.devices).toBeLessThan(0.7)
	expect(received.server).toBeLessThan(tablet.wire.bytes.down)
	const last = seen.at(-1)
	expect(last?.total).toBe(texts.length)
	const fromDevices = (last?.from ?? []).reduce((sum, { messages }) => sum + messages, 0)
	expect(last?.from).toHaveLength(2)
	expect(fromDevices / texts.length).toBeGreaterThan(0.6)
	// The server has numbered them here as everywhere: nothing is fetched again.
	const before = tablet.wire.bytes.down
	await tablet.reopen()
	await textsUntil(tablet.api, stage.notes, texts)
	expect(must(await tablet.api.received()).devices).toBeGreaterThanOrEqual(received.devices)
	await until(tablet.api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
	expect((tablet.wire.bytes.down - before) / written).toBeLessThan(0.2)
})

test('[L3] what is written in a burst is here and on the other device, each once, over page after page', async () => {
	const { alice, phone, notes } = await scene({ inABurst: true })
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	for (const device of [alice, phone]) {
		await device.reopen()
		await textsUntil(device.api, notes, texts)
	}
})

test('[PEER15] a page is given to own devices alone: a friend who asks by the right digest gets nothing', async () => {
	const here = await world({ peers: new PeerNetwork() })
	const { alice, bob } = await peopled(here, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const phone = await phoneOf({ world: here }, alice)
	await post(bob, conversation, 'For both of us')
	for (const device of [alice, phone]) await textsUntil(device.api, conversation, ['For both of us'])
	await directUntil(alice, conversation, 2)
	const path = `/conversations/${conversation}/heads`
	const { body } = await ask(bob, { path, token: await accessTokenOf(bob) })
	const { digest = '' } = (body as { pages: { digest: string }[] }).pages[0] ?? {}
	const question = { t: 'askPage', request: 7, page: 0, part: 0 } as const
	const of = {
		conversation: textToId('conversation', conversation) as Bytes,
		digest: base64urlToBytes(digest) as Bytes,
	}
	const given: number[] = []
	// Neither of them has put this question, and would take an answer for an offence.
	const { peerHost } = alice
	if (peerHost === null) throw new Error('no network')
	peerHost.twist = (raw) => {
		const frame = decodePeerFrame(raw)
		if (!frame.ok || frame.value.t !== 'rows') return raw
		const update = frame.value.update.length === 0 ? null : decodeUpdate(frame.value.update)
		given.push(update?.ok === true ? update.value.items.length : 0)
		return null
	}
	for (const [i, asker] of [phone, bob].entries()) {
		asker.peerHost?.say('alice', encodePeerFrame({ ...question, ...of }))
		await vi.waitFor(() => expect(given).toHaveLength(i + 1), 20_000)
	}
	expect(given).toEqual([1, 0])
})

/** A page with one byte of its rows changed, as its seal will show; or with rows left out. */
const twists: Readonly<Record<string, (frame: Extract<PeerFrame, { t: 'rows' }>) => PeerFrame>> = {
	'changes what was said': (frame) => {
		const update = frame.update.slice() as Bytes
		update[update.length - 500] = (update[update.length - 500] ?? 0) ^ 1
		return { ...frame, update }
	},
	'leaves out what was said': (frame) => ({ ...frame, last: true }),
	'gives bytes that are nothing': (frame) => ({ ...frame, update: new Uint8Array(500).fill(7) as Bytes }),
}

test.each(Object.entries(twists))(
	'[PEER15] from own devices of which each %s nothing is taken, and all is right from the server',
	async (_, twist) => {
		const stage = await scene()
		const { alice, phone, notes } = stage
		const twisted = new Set<string>()
		for (const { peerHost } of [alice, phone]) {
			if (peerHost === null) continue
			peerHost.twist = (raw) => {
				const frame = decodePeerFrame(raw)
				if (!frame.ok || frame.value.t !== 'rows' || frame.value.update.length === 0) return raw
				twisted.add(peerHost.name)
				return encodePeerFrame(twist(frame.value))
			}
		}
		const { tablet, seen } = await third(stage)
		expect(twisted.size).toBeGreaterThan(0)
		expect(seen.at(-1)?.from ?? []).toEqual([])
		// Whoever was asked is gone; the other may have come when nothing was lacking any more.
		await directUntil(tablet, notes, 2 - twisted.size)
	},
)
