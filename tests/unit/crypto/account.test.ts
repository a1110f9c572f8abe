import { beforeAll, describe, expect, it } from 'vitest'
import {
	addDeviceEntry,
	createAccount,
	offerDevice,
	retireDeviceEntry,
	type CreatedAccount,
} from '#crypto/account-builder.ts'
import { accountEntryClaim, accountEntryName, openAccountEntry, sealAccountEntry } from '#crypto/account-entry-seal.ts'
import { openEpochBox, openVaultKeyBox } from '#crypto/boxes.ts'
import { createConversation, createDirect, rotateEntry, type BoxTarget } from '#crypto/conversation-builder.ts'
import { generateDeviceKeys, restoreDeviceKeys, storeDeviceKeys } from '#crypto/device-keys.ts'
import { openBack } from '#crypto/epoch.ts'
import { seedToKemKeyPair } from '#crypto/hpke.ts'
import type { Crypto } from '#crypto/suite.ts'
import { deriveMethodKeys, verifyBind, type MethodKeys } from '#crypto/unlock-methods.ts'
import { openVault, sealVault } from '#crypto/vault.ts'
import { accountKeyAt, deviceOf } from '#protocol/account-lookups.ts'
import { appendAccountEntry, verifyAccountLog, type AccountState } from '#protocol/account-state.ts'
import { boxesRoot } from '#protocol/box.ts'
import { bytesToHex, equalBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { appendConversationEntry, verifyConversationLog } from '#protocol/conversation-state.ts'
import { dmIdOf, keyHash16 } from '#protocol/ids.ts'
import type { Result } from '#protocol/result.ts'
import { cryptoVariants } from '#tests/support/crypto-variants.ts'
import { nodeHash, nodeVerify } from '#tests/support/crypto-ports.ts'
import { boxHash } from '#crypto/boxes.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

const now = 1_700_000_000_000
const ports = { hash: nodeHash, verify: nodeVerify }

function must<T, E>(result: Result<T, E>): T {
	if (!result.ok) throw new Error(JSON.stringify(result.error))
	return result.value
}

async function someMethods(crypto: Crypto): Promise<{ password: MethodKeys; recovery: MethodKeys }> {
	const password = await deriveMethodKeys(crypto, 'password', crypto.random(64))
	return { password, recovery: await deriveMethodKeys(crypto, 'recovery', crypto.random(20)) }
}

describe.each(cryptoVariants)('$name', ({ make }) => {
	let crypto: Crypto
	let methods: { password: MethodKeys; recovery: MethodKeys }
	let alice: CreatedAccount
	let state: AccountState

	beforeAll(async () => {
		crypto = await make(seededRandom('accounts'))
		methods = await someMethods(crypto)
		alice = await createAccount(crypto, { methods: [methods.password, methods.recovery], now })
		state = must(await verifyAccountLog({ entries: [alice.create], ...ports }))
	})

	describe('sign-up', () => {
		it('[ACC2] makes a log that the server believes', () => {
			expect(bytesToHex(state.idHash)).toBe(bytesToHex(alice.idHash))
			expect(state.head).toEqual(alice.head)
			expect(state.methods.map(({ kind }) => kind)).toEqual(['password', 'recovery'])
			expect(deviceOf(state, alice.device.deviceId)).toMatchObject({ ended: null, byDevice: false })
		})

		it('[ACC2] needs each of its signatures', async () => {
			expect(alice.create.signatures.length).toBe(4)
			for (const missing of alice.create.signatures) {
				const signatures = alice.create.signatures.filter((each) => each !== missing)
				const verdict = await verifyAccountLog({ entries: [{ ...alice.create, signatures }], ...ports })
				expect(verdict).toMatchObject({ ok: false, error: { type: 'wrong-signers' } })
			}
		})

		it('brings every X-Wing key that the create names, and a box of VK for each method and the device', () => {
			const named = [state.ak.keyHash, ...state.methods.map(({ kemHash }) => kemHash), alice.device.named.kemHash]
			const hex = (keys: readonly Bytes[]) => keys.map(bytesToHex).sort()
			expect(hex(alice.kemKeys.map(nodeHash))).toEqual(hex(named))
			expect(hex(alice.vkBoxes.map(({ recipient }) => recipient))).toEqual(hex(named.slice(1)))
		})

		it('[UNL3] a new device opens the account in the order of the protocol, with the password or the code', async () => {
			for (const [name, keys] of Object.entries(methods)) {
				const id = keyHash16(nodeHash, keys.method.signingKey)
				const bind = alice.binds.find(({ method }) => equalBytes(method, id))?.bind
				expect(verifyBind(keys, alice.idHash, bind as Bytes), name).toBe(true)
				expect(verifyBind(keys, crypto.random(32), bind as Bytes)).toBe(false)
				const boxed = alice.vkBoxes.find(({ recipient }) => equalBytes(recipient, keys.method.kemHash))
				const vaultKey = must(await openVaultKeyBox(crypto, keys.kem, { vk: state.vk, box: boxed!.box }))
				const signer = deviceOf(state, alice.vault.device)
				const opened = await openVault(crypto, { vaultKey, signingKey: signer!.signingKey }, alice.vault)
				expect(opened).toEqual({ ok: true, value: alice.plaintext })
				const ak = await seedToKemKeyPair(must(opened).accountKeys[0] as Bytes)
				expect(bytesToHex(nodeHash(ak.publicKey))).toBe(bytesToHex(accountKeyAt(state, 0).keyHash))
			}
		})

		it('[UNL2] one secret gives the same keys each time, as another kind other keys', async () => {
			const secret = crypto.random(32)
			const a = await deriveMethodKeys(crypto, 'passkey', secret)
			expect((await deriveMethodKeys(crypto, 'passkey', secret)).method).toEqual(a.method)
			await expect(deriveMethodKeys(crypto, 'password', secret)).rejects.toThrow(RangeError)
		})
	})

	describe('vault', () => {
		const header = () => ({ ...alice.vault.header, version: 2 })
		const by = () => ({ vaultKey: alice.vaultKey, device: alice.device })
		const reader = () => ({ vaultKey: alice.vaultKey, signingKey: alice.device.signing.publicKey })

		it('[VLT1] opens only with its key, header and signature', async () => {
			const vault = await sealVault(crypto, by(), { header: header(), plaintext: alice.plaintext })
			expect(await openVault(crypto, reader(), vault)).toEqual({ ok: true, value: alice.plaintext })
			const wrongKey = { ...reader(), vaultKey: crypto.random(32) }
			expect(await openVault(crypto, wrongKey, vault)).toMatchObject({ error: { type: 'not-opened' } })
			const changed = [
				{ ...vault, header: { ...vault.header, version: 3 } },
				{ ...vault, header: { ...vault.header, vkGen: 2 } },
				{ ...vault, sealed: vault.sealed.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) as Bytes },
				{ ...vault, device: crypto.random(16) },
			]
			for (const each of changed) {
				expect(await openVault(crypto, reader(), each)).toMatchObject({ error: { type: 'bad-signature' } })
			}
		})

		it('[VLT2] a device cannot pass off another ciphertext under a header that it signs', async () => {
			const vault = await sealVault(crypto, by(), { header: header(), plaintext: alice.plaintext })
			const other = await sealVault(crypto, by(), { header: { ...header(), version: 9 }, plaintext: alice.plaintext })
			const mixed = { ...vault, sealed: other.sealed }
			expect(await openVault(crypto, reader(), mixed)).toMatchObject({ error: { type: 'bad-signature' } })
		})
	})

	describe('devices', () => {
		it('[ACC13] a method, or a certified device, adds a device; it can open VK', async () => {
			const device = await generateDeviceKeys(crypto)
			const offer = await offerDevice(crypto, device, alice.idHash)
			for (const signer of [{ method: methods.recovery }, { device: alice.device }]) {
				const at = { head: state.head, now: now + 5 }
				const input = { by: signer, offer, vkGen: 1, vaultKey: alice.vaultKey }
				const { entry, vkBox } = await addDeviceEntry(crypto, at, input)
				const next = must(await appendAccountEntry(state, entry, ports))
				expect(deviceOf(next, device.deviceId)).toMatchObject({ byDevice: 'device' in signer, ended: null })
				expect(must(await openVaultKeyBox(crypto, device.kem, { vk: next.vk, box: vkBox.box }))).toEqual(alice.vaultKey)
			}
		})

		it('[DEV1] a certificate for another account certifies nothing', async () => {
			const offer = await offerDevice(crypto, await generateDeviceKeys(crypto), crypto.random(32))
			const at = { head: state.head, now }
			const input = { by: { method: methods.password }, offer, vkGen: 1, vaultKey: alice.vaultKey }
			const { entry } = await addDeviceEntry(crypto, at, input)
			expect(await appendAccountEntry(state, entry, ports)).toMatchObject({ error: { type: 'bad-signature' } })
		})

		it('[ACC13] a stranger cannot add one', async () => {
			const stranger = await generateDeviceKeys(crypto)
			const offer = await offerDevice(crypto, stranger, alice.idHash)
			const at = { head: state.head, now }
			const input = { by: { device: stranger }, offer, vkGen: 1, vaultKey: alice.vaultKey }
			const { entry } = await addDeviceEntry(crypto, at, input)
			expect(await appendAccountEntry(state, entry, ports)).toMatchObject({ error: { type: 'wrong-signers' } })
		})

		it('[ACC12] retires itself', async () => {
			const at = { head: state.head, now }
			const entry = await retireDeviceEntry(crypto, at, alice.device)
			const next = must(await appendAccountEntry(state, entry, ports))
			expect(deviceOf(next, alice.device.deviceId)?.ended).toEqual({ seq: 1, how: 'retired' })
		})

		it('comes back from the store as it was, and not without its handle', async () => {
			const device = await generateDeviceKeys(crypto)
			const stored = structuredClone(storeDeviceKeys(device))
			const again = await restoreDeviceKeys(crypto, stored)
			expect(again?.deviceId).toEqual(device.deviceId)
			expect(again?.signing.publicKey).toEqual(device.signing.publicKey)
			expect(again?.kemSeed).toEqual(device.kemSeed)
			const signature = (await again?.signing.sign('dev', utf8ToBytes('x'))) as Bytes
			expect(signature.length).toBe(64)
			expect(await restoreDeviceKeys(crypto, { ...stored, bytes: stored.bytes.slice(1) })).toBeNull()
			const withoutHandle = await restoreDeviceKeys(crypto, { ...stored, handle: null })
			expect(withoutHandle === null).toBe(stored.handle !== null)
		})
	})

	it('[ENT2] account entries open under their own name, time and key', async () => {
		const nameKey = crypto.random(32)
		const name = accountEntryName(nameKey, 'draft/abc')
		expect(name.length).toBe(16)
		expect(accountEntryName(crypto.random(32), 'draft/abc')).not.toEqual(name)
		const [entryKey] = alice.plaintext.entryKeys as [Bytes]
		const value = utf8ToBytes('not yet sent')
		const input = { idHash: alice.idHash, name, hlc: 4n, value }
		const entry = await sealAccountEntry(crypto, { device: alice.device, v: 1, entryKey }, input)
		expect(await openAccountEntry(crypto, entryKey, entry)).toEqual(value)
		expect(await openAccountEntry(crypto, entryKey, { ...entry, hlc: 5n })).toBeNull()
		expect(await openAccountEntry(crypto, entryKey, { ...entry, name: crypto.random(16) })).toBeNull()
		const signingKey = alice.device.signing.publicKey
		const claims = [entry, { ...entry, hlc: 5n }].map((each) => accountEntryClaim(crypto, each, signingKey))
		expect(await crypto.verify(claims)).toEqual([true, false])
	})

	describe('conversations', () => {
		async function twoPeople() {
			const bob = await createAccount(crypto, { methods: [(await someMethods(crypto)).password], now })
			const bobState = must(await verifyAccountLog({ entries: [bob.create], ...ports }))
			const targets = [alice, bob].map((each): BoxTarget => {
				return { idHash: each.idHash, head: each.head, g: 0, accountKey: each.kemKeys[0] as Bytes }
			}) as [BoxTarget, BoxTarget]
			const accounts = (idHash: Bytes) => [state, bobState].find((each) => equalBytes(each.idHash, idHash)) ?? null
			return { bob, targets, context: { accounts, ...ports } }
		}
		const author = () => ({ idHash: alice.idHash, device: alice.device, now })
		const seedOf = (account: CreatedAccount) => account.plaintext.accountKeys[0] as Bytes

		it('[CNV4] a direct conversation is believed by both, and both open its key', async () => {
			const { bob, targets, context } = await twoPeople()
			const dm = await createDirect(crypto, author(), targets)
			expect(dm.conversation).toEqual(dmIdOf(nodeHash, bob.idHash, alice.idHash))
			const log = must(await verifyConversationLog({ entries: [dm.create, dm.rotate], ...context }))
			expect(log.id).toEqual(dm.conversation)
			const epoch = log.epochs[0]!
			const accounts = dm.boxes.map(({ idHash, g, box }) => ({ idHash, g, boxHash: boxHash(crypto, box) }))
			expect(boxesRoot(nodeHash, { accounts, links: [] })).toEqual(epoch.boxesRoot)
			for (const account of [alice, bob]) {
				const { box } = dm.boxes.find(({ idHash }) => equalBytes(idHash, account.idHash))!
				const by = { idHash: account.idHash, g: 0, seed: seedOf(account) }
				const boxed = { conversation: dm.conversation, n: 1, commit: epoch.commit, box }
				expect(await openEpochBox(crypto, by, boxed)).toEqual({ ok: true, value: dm.key })
			}
		})

		it('[EPO4] a rotation goes on from there and links back', async () => {
			const { bob, targets, context } = await twoPeople()
			const dm = await createDirect(crypto, author(), targets)
			const log = must(await verifyConversationLog({ entries: [dm.create, dm.rotate], ...context }))
			const next = await rotateEntry(
				crypto,
				{ idHash: bob.idHash, device: bob.device, now: now + 1 },
				{
					conversation: dm.conversation,
					base: log.head,
					n: 2,
					members: targets,
					previous: dm.key,
					moved: [],
				},
			)
			const after = must(await appendConversationEntry(log, next.rotate, context))
			const { back } = after.epochs[1]!
			expect(await openBack(crypto, next.key, { back: back!, commit: log.epochs[0]!.commit })).toEqual({
				ok: true,
				value: dm.key,
			})
		})

		it('[EPO6] a group of any size gets one box for each member', async () => {
			const others = await Promise.all(
				Array.from({ length: 4 }, async () =>
					createAccount(crypto, { methods: [(await someMethods(crypto)).password], now }),
				),
			)
			const everybody = [alice, ...others]
			const states = await Promise.all(
				everybody.map(async (each) => must(await verifyAccountLog({ entries: [each.create], ...ports }))),
			)
			const targets = everybody.map((each): BoxTarget => {
				return { idHash: each.idHash, head: each.head, g: 0, accountKey: each.kemKeys[0] as Bytes }
			})
			const members = everybody.map(({ idHash }, i) => ({ idHash, role: i === 0 ? 'owner' : 'member' }) as const)
			const policy = { history: 'shared', invite: 'members', knock: 'no', expiry: null } as const
			const group = await createConversation(crypto, author(), { kind: 'group', policy, members, targets })
			const accounts = (idHash: Bytes) => states.find((each) => equalBytes(each.idHash, idHash)) ?? null
			const context = { accounts, ...ports }
			const log = must(await verifyConversationLog({ entries: [group.create, group.rotate], ...context }))
			expect(log.id).toEqual(group.conversation)
			expect(log.members.size).toBe(5)
			const { commit } = log.epochs[0]!
			for (const account of everybody) {
				const { box } = group.boxes.find(({ idHash }) => equalBytes(idHash, account.idHash))!
				const by = { idHash: account.idHash, g: 0, seed: seedOf(account) }
				const opened = await openEpochBox(crypto, by, { conversation: group.conversation, n: 1, commit, box })
				expect(opened).toEqual({ ok: true, value: group.key })
			}
		})

		it('[CNV2] who is not in it cannot create it', async () => {
			const { targets, context } = await twoPeople()
			const eve = await createAccount(crypto, { methods: [(await someMethods(crypto)).password], now })
			const eveState = must(await verifyAccountLog({ entries: [eve.create], ...ports }))
			const dm = await createDirect(crypto, { idHash: eve.idHash, device: eve.device, now }, targets)
			const accounts = (idHash: Bytes) => (equalBytes(idHash, eve.idHash) ? eveState : context.accounts(idHash))
			const verdict = await verifyConversationLog({ entries: [dm.create, dm.rotate], ...context, accounts })
			expect(verdict).toMatchObject({ ok: false, error: { type: 'rule', rule: 'CNV2' } })
		})
	})
})
