import { describe, expect, it } from 'vitest'
import type { SeenHead } from '#core/forks.ts'
import { createRecords } from '#core/records.ts'
import { generateSigningKey } from '#crypto/signing-key.ts'
import { verifyAccountLog } from '#protocol/account-state.ts'
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, list, versioned } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { forkProof, signedHead, verifyFork, type ForkProof, type SignedHead } from '#protocol/head.ts'
import type { LogHead, SignedEntry } from '#protocol/log-entry.ts'
import { metaKeys } from '#store/keys.ts'
import { addDevice, corePeople } from '../../support/core-people.ts'
import { forksOf, memoryDevice } from '../../support/core-client.ts'

/** Bob's log in two branches that part after their first entry; both are as long as a test makes them. */
async function setup(seed: string) {
	const people = await corePeople(`forks ${seed}`)
	const { hash, verify } = people.crypto
	const bob = await people.person('bob')
	const grown = async (from: readonly SignedEntry[], count: number): Promise<SignedEntry[]> => {
		const entries = [...from]
		const branch = { ...bob, entries, state: () => stateOf(entries) }
		for (let i = 0; i < count; i++) await addDevice(people.crypto, branch)
		return entries
	}
	const stateOf = async (entries: readonly SignedEntry[]) => {
		const verified = await verifyAccountLog({ entries, hash, verify })
		if (!verified.ok) throw new Error('a branch is a log')
		return verified.value
	}
	const head = async (at: LogHead, subject: Bytes = bob.idHash, by?: Parameters<typeof people.head>[2]) => {
		const decoded = decode(signedHead, base64urlToBytes(await people.head(subject, at, by)) as Bytes)
		if (!decoded.ok) throw new Error('a head')
		return decoded.value
	}
	const device = await memoryDevice(people)
	const start = async () => {
		const forks = forksOf(people, createRecords(await device.open(), device.wrap))
		await forks.restore()
		return forks
	}
	/** We know `ours`; the server gives out `theirs`, with all its entries where it is asked for them. */
	const seen = async (ours: readonly SignedEntry[], theirs: SignedHead, branch: readonly SignedEntry[] | null) => {
		const state = await stateOf(ours)
		const asked: number[] = []
		const look: SeenHead = {
			...{ subject: bob.idHash, hashes: state.hashes, ours: await head(state.head), theirs },
			entries: async () => ours,
			branch: async () => (asked.push(1), branch),
		}
		return { look, asked }
	}
	const proves = (proof: Parameters<typeof verifyFork>[0] | null) =>
		proof === null ? false : verifyFork(proof, { serverKey: people.serverKey, hash, verify })
	return { people, device, bob, grown, stateOf, head, start, seen, proves }
}

it('of which 0.1.0 kept the proof without a time are known all the same', async () => {
	const { bob, grown, stateOf, head, start, seen, device } = await setup('undated')
	const other = await grown(bob.entries, 1)
	const { look } = await seen(await grown(bob.entries, 1), await head((await stateOf(other)).head), other)
	const forks = await start()
	await forks.look(look)
	const proof = forks.of(bob.idHash)
	expect(forks.since(bob.idHash)).toBe(7)
	const records = createRecords(await device.open(), device.wrap)
	await records.put(versioned(1, list(forkProof, 64)), { store: 'meta', key: metaKeys.forks }, [proof as ForkProof])
	const again = await start()
	expect(again.of(bob.idHash)).toEqual(proof)
	expect(again.since(bob.idHash)).toBe(0)
})

describe('two branches', () => {
	const lengths = { 'as long as ours': [2, 2], 'longer than ours': [1, 3], 'shorter than ours': [3, 1] } as const
	for (const [name, [mine, other]] of Object.entries(lengths)) {
		it(`[LOG10][LOG11] ${name}: proved to everybody, and remembered after a restart`, async () => {
			const { bob, grown, stateOf, head, start, seen, proves } = await setup(name)
			const [ours, theirs] = [await grown(bob.entries, mine), await grown(bob.entries, other)]
			const forks = await start()
			const told: number[] = []
			forks.onChange(() => void told.push(1))
			const { look } = await seen(ours, await head((await stateOf(theirs)).head), theirs)
			await forks.look(look)
			await forks.look(look)
			expect(told).toEqual([1])
			for (const known of [forks, await start()]) expect(await proves(known.of(bob.idHash))).toBe(true)
			const talk = { id: new Uint8Array(16), members: new Map([[bob.id, {}]]) } as unknown as ConversationState
			expect(forks.concerns(talk)).toBe(true)
			expect(forks.concerns({ ...talk, members: new Map() } as ConversationState)).toBe(false)
		})
	}
})

describe('no fork', () => {
	it('[LOG10] where one chain holds both heads, or the second is not the server’s, of another log, or not to be had', async () => {
		const { people, bob, grown, stateOf, head, start, seen } = await setup('none')
		const [ours, theirs] = [await grown(bob.entries, 2), await grown(bob.entries, 3)]
		const [here, there] = [await stateOf(ours), await stateOf(theirs)]
		const longer = await grown(ours, 2)
		const forks = await start()
		const looks = [
			seen(ours, await head((await stateOf(longer)).head), longer),
			seen(ours, await head({ seq: 1, hash: here.hashes[1] as Bytes }), null),
			seen(ours, await head(there.head, bob.idHash, await generateSigningKey(people.crypto)), theirs),
			seen(ours, await head(there.head, people.crypto.random(32)), theirs),
			// The branch that the head speaks of is kept from us, or is another one.
			seen(ours, await head(there.head), null),
			seen(ours, await head({ seq: 9, hash: people.crypto.random(32) }), theirs),
		]
		for (const { look } of await Promise.all(looks)) await forks.look(look)
		const { look } = await seen(ours, await head({ seq: 1, hash: there.hashes[1] as Bytes }), theirs)
		await forks.look({ ...look, ours: null })
		expect(forks.of(bob.idHash)).toBe(null)
		await forks.look(look)
		expect(forks.of(bob.idHash)).not.toBe(null)
	})

	it('a branch that does not come is asked for once', async () => {
		const { bob, grown, stateOf, head, start, seen } = await setup('once')
		const [ours, theirs] = [await grown(bob.entries, 1), await grown(bob.entries, 2)]
		const { look, asked } = await seen(ours, await head((await stateOf(theirs)).head), null)
		const forks = await start()
		for (let i = 0; i < 5; i++) await forks.look(look)
		expect(asked).toEqual([1])
	})
})
