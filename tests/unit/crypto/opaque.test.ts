import { server } from '@serenity-kit/opaque'
import { beforeAll, describe, expect, it } from 'vitest'
import { createOpaqueClient, stretchingVersion1, type OpaqueClient } from '#crypto/opaque-client.ts'

/** Tests of the protocol take the cheapest Argon2id; production refuses it. */
const stretching = { iterations: 1, memory: 8, parallelism: 1 }
const password = 'zebra-orbit-lamp-cover-tissue'

describe('OPAQUE, both sides', () => {
	let client: OpaqueClient
	let serverSetup: string

	beforeAll(async () => {
		client = await createOpaqueClient()
		serverSetup = server.createSetup()
	})

	async function register(userIdentifier: string, secret = password) {
		const started = await client.startRegistration(secret)
		const { registrationResponse: response } = server.createRegistrationResponse({
			serverSetup,
			userIdentifier,
			registrationRequest: started.request,
		})
		return client.finishRegistration({ password: secret, state: started.state, response, stretching })
	}

	/** Null record: the server knows no such name. */
	async function login(userIdentifier: string, registrationRecord: string | null, secret = password) {
		const started = await client.startLogin(secret)
		const { serverLoginState, loginResponse: response } = server.startLogin({
			serverSetup,
			userIdentifier,
			registrationRecord,
			startLoginRequest: started.request,
		})
		const done = await client.finishLogin({ password: secret, state: started.state, response, stretching })
		return { done, serverLoginState, response }
	}

	it('a sign-in gives the export key of the registration, and both sides one session key', async () => {
		const registered = await register('id-1')
		const { done, serverLoginState } = await login('id-1', registered.record)
		expect(registered.exportKey).toHaveLength(64)
		expect(done?.exportKey).toEqual(registered.exportKey)
		const finished = server.finishLogin({ serverLoginState, finishLoginRequest: done?.request as string })
		expect(finished.sessionKey.length).toBeGreaterThan(40)
	})

	it('a wrong password, another identifier and an unknown name look alike', async () => {
		const registered = await register('id-1')
		const wrong = await login('id-1', registered.record, `${password}x`)
		const moved = await login('id-2', registered.record)
		const unknown = await login('id-3', null)
		expect([wrong.done, moved.done, unknown.done]).toEqual([null, null, null])
		expect(unknown.response.length).toBe(wrong.response.length)
	})

	it('answers an unknown name as if it were always the same account', async () => {
		const started = await client.startLogin(password)
		const answer = (userIdentifier: string) =>
			server.startLogin({ serverSetup, userIdentifier, registrationRecord: null, startLoginRequest: started.request })
				.loginResponse
		// the evaluated element is 32 bytes: the first 42 characters of base64url
		const evaluated = (response: string) => response.slice(0, 42)
		expect(evaluated(answer('decoy-1'))).toBe(evaluated(answer('decoy-1')))
		expect(evaluated(answer('decoy-1'))).not.toBe(evaluated(answer('decoy-2')))
	})

	it('registration under a known identifier would be a password oracle: it evaluates the login key', async () => {
		const started = await client.startRegistration(password)
		const response = (userIdentifier: string) =>
			server.createRegistrationResponse({ serverSetup, userIdentifier, registrationRequest: started.request })
				.registrationResponse
		expect(response('id-1')).toBe(response('id-1'))
		expect(response('id-1')).not.toBe(response('id-2'))
	})

	it('a server cannot finish a login with somebody else’s proof', async () => {
		const registered = await register('id-1')
		const first = await login('id-1', registered.record)
		const second = await login('id-1', registered.record)
		const mixed = { serverLoginState: second.serverLoginState, finishLoginRequest: first.done?.request as string }
		expect(() => server.finishLogin(mixed)).toThrow()
	})

	it('one password, composed or not, is one password', async () => {
		const registered = await register('id-1', 'Zwölf Boxkämpfer')
		const { done } = await login('id-1', registered.record, 'Zwölf Boxkämpfer'.normalize('NFD'))
		expect(done?.exportKey).toEqual(registered.exportKey)
	})

	it('throws where the answer is no OPAQUE message', async () => {
		const { state } = await client.startLogin(password)
		await expect(client.finishLogin({ password, state, response: 'AAAA', stretching })).rejects.toThrow()
		const started = await client.startRegistration(password)
		const answer = { password, state: started.state, response: '!', stretching }
		await expect(client.finishRegistration(answer)).rejects.toThrow()
	})

	it('version 1 stretches with 64 MiB and three iterations', async () => {
		expect(stretchingVersion1).toEqual({ iterations: 3, memory: 65_536, parallelism: 1 })
		const started = await client.startRegistration(password)
		const { registrationResponse: response } = server.createRegistrationResponse({
			serverSetup,
			userIdentifier: 'id-1',
			registrationRequest: started.request,
		})
		const cheap = await client.finishRegistration({ password, state: started.state, response, stretching })
		const full = await client.finishRegistration({
			password,
			state: started.state,
			response,
			stretching: stretchingVersion1,
		})
		expect(full.exportKey).not.toEqual(cheap.exportKey)
	})
})
