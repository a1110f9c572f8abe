/** What waits for a second step waits no longer than it says, and what an account may store has an end. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sealAccountEntry } from '#crypto/account-entry-seal.ts'
import { signedAccountEntry } from '#protocol/account-entry.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { ACCOUNT_ENTRIES_MAX, LOGIN_LIFETIME, REGISTRATION_LIFETIME } from '#protocol/limits.ts'
import {
	anonymous,
	clientCrypto,
	codeOf,
	must,
	prepareSignUp,
	signUpAdmin,
	toText,
	type Person,
} from '#tests/support/http-person.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

let server: TestServer
let alice: Person
let now: number
beforeEach(async () => {
	now = Date.now()
	server = await startTestServer({ clock: () => now, env: { KITH_SIGN_UP: 'open' } })
	alice = await signUpAdmin(server)
})
afterEach(() => server.close())

test('a registration waits for its second half until its time is over', async () => {
	const finished = async (after: number) => {
		// The account is made when it is sent; only the registration is old.
		const { form } = await prepareSignUp(server, `person${after}`, { type: 'open' }, now + after)
		now += after
		return codeOf(anonymous(server).call((api) => api.auth.finishRegistration(form)))
	}
	expect(await finished(REGISTRATION_LIFETIME - 1)).toBe('ok')
	expect(await finished(REGISTRATION_LIFETIME)).toBe('login-expired')
})

test('a sign-in waits for its second half until its time is over', async () => {
	const { opaque } = await clientCrypto()
	const finished = async (after: number) => {
		const { request, state } = await opaque.startLogin(alice.password)
		const http = anonymous(server)
		const started = await must(http.call((api) => api.auth.startLogin({ name: 'alice', startLoginRequest: request })))
		const stretching = { iterations: 1, memory: 8, parallelism: 1 }
		const { password } = alice
		const done = await opaque.finishLogin({ password, state, response: started.loginResponse, stretching })
		now += after
		const finish = { loginId: started.loginId, finishLoginRequest: done?.request ?? '' }
		return codeOf(http.call((api) => api.auth.finishLogin(finish)))
	}
	expect(await finished(LOGIN_LIFETIME - 1)).toBe('ok')
	expect(await finished(LOGIN_LIFETIME)).toBe('login-expired')
})

test('an account stores so many settings and no more; those that are there still change', async () => {
	const { crypto } = await clientCrypto()
	const { account, device } = alice
	const { idHash } = account
	const name = (i: number) => crypto.hash(Uint8Array.of(i >> 16, i >> 8, i)).slice(0, 16) as Bytes
	await server.domain.unitOfWork.transaction(async ({ sealedEntries }) => {
		for (let i = 1; i < ACCOUNT_ENTRIES_MAX; i++) await sealedEntries.put(idHash, name(i), new Uint8Array(1))
	})
	const put = async (i: number, at: number) => {
		const by = { device, v: 1, entryKey: account.plaintext.entryKeys[0]! }
		const entry = await sealAccountEntry(crypto, by, { idHash, name: name(i), hlc: hlcOf(at), value: name(i) })
		return codeOf(alice.http.call((api) => api.accounts.putEntry({ entry: toText(encode(signedAccountEntry, entry)) })))
	}
	expect(await put(0, now)).toBe('ok')
	expect(await put(ACCOUNT_ENTRIES_MAX, now)).toBe('too-large')
	expect(await put(0, now + 1)).toBe('ok')
})
