import { describe, expect, test } from 'vitest'
import { concatBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import {
	encodeVaultBody,
	fitsLog,
	isRolledBack,
	mergeVaults,
	vaultAad,
	vaultPlaintext,
	type Pin,
	type VaultHeader,
	type VaultPlaintext,
} from '#protocol/vault.ts'
import { AccountStory, actor, byMethod, bytesOf } from '../../support/log-actors.ts'

const u32 = (value: number): Bytes => Uint8Array.of(0, 0, 0, value)
const header: VaultHeader = { idHash: bytesOf('alice'), version: 2, vkGen: 3, accSeq: 4, accHash: bytesOf('head') }
const headerBytes = concatBytes(Uint8Array.of(1), header.idHash, u32(2), u32(3), u32(4), header.accHash)

test('[VLT1] the header is the AAD', () => {
	expect(vaultAad(header)).toEqual(concatBytes(utf8ToBytes('kith/vaultaad/1'), headerBytes))
})

test('[VLT2] a device signs header and hash of the ciphertext', () => {
	const sealedHash = bytesOf('sealed')
	expect(encodeVaultBody({ header, sealedHash })).toEqual(concatBytes(headerBytes, sealedHash))
})

describe('[VLT5] which vault fits a log', () => {
	const phone = actor('alice phone')

	async function story() {
		const alice = new AccountStory('alice')
		alice.addDevice(phone, byMethod(alice.password)).revoke([phone], byMethod(alice.code))
		const state = await alice.state()
		const { idHash, head, vk } = state
		const good = { idHash, version: 1, vkGen: vk.gen, accSeq: head.seq, accHash: head.hash }
		const fits = (change: Partial<VaultHeader>, device = alice.laptop.deviceId) =>
			fitsLog({ header: { ...good, ...change }, device }, state)
		return { state, fits }
	}

	test('one of the newest VK, signed by a device that is certified and not revoked', async () => {
		const { fits, state } = await story()
		expect(fits({})).toBe(true)
		expect(fits({ accSeq: 0, accHash: state.hashes[0]! })).toBe(true)
	})

	test('no other VK, account, position, nor signer', async () => {
		const { fits, state } = await story()
		expect(fits({ vkGen: 1 })).toBe(false)
		expect(fits({ idHash: bytesOf('bob') })).toBe(false)
		expect(fits({ accHash: bytesOf('x') })).toBe(false)
		expect(fits({ accSeq: 9 })).toBe(false)
		expect(fits({}, phone.deviceId)).toBe(false)
		expect(fits({}, actor('thief').deviceId)).toBe(false)
		expect(state.head.seq).toBe(2)
	})

	test('none that is signed by a device before it was certified', async () => {
		const alice = new AccountStory('alice').addDevice(phone, byMethod(actor('alice password')))
		const state = await alice.state()
		const { idHash, hashes, vk } = state
		const old = { idHash, version: 1, vkGen: vk.gen, accSeq: 0, accHash: hashes[0]! }
		expect(fitsLog({ header: old, device: phone.deviceId }, state)).toBe(false)
	})
})

test('[VLT6] a device refuses what is older than it has seen', () => {
	expect(isRolledBack(header, header)).toBe(false)
	expect(isRolledBack({ ...header, version: 3, vkGen: 4, accSeq: 9 }, header)).toBe(false)
	for (const change of [{ version: 1 }, { vkGen: 2 }, { accSeq: 3 }]) {
		expect(isRolledBack({ ...header, ...change }, header)).toBe(true)
	}
})

describe('merging', () => {
	const pin = (name: string, change: Partial<Pin> = {}): Pin => ({
		idHash: bytesOf(name),
		hlc: 1n,
		how: 'first-use',
		name,
		head: { seq: 1, hash16: bytesOf('head', 16) },
		...change,
	})
	const vault = (pins: readonly Pin[], generations = 1): VaultPlaintext => ({
		accountKeys: Array.from({ length: generations }, (_, g) => bytesOf(`ak ${g}`)),
		entryKeys: Array.from({ length: generations }, (_, v) => bytesOf(`sk ${v}`)),
		nameKey: bytesOf('name key'),
		pins,
	})

	test('[VLT4] a vault keeps every generation of keys, and its pins in one order', () => {
		const plaintext = vault(
			[pin('bob'), pin('carol')].sort((a, b) => Buffer.compare(a.idHash, b.idHash)),
			3,
		)
		expect(decode(vaultPlaintext, encode(vaultPlaintext, plaintext))).toEqual({ ok: true, value: plaintext })
	})

	test('[VLT7] no pin and no key is lost, whichever side has it', () => {
		const [a, b] = [vault([pin('bob')], 1), vault([pin('carol')], 2)]
		for (const merged of [mergeVaults(a, b), mergeVaults(b, a)]) {
			expect(merged.pins.map(({ name }) => name).sort()).toEqual(['bob', 'carol'])
			expect(merged.accountKeys).toHaveLength(2)
			expect(merged.entryKeys).toHaveLength(2)
			expect(decode(vaultPlaintext, encode(vaultPlaintext, merged))).toEqual({ ok: true, value: merged })
		}
	})

	test('[VLT7] a name is the newest, verification and head only grow', () => {
		const compared = pin('bob', { how: 'compared', name: 'old name', head: { seq: 9, hash16: bytesOf('nine', 16) } })
		const renamed = pin('bob', { hlc: 2n, how: 'link', name: 'new name' })
		const merged = { ...compared, hlc: 2n, name: 'new name' }
		expect(mergeVaults(vault([compared]), vault([renamed])).pins).toEqual([merged])
		expect(mergeVaults(vault([renamed]), vault([compared])).pins).toEqual([merged])
	})
})
