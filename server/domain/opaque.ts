/**
 * The server's side of OPAQUE (RFC 9807) by @serenity-kit/opaque. Messages are base64url as the library makes them.
 *
 * The identifier decides the OPRF key of a record. Whoever could start a registration under the identifier of a login
 * would get a free guess, so it is drawn anew for each registration and never leaves the server (protocol.md §6).
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { client, ready, server } from '@serenity-kit/opaque'
import type { RandomBytes } from '#protocol/ports.ts'
import type { DomainSecrets } from './domain.ts'

/** A registration record: 192 bytes. */
const recordLength = 256

export interface OpaqueServer {
	/** Null when the client's message is none. */
	registrationResponse(identifier: Bytes, registrationRequest: string): string | null
	isRecord(record: string): boolean
	/** `record` null: an answer that looks the same and never succeeds. Null when the client's message is none. */
	startLogin(
		credential: { readonly identifier: Bytes; readonly record: string | null },
		startLoginRequest: string,
	): { readonly state: string; readonly loginResponse: string } | null
	/** Did the client prove the password? */
	finishLogin(state: string, finishLoginRequest: string): boolean
}

export async function createOpaqueServer(
	{ opaqueSetup: serverSetup }: DomainSecrets,
	random: RandomBytes,
): Promise<OpaqueServer> {
	await ready
	const decoy = decoyRecord(serverSetup, bytesToBase64url(random(32)))
	return {
		registrationResponse: (identifier, registrationRequest) =>
			orNull(() => {
				const userIdentifier = bytesToBase64url(identifier)
				return server.createRegistrationResponse({ serverSetup, userIdentifier, registrationRequest })
					.registrationResponse
			}),
		isRecord: (record) => record.length === recordLength && /^[A-Za-z0-9_-]+$/.test(record),
		startLogin: ({ identifier, record }, startLoginRequest) =>
			orNull(() => {
				const userIdentifier = bytesToBase64url(identifier)
				const started = server.startLogin({
					serverSetup,
					userIdentifier,
					registrationRecord: record ?? decoy,
					startLoginRequest,
				})
				return { state: started.serverLoginState, loginResponse: started.loginResponse }
			}),
		finishLogin: (serverLoginState, finishLoginRequest) =>
			orNull(() => server.finishLogin({ serverLoginState, finishLoginRequest })) !== null,
	}
}

/**
 * The record of a password that nobody knows, for names that nobody has. The library's own answer to a missing record is a
 * tenth faster, which would tell over many tries who is here.
 */
function decoyRecord(serverSetup: string, password: string): string {
	const { clientRegistrationState, registrationRequest } = client.startRegistration({ password })
	const userIdentifier = password
	const { registrationResponse } = server.createRegistrationResponse({
		serverSetup,
		userIdentifier,
		registrationRequest,
	})
	const keyStretching = { 'argon2id-custom': { iterations: 1, memory: 8, parallelism: 1 } }
	const parameters = { password, clientRegistrationState, registrationResponse, keyStretching }
	return client.finishRegistration(parameters).registrationRecord
}

/** The library throws for every message that does not decode or verify. */
function orNull<T>(call: () => T): T | null {
	try {
		return call()
	} catch {
		return null
	}
}
