/** Markers at the server (SPEC MRK): whose, how new, for whom. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { encodeMarkerBody, signedMarker, type SignedMarker } from '#protocol/marker.ts'
import type { Signals } from '#server/domain/signals.ts'
import { eventWorld, setFriendship, worldStart, type EventWorld } from '#tests/support/event-world.ts'
import { AccountStory, bytesOf, type Actor } from '#tests/support/log-actors.ts'

let world: EventWorld
let sent: Signals['marker'][]

beforeEach(async () => {
	world = await eventWorld()
	sent = []
	world.cluster.subscribe('marker', (signal) => void sent.push(signal))
})

afterEach(() => {
	expect(world.errors).toEqual([])
	world.close()
})

function markerOf(by: AccountStory, wish: Partial<SignedMarker> = {}, signer: Actor = by.laptop): Bytes {
	const marker = {
		kind: 'read' as const,
		device: by.laptop.deviceId,
		hlc: hlcOf(worldStart),
		epoch: 1,
		nonce: bytesOf('nonce', 12),
		ct: bytesOf('ct', 24),
		...wish,
	}
	const body = encodeMarkerBody({ conversation: world.conversation, idHash: by.idHash }, marker)
	return encode(signedMarker, { ...marker, signature: signer.sign('marker', body) })
}

const put = (by: AccountStory, marker: Bytes) =>
	world.markers.put({ account: by.idHash, device: by.laptop.deviceId }, world.conversation, marker)

test('a marker is kept and sent to the members', async () => {
	const { alice, bob } = world.story
	const marker = markerOf(alice)
	expect(await put(alice, marker)).toEqual({ ok: true, value: null })
	const [conversation, account] = [world.conversation, alice.idHash].map(bytesToBase64url)
	expect(sent).toEqual([{ conversation, account, marker: bytesToBase64url(marker), members: expect.any(Array) }])
	expect(new Set(sent[0]!.members)).toEqual(new Set([alice.idHash, bob.idHash].map(bytesToBase64url)))
	expect(await world.markers.of(bob.idHash, world.conversation)).toMatchObject({
		value: [{ account: alice.idHash, marker }],
	})
})

test('the server stops after what has come is stored, also what it had only begun to look at', async () => {
	const stored = put(world.story.alice, markerOf(world.story.alice))
	await world.markers.drained()
	expect(await Promise.race([stored, Promise.resolve('not yet')])).toEqual({ ok: true, value: null })
})

test('[MRK8] an older one is acked, and neither kept nor sent', async () => {
	const { alice } = world.story
	const [older, newer] = [markerOf(alice), markerOf(alice, { hlc: hlcOf(worldStart + 1) })]
	expect(await Promise.all([put(alice, newer), put(alice, older)])).toMatchObject([{ ok: true }, { ok: true }])
	expect(sent.map(({ marker }) => marker)).toEqual([bytesToBase64url(newer)])
	expect(await world.markers.of(alice.idHash, world.conversation)).toMatchObject({ value: [{ marker: newer }] })
})

test('refused: by another device, badly signed, ahead of time, malformed, by a stranger', async () => {
	const { alice, bob } = world.story
	const refusal = async (by: AccountStory, marker: Bytes): Promise<string> => {
		const outcome = await put(by, marker)
		return outcome.ok ? 'ok' : outcome.error.type
	}
	expect(await refusal(bob, markerOf(alice))).toBe('bad-signature')
	expect(await refusal(alice, markerOf(alice, {}, bob.laptop))).toBe('bad-signature')
	expect(await refusal(alice, markerOf(alice, { hlc: hlcOf(worldStart + 61_000) }))).toBe('hold-ahead')
	expect(await refusal(alice, bytesOf('noise', 150))).toBe('malformed')
	const mallory = new AccountStory('mallory')
	expect(await refusal(mallory, markerOf(mallory))).toBe('not-member')
	expect(sent).toEqual([])
})

test('[MRK7] of two who are no friends neither sends one; once they are again, both do', async () => {
	const { alice, bob } = world.story
	const later = (by: AccountStory, ms: number) => put(by, markerOf(by, { hlc: hlcOf(worldStart + ms) }))
	for (const state of ['ended', 'cancelled'] as const) {
		await setFriendship(world, world.story, state)
		for (const by of [alice, bob]) expect(await put(by, markerOf(by))).toMatchObject({ error: { type: 'not-friends' } })
	}
	expect([sent, await world.markers.of(alice.idHash, world.conversation)]).toEqual([[], { ok: true, value: [] }])
	await setFriendship(world, world.story, 'accepted')
	for (const by of [alice, bob]) expect(await later(by, 1)).toEqual({ ok: true, value: null })
	expect(sent.length).toBe(2)
})
