/** What the server asks beyond the logs themselves: uniqueness, time, and what it keeps. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDeviceEntry, offerDevice } from '#crypto/account-builder.ts'
import { generateDeviceKeys, type NewDeviceKeys } from '#crypto/device-keys.ts'
import { sealVault } from '#crypto/vault.ts'
import { verifyAccountLog } from '#protocol/account-state.ts'
import { decode, encode } from '#protocol/codec.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { sealedVaultCodec } from '#protocol/vault.ts'
import {
	anonymous,
	clientCrypto,
	codeOf,
	logIn,
	must,
	prepareSignUp,
	signUpAdmin,
	signUpInvited,
	toBytes,
	toText,
	vkBoxForm,
	type Person,
} from '#tests/support/http-person.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

/** How far the server's clock, and everybody's, has gone on, ms. */
let later = 0
const now = () => Date.now() + later
let server: TestServer
let alice: Person
beforeAll(async () => {
	server = await startTestServer({ clock: now })
	alice = await signUpAdmin(server)
})
afterAll(() => server.close())

const day = 86_400_000

/** What becomes of `device`, certified by the password at that time. */
async function certify(person: Person, device: NewDeviceKeys, at: number): Promise<string> {
	const { crypto } = await clientCrypto()
	const method = await logIn(server, person.name, person.password)
	const { log } = method!.bundle
	const entries = log.entries.map((text) => {
		const entry = decode(signedEntry, toBytes(text))
		if (!entry.ok) throw new Error('no entry')
		return entry.value
	})
	const state = await verifyAccountLog({ entries, hash: crypto.hash, verify: crypto.verify })
	if (!state.ok) throw new Error('no log')
	const { head, vk, idHash } = state.value
	const by = { by: { method: person.passwordMethod }, offer: await offerDevice(crypto, device, idHash), vkGen: vk.gen }
	const { vaultKey } = person.account
	const { entry, vkBox } = await addDeviceEntry(crypto, { head, now: at }, { ...by, vaultKey })
	const form = { methodToken: method!.methodToken, entry: toText(encode(signedEntry, entry)) }
	const keys = { kemKey: toText(device.kem.publicKey), vkBox: vkBoxForm(vkBox) }
	return codeOf(anonymous(server).call((api) => api.accounts.addDevice({ ...form, ...keys, transport: 'body' })))
}

test('[DEV7] a device is of one account for ever, also where its owner lends it', async () => {
	const bob = await signUpInvited(server, alice, 'bob')
	expect(await certify(bob, alice.account.device, now())).toBe('bad-entry')
	expect(await certify(bob, await generateDeviceKeys((await clientCrypto()).crypto), now())).toBe('ok')
})

test('[LOG13] an entry is taken within 60 s of the server’s time, before and after', async () => {
	const { crypto } = await clientCrypto()
	const { token } = await must(alice.http.call((api) => api.invites.create({ uses: 9, days: 1 })))
	for (const [offset, code] of [
		[-61_000, 'bad-account'],
		[61_000, 'bad-account'],
		[55_000, 'ok'],
	] as const) {
		const grant = { type: 'invite', token } as const
		const { form } = await prepareSignUp(server, `timely${offset + 100_000}`, grant, now() + offset)
		const answer = await codeOf(anonymous(server).call((api) => api.auth.finishRegistration(form)))
		expect([offset, answer]).toEqual([offset, code])
	}
	later = 600_000
	for (const [offset, code] of [
		[-61_000, 'bad-entry'],
		[61_000, 'bad-entry'],
		[-55_000, 'ok'],
		[55_000, 'ok'],
	] as const) {
		expect([offset, await certify(alice, await generateDeviceKeys(crypto), now() + offset)]).toEqual([offset, code])
	}
	later = 0
})

test('[VLT8] every version of 30 days is kept, and the last of each device', async () => {
	const { crypto } = await clientCrypto()
	const carol = await signUpInvited(server, alice, 'carol')
	const { account, device } = carol
	const access = { account: account.idHash, sid: '', device: device.deviceId, role: 'user', expiresAt: 0 } as const
	const put = async (version: number) => {
		const header = { idHash: account.idHash, version, vkGen: 1, accSeq: 0, accHash: account.head.hash }
		const sealed = await sealVault(
			crypto,
			{ vaultKey: account.vaultKey, device },
			{ header, plaintext: account.plaintext },
		)
		expect(await server.domain.vaults.put(access, encode(sealedVaultCodec, sealed))).toMatchObject({ ok: true })
	}
	const kept = () => {
		const database = new Database(join(server.data, 'kith.sqlite'), { readonly: true })
		const rows = database.prepare('SELECT version FROM vaults WHERE account = ? ORDER BY version').all(account.idHash)
		database.close()
		return rows.map((row) => (row as { version: number }).version)
	}
	await put(2)
	await put(3)
	later = 29 * day
	await put(4)
	expect(kept()).toEqual([1, 2, 3, 4])
	later = 31 * day
	await put(5)
	expect(kept()).toEqual([4, 5])
	// The last word of the device, however old it is by then.
	later = 100 * day
	expect(await server.domain.repositories.vaults.newest(account.idHash)).toMatchObject({ version: 5 })
})
