/**
 * The client's half of OPAQUE (RFC 9807) by @serenity-kit/opaque: the password never leaves, and a sign-in gives the same
 * 64-byte export key each time. Stretching takes a third of a second and 64 MiB, so a browser runs this in a worker of
 * its own; nothing here knows of that. The WASM draws its own randomness.
 */
import { client, ready } from '@serenity-kit/opaque'
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import { STRETCHING } from '#protocol/limits.ts'
import { stretchPassphrase, type StretchInput } from './stretch.ts'

/** Argon2id; memory in KiB. Version 1 is fixed, tests take less. */
export interface Stretching {
	readonly iterations: number
	readonly memory: number
	readonly parallelism: number
}

export const stretchingVersion1: Stretching = {
	iterations: STRETCHING.iterations,
	memory: STRETCHING.memoryKiB,
	parallelism: STRETCHING.parallelism,
}

/** `state` stays on this device until the answer; requests and responses travel as they are (base64url). */
export interface OpaqueStarted {
	readonly state: string
	readonly request: string
}

export interface OpaqueAnswer {
	readonly password: string
	readonly state: string
	readonly response: string
	readonly stretching: Stretching
}

export interface OpaqueRegistered {
	readonly record: string
	/** 64 bytes: the secret of the password method. */
	readonly exportKey: Bytes
}

export interface OpaqueLoggedIn {
	readonly request: string
	/** 64 bytes. */
	readonly exportKey: Bytes
}

/** Throws where the server's response is no OPAQUE message: its fault, never the password's. */
export interface OpaqueClient {
	readonly startRegistration: (password: string) => Promise<OpaqueStarted>
	readonly finishRegistration: (answer: OpaqueAnswer) => Promise<OpaqueRegistered>
	readonly startLogin: (password: string) => Promise<OpaqueStarted>
	/** Null when the password is wrong, or there is no such account: nobody can tell which. */
	readonly finishLogin: (answer: OpaqueAnswer) => Promise<OpaqueLoggedIn | null>
	/** Not of OPAQUE, and as dear: of the passphrase of an archive, 32 bytes. */
	readonly stretch: (input: StretchInput) => Promise<Bytes>
}

function decodeExportKey(text: string): Bytes {
	const exportKey = base64urlToBytes(text)
	if (exportKey?.length !== 64) throw new Error('OPAQUE gave an export key of another length')
	return exportKey
}

/** The same password typed on another keyboard is the same bytes (RFC 8265 §4.2). */
function normalize(password: string): string {
	return password.normalize('NFC')
}

function fields({ password, state, response, stretching }: OpaqueAnswer) {
	const { iterations, memory, parallelism } = stretching
	const keyStretching = { 'argon2id-custom': { iterations, memory, parallelism } }
	return { password: normalize(password), state, response, keyStretching }
}

/** Resolves when the WASM is compiled. */
export async function createOpaqueClient(): Promise<OpaqueClient> {
	await ready
	return {
		async startRegistration(password) {
			const started = client.startRegistration({ password: normalize(password) })
			return { state: started.clientRegistrationState, request: started.registrationRequest }
		},
		async finishRegistration(answer) {
			const { state: clientRegistrationState, response: registrationResponse, ...rest } = fields(answer)
			const done = client.finishRegistration({ clientRegistrationState, registrationResponse, ...rest })
			return { record: done.registrationRecord, exportKey: decodeExportKey(done.exportKey) }
		},
		async startLogin(password) {
			const started = client.startLogin({ password: normalize(password) })
			return { state: started.clientLoginState, request: started.startLoginRequest }
		},
		async finishLogin(answer) {
			const { state: clientLoginState, response: loginResponse, ...rest } = fields(answer)
			const done = client.finishLogin({ clientLoginState, loginResponse, ...rest })
			if (done === undefined) return null
			return { request: done.finishLoginRequest, exportKey: decodeExportKey(done.exportKey) }
		},
		stretch: async (input) => stretchPassphrase(input),
	}
}
