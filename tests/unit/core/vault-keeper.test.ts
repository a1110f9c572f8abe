import { describe, expect, it } from 'vitest'
import { createRecords } from '#core/records.ts'
import {
	createVaultKeeper,
	isOlderThanKept,
	keepVault,
	openSealedVault,
	restoreVault,
	type OpenVault,
} from '#core/vault-keeper.ts'
import { withPin, type Pin } from '#core/pins.ts'
import type { DeviceKeys } from '#crypto/device-keys.ts'
import { sealVault } from '#crypto/vault.ts'
import type { AccountState } from '#protocol/account-state.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { fail, ok } from '#protocol/result.ts'
import { sealedVaultCodec, type SealedVault, type VaultPlaintext } from '#protocol/vault.ts'
import { addDevice, corePeople, revokeDevice } from '../../support/core-people.ts'
import { fakeHttp, memoryDevice, Refused, selfOf } from '../../support/core-client.ts'

const pin = (byte: number): Pin => ({
	...{ idHash: new Uint8Array(32).fill(byte) as Bytes, hlc: BigInt(byte), how: 'link', name: `p${byte}` },
	head: { seq: 0, hash16: new Uint8Array(16) as Bytes },
})
const pinned = (byte: number) => (plaintext: VaultPlaintext) => ({
	...plaintext,
	pins: withPin(plaintext.pins, pin(byte)),
})
const names = ({ pins }: VaultPlaintext) => pins.map(({ name }) => name).sort()
const notVerified = { ok: false, error: { type: 'not-verified', what: 'vault' } }

async function setup(seed: string) {
	const people = await corePeople(`vault ${seed}`)
	const { crypto } = people
	const alice = await people.person('alice')
	const device = await memoryDevice(people)
	const records = createRecords(await device.open(), device.wrap)
	const server = { vault: alice.vault, refuse: null as null | 'stale-vault' | 'offline' | 'internal', puts: 0 }
	const http = fakeHttp({
		'accounts.me': () => ({ vault: bytesToBase64url(encode(sealedVaultCodec, server.vault)) }),
		'accounts.putVault': ({ vault }: { vault: string }) => {
			server.puts++
			if (server.refuse !== null) throw new Refused(server.refuse)
			const sealed = decode(sealedVaultCodec, base64urlToBytes(vault) as Bytes)
			if (!sealed.ok) throw new Refused('malformed')
			if (sealed.value.header.version !== server.vault.header.version + 1) throw new Refused('stale-vault')
			server.vault = sealed.value
		},
	})
	let known: AccountState = await alice.state()
	const opened: OpenVault = { vaultKey: alice.vaultKey, sealed: alice.vault, plaintext: alice.plaintext }
	const keeper = createVaultKeeper({
		fetch: async () => fail({ type: 'offline' }),
		...{ records, crypto, http, self: selfOf(people, alice), opened },
		state: () => known,
		newestState: async () => {
			known = await alice.state()
			return ok(known)
		},
	})
	/** A version by a device of the account, on top of what the server has or says. */
	const seal = async (
		by: DeviceKeys,
		change: (plaintext: VaultPlaintext) => VaultPlaintext,
		header: Partial<SealedVault['header']> = {},
	) => {
		const { head, vk } = await alice.state()
		const next = {
			...server.vault.header,
			version: server.vault.header.version + 1,
			vkGen: vk.gen,
			accSeq: head.seq,
			accHash: head.hash,
			...header,
		}
		return sealVault(
			crypto,
			{ vaultKey: alice.vaultKey, device: by },
			{ header: next, plaintext: change(alice.plaintext) },
		)
	}
	return { people, crypto, alice, records, server, keeper, seal, http }
}

