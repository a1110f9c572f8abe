/** Vault and profile: compare-and-swap, and only what the account's own devices signed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sealVault } from '#crypto/vault.ts'
import { encode } from '#protocol/codec.ts'
import { sealedVaultCodec, type VaultHeader } from '#protocol/vault.ts'
import {
	anonymous,
	clientCrypto,
	codeOf,
	must,
	profileOf,
	signUpAdmin,
	signUpInvited,
	toText,
	type Person,
} from '#tests/support/http-person.ts'
import { bytesOf } from '#tests/support/log-actors.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

let server: TestServer
let alice: Person
let bob: Person
beforeAll(async () => {
	server = await startTestServer()
	alice = await signUpAdmin(server)
	bob = await signUpInvited(server, alice, 'bob')
})
afterAll(() => server.close())

async function vaultOf(person: Person, header: Partial<VaultHeader> = {}, by = person) {
	const { crypto } = await clientCrypto()
	const { account } = person
	const full = { idHash: account.idHash, version: 2, vkGen: 1, accSeq: 0, accHash: account.head.hash, ...header }
	const sealed = await sealVault(
		crypto,
		{ vaultKey: account.vaultKey, device: by.device },
		{ header: full, plaintext: account.plaintext },
	)
	return toText(encode(sealedVaultCodec, sealed))
}
const put = (person: Person, vault: string) => codeOf(person.http.call((api) => api.accounts.putVault({ vault })))

describe('a vault', () => {
	it('is replaced by its next version, once', async () => {
		const second = await vaultOf(alice)
		expect(await put(alice, await vaultOf(alice, { version: 3 }))).toBe('stale-vault')
		expect(await put(alice, await vaultOf(alice, { version: 1 }))).toBe('stale-vault')
		expect(await put(alice, second)).toBe('ok')
		expect(await put(alice, second)).toBe('stale-vault')
		expect((await must(alice.http.call((api) => api.accounts.me()))).vault).toBe(second)
		const codes = await Promise.all(
			[vaultOf(alice, { version: 3 }), vaultOf(alice, { version: 3 })].map(async (vault) => put(alice, await vault)),
		)
		expect(codes.sort()).toEqual(['ok', 'stale-vault'])
	})

	it('is refused when header or signer do not fit the account log', async () => {
		const spoiled = {
			'of another account': await vaultOf(alice),
			'under another VK': await vaultOf(bob, { vkGen: 2 }),
			'at a head that is not there': await vaultOf(bob, { accSeq: 1 }),
			'at another head': await vaultOf(bob, { accHash: bytesOf('other', 32) }),
			'signed by another device': await vaultOf(bob, {}, alice),
			'no vault': 'AAAA',
		}
		for (const [title, vault] of Object.entries(spoiled))
			expect([title, await put(bob, vault)]).toEqual([title, 'bad-account'])
		expect(await put(bob, await vaultOf(bob))).toBe('ok')
	})
})

describe('a profile', () => {
	const set = async (person: Person, name: string, at?: number, of = person) => {
		const { crypto } = await clientCrypto()
		const profile = await profileOf(crypto, of.account, name, at)
		const code = await codeOf(person.http.call((api) => api.accounts.putProfile({ profile })))
		return { code, profile }
	}
	const stored = (person: Person) =>
		server.domain.repositories.accounts.profile(person.account.idHash).then((p) => toText(p as never))

	it('is the newest that one of the account’s devices signed', async () => {
		const newer = await set(bob, 'Bobby', Date.now() + 5000)
		expect(newer.code).toBe('ok')
		const older = await set(bob, 'Robert', Date.now() - 5000)
		expect(older.code).toBe('ok')
		expect(await stored(bob)).toBe(newer.profile)
	})

	it('is refused from the future, and from anybody else', async () => {
		expect((await set(bob, 'Bob', Date.now() + 120_000)).code).toBe('bad-account')
		expect((await set(bob, 'Alice', undefined, alice)).code).toBe('bad-account')
	})
})

describe('the own account', () => {
	it('is for its own session', async () => {
		expect(await codeOf(anonymous(server).call((api) => api.accounts.me()))).toBe('unauthenticated')
		expect(await codeOf(anonymous(server, 'made.up.token').call((api) => api.accounts.me()))).toBe('unauthenticated')
		const own = await must(bob.http.call((api) => api.accounts.me()))
		expect(own.account).toBe(bob.id)
		expect(own.vkBoxes).toHaveLength(1)
	})
})
