/** Which signatures the server verifies, and what a bad one costs (SPEC ADM17). */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { eventWorld, type Pen, type EventWorld } from '#tests/support/event-world.ts'

let world: EventWorld
let alice: Pen
let bob: Pen
let guid: string

beforeEach(async () => {
	world = await eventWorld({ draw: 1 })
	alice = world.pen(world.story.alice)
	bob = world.pen(world.story.bob)
	guid = world.guid(0)
})

afterEach(() => {
	expect(world.errors).toEqual([])
	world.close()
})

const bad = { verdict: 'refuse', code: 'item-bad-signature' }

test('[ADM17] over the own connection an item that was not drawn passes unverified', async () => {
	const { row } = await alice.write({ guid, badSignature: true })
	expect(await world.upload(alice, [row])).toMatchObject([{ verdict: 'accept' }])
	expect(world.barred).toEqual([])
})

test('[ADM17] one that was drawn does not, and the device is barred', async () => {
	world.chance.draw = 16
	const { row } = await alice.write({ guid, badSignature: true })
	expect(await world.upload(alice, [row])).toMatchObject([bad])
	expect(world.barred).toEqual([bytesToBase64url(alice.device.deviceId)])
	expect(world.stored).toEqual([])
})

test('[ADM17] a redact is verified always', async () => {
	const head = { kind: 'redact', targets: [new Uint8Array(16)] } as const
	const { row } = await alice.write({ guid, head, badSignature: true })
	expect(await world.upload(alice, [row])).toMatchObject([bad])
})

test('[ADM17] what another brings is verified always, and bars nobody but the one who signed', async () => {
	const forged = await alice.write({ guid, badSignature: true })
	const true_ = await alice.write({ guid, place: { incarnation: 1 } })
	expect(await world.upload(bob, [forged.row, true_.row])).toMatchObject([bad, { verdict: 'accept' }])
	expect(world.barred).toEqual([])
	// And Alice is not under suspicion for what Bob made up.
	const { row } = await alice.write({ guid, place: { incarnation: 2 }, badSignature: true })
	expect(await world.upload(alice, [row])).toMatchObject([{ verdict: 'accept' }])
})

test('[ADM17] after one bad signature everything of that device is verified, also in the same turn', async () => {
	const target = new Uint8Array(16)
	const draft = [
		await alice.write({ guid, badSignature: true }),
		await alice.write({
			guid,
			place: { incarnation: 1 },
			head: { kind: 'redact', targets: [target] },
			badSignature: true,
		}),
	]
	expect(
		await world.upload(
			alice,
			draft.map(({ row }) => row),
		),
	).toMatchObject([bad, bad])
	const { row: again } = await alice.write({ guid, place: { incarnation: 2 }, badSignature: true })
	expect(await world.upload(alice, [again])).toMatchObject([bad])
	const { row: good } = await alice.write({ guid, place: { incarnation: 2, clock: 0 } })
	expect(await world.upload(alice, [good])).toMatchObject([{ verdict: 'accept' }])
})