describe('a change', () => {
	it('is at the server and on the device before it counts', async () => {
		const { keeper, server, records, crypto, alice } = await setup('change')
		expect(await keeper.update(pinned(1))).toEqual(ok(null))
		expect(names(keeper.plaintext())).toEqual(['p1'])
		expect(server.vault.header.version).toBe(2)
		const again = await restoreVault(records, crypto, await alice.state())
		expect(names(again?.plaintext as VaultPlaintext)).toEqual(['p1'])
	})

	it('that the server did not take is not believed', async () => {
		const { keeper, server } = await setup('refused')
		server.refuse = 'offline'
		expect(await keeper.update(pinned(1))).toEqual({ ok: false, error: { type: 'offline' } })
		expect(names(keeper.plaintext())).toEqual([])
	})

	it('comes one after the other: none is lost', async () => {
		const { keeper, server } = await setup('queue')
		await Promise.all([1, 2, 3].map((byte) => keeper.update(pinned(byte))))
		expect(names(keeper.plaintext())).toEqual(['p1', 'p2', 'p3'])
		expect([server.vault.header.version, server.puts]).toEqual([4, 3])
	})

	it('is made again on what another device wrote first, certified a moment ago', async () => {
		const { keeper, server, seal, crypto, alice } = await setup('stale')
		const phone = await addDevice(crypto, alice)
		server.vault = await seal(phone, pinned(7))
		expect(await keeper.update(pinned(1))).toEqual(ok(null))
		expect(names(keeper.plaintext())).toEqual(['p1', 'p7'])
		expect(server.vault.header.version).toBe(3)
	})

	it('loses no pin to a version that left it out', async () => {
		const { keeper, server, seal, crypto, alice } = await setup('pins grow')
		await keeper.update(pinned(1))
		const phone = await addDevice(crypto, alice)
		server.vault = await seal(phone, pinned(7))
		expect(await keeper.update(pinned(2))).toEqual(ok(null))
		expect(names(keeper.plaintext())).toEqual(['p1', 'p2', 'p7'])
	})

	it('gives up where the server says "stale" for ever', async () => {
		const { keeper, server } = await setup('stale for ever')
		server.refuse = 'stale-vault'
		expect(await keeper.update(pinned(1))).toMatchObject({ ok: false, error: { code: 'stale-vault' } })
		expect(server.puts).toBe(4)
	})
})

describe('a version that is not to be believed', () => {
	async function offered(seed: string, make: (world: Awaited<ReturnType<typeof setup>>) => Promise<SealedVault>) {
		const world = await setup(seed)
		await world.keeper.update(pinned(1))
		world.server.vault = await make(world)
		world.server.refuse = 'stale-vault'
		expect(await world.keeper.update(pinned(2))).toEqual(notVerified)
		expect(names(world.keeper.plaintext())).toEqual(['p1'])
	}

	it('is older than what this device has seen', () => offered('rollback', async ({ alice }) => alice.vault))

	it('names an earlier head of the log than one before it', async () => {
		const { keeper, server, seal, crypto, alice } = await setup('rollback head')
		const { hashes } = await alice.state()
		const phone = await addDevice(crypto, alice)
		server.vault = await seal(phone, pinned(7))
		expect(await keeper.update(pinned(1))).toEqual(ok(null))
		expect(server.vault.header.accSeq).toBe(1)
		server.vault = await seal(alice.device, pinned(9), { accSeq: 0, accHash: hashes[0] as Bytes })
		expect(await keeper.update(pinned(2))).toEqual(notVerified)
		expect(names(keeper.plaintext())).toEqual(['p1', 'p7'])
	})

	it('is signed by a device that the log does not certify', () =>
		offered('stranger', async ({ people, seal }) => seal((await people.person('mallory')).device, pinned(9))))

	it('is signed by a device that was revoked', () =>
		offered('revoked', async ({ crypto, alice, seal }) => {
			const phone = await addDevice(crypto, alice)
			const sealed = await seal(phone, pinned(9))
			await revokeDevice(crypto, alice, phone)
			return sealed
		}))

	it('was changed after it was signed', () =>
		offered('changed', async ({ alice, seal }) => {
			const sealed = await seal(alice.device, pinned(9))
			return { ...sealed, sealed: sealed.sealed.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) as never }
		}))

	it('is of another account', () =>
		offered('other account', async ({ people }) => {
			const { vault } = await people.person('mallory')
			return { ...vault, header: { ...vault.header, version: 9 } }
		}))
})

describe('what this device kept', () => {
	it('is opened with the log that it fits to, and not beside another', async () => {
		const { records, crypto, alice, people } = await setup('kept')
		expect(await restoreVault(records, crypto, await alice.state())).toBe(null)
		await keepVault(records, { vaultKey: alice.vaultKey, sealed: alice.vault })
		expect((await restoreVault(records, crypto, await alice.state()))?.plaintext).toEqual(alice.plaintext)
		expect(await restoreVault(records, crypto, await (await people.person('mallory')).state())).toBe(null)
	})

	it('tells an older version that comes with a sign-in', async () => {
		const { records, crypto, alice, keeper } = await setup('older')
		const first = { vaultKey: alice.vaultKey, sealed: alice.vault, plaintext: alice.plaintext }
		expect(await isOlderThanKept(records, first)).toBe(false)
		await keeper.update(pinned(1))
		expect(await isOlderThanKept(records, first)).toBe(true)
		const kept = await restoreVault(records, crypto, await alice.state())
		expect(await isOlderThanKept(records, kept as OpenVault)).toBe(false)
	})

	it('does not open under another VK', async () => {
		const { crypto, alice } = await setup('vk')
		expect(
			await openSealedVault(crypto, { state: await alice.state(), vaultKey: crypto.random(32) }, alice.vault),
		).toEqual(notVerified)
	})
})
