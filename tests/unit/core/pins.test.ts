import { describe, expect, it } from 'vitest'
import { createPins, withPin, type Pin } from '#core/pins.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { vaultPlaintext } from '#protocol/vault.ts'
import { addDevice, corePeople } from '../../support/core-people.ts'

const hash16 = (byte: number) => new Uint8Array(16).fill(byte) as Bytes
const idHash = (byte: number) => new Uint8Array(32).fill(byte) as Bytes
const pin = (change: Partial<Pin> = {}): Pin => ({
	idHash: idHash(1),
	hlc: 1n,
	how: 'first-use',
	name: 'Bob',
	head: { seq: 3, hash16: hash16(3) },
	...change,
})

describe('a pin', () => {
	it('keeps the stronger way of learning, whichever came first', () => {
		for (const [before, next, kept] of [
			['first-use', 'link', 'link'],
			['link', 'first-use', 'link'],
			['compared', 'link', 'compared'],
			['link', 'compared', 'compared'],
		] as const) {
			const [only, ...rest] = withPin([pin({ how: before })], pin({ how: next }))
			expect([only?.how, rest]).toEqual([kept, []])
		}
	})

	it('never goes back to an earlier head, and takes a later one', () => {
		const early = { seq: 1, hash16: hash16(1) }
		expect(withPin([pin()], pin({ head: early }))[0]?.head.seq).toBe(3)
		expect(withPin([pin({ head: early })], pin())[0]?.head.seq).toBe(3)
	})

	it('keeps its name where the newer one has none', () => {
		expect(withPin([pin()], pin({ name: '' }))[0]?.name).toBe('Bob')
		expect(withPin([pin()], pin({ name: 'Robert' }))[0]?.name).toBe('Robert')
	})

	it('stands once per identity, in a list that a vault can hold', () => {
		const pins = [3, 1, 2, 1].reduce((all, byte) => withPin(all, pin({ idHash: idHash(byte) })), [] as readonly Pin[])
		expect(pins).toHaveLength(3)
		expect(() => encode(vaultPlaintext, { accountKeys: [], entryKeys: [], nameKey: idHash(0), pins })).not.toThrow()
	})
})

describe('a log', () => {
	it('contradicts its pin when it is shorter, or passes the pinned head by', async () => {
		const people = await corePeople('pins')
		const bob = await people.person('bob')
		const short = await bob.state()
		await addDevice(people.crypto, bob)
		const long = await bob.state()
		const at = (seq: number, state = long) => ({ seq, hash16: (state.hashes[seq] as Bytes).slice(0, 16) })
		const pins = (head: Pin['head']) => createPins(() => [pin({ idHash: bob.idHash, head })])
		expect(pins(at(1)).contradicts(long)).toBe(false)
		expect(pins(at(0)).contradicts(long)).toBe(false)
		expect(pins(at(1)).contradicts(short)).toBe(true)
		expect(pins({ seq: 1, hash16: hash16(9) }).contradicts(long)).toBe(true)
	})

	it('of somebody who is not pinned contradicts nothing', async () => {
		const people = await corePeople('pins')
		expect(createPins(() => [pin()]).contradicts(await (await people.person('bob')).state())).toBe(false)
	})
})
