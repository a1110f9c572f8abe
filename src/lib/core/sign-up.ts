/**
 * A new account, made on this device: recovery code → OPAQUE registration → keys → create entry, vault, boxes → one
 * request. Nothing but name and grant reaches the server before the code has been confirmed.
 */
import { createAccount, type CreatedAccount } from '#crypto/account-builder.ts'
import { estimatePasswordBits, generatePassword } from '#crypto/password-strength.ts'
import { generateRecoveryCode, recoveryCodeToWords } from '#crypto/recovery-code.ts'
import { deriveMethodKeys, type MethodKeys } from '#crypto/unlock-methods.ts'
import type { Crypto } from '#crypto/suite.ts'
import type { OpaqueClient, Stretching } from '#crypto/opaque-client.ts'
import { boxCodec } from '#protocol/box.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { PASSWORD_BITS_MIN } from '#protocol/limits.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { sealedVaultCodec } from '#protocol/vault.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { Grant, KithError } from './api.ts'
import { toKithError } from './http-errors.ts'
import { signProfile } from './sign-profile.ts'
import type { SessionAnswer } from './tokens.ts'

export interface SignUpDeps {
	readonly crypto: Crypto
	readonly http: HttpClient
	readonly opaque: OpaqueClient
	readonly transport: 'cookie' | 'body'
	readonly now: () => number
}

export interface SignUpInput {
	readonly name: string
	readonly displayName: string
	readonly password: string
	readonly grant: Grant
	readonly email?: string
}

/** Between the two steps; in memory only. */
export interface PreparedSignUp extends SignUpInput {
	readonly code: Bytes
	readonly words: readonly string[]
	readonly ask: readonly [number, number]
}

export interface SignedUp {
	readonly created: CreatedAccount
	readonly session: SessionAnswer
	readonly profile: Bytes
}

export function passwordStrength(deps: Pick<SignUpDeps, 'crypto'>, input: { password: string; name: string }) {
	const bits = estimatePasswordBits(input.password, [input.name])
	return { bits, enough: bits >= PASSWORD_BITS_MIN, suggestion: generatePassword(deps.crypto.random) }
}

/** Two different positions of the code, ascending. */
function drawPositions({ crypto }: SignUpDeps, words: number): readonly [number, number] {
	for (;;) {
		const [a = 0, b = 0] = [...crypto.random(2)].map((byte) => byte % words)
		if (a !== b) return a < b ? [a, b] : [b, a]
	}
}

export async function prepareSignUp(deps: SignUpDeps, input: SignUpInput): Promise<Result<PreparedSignUp, KithError>> {
	const strength = passwordStrength(deps, input)
	if (!strength.enough) return fail({ type: 'weak-password', bits: strength.bits, suggestion: strength.suggestion })
	const { name, grant, email } = input
	const answer = await deps.http.call((api) => api.auth.checkSignUp({ name, grant, email }))
	if (!answer.ok) return fail(toKithError(answer.error))
	const code = generateRecoveryCode(deps.crypto.random)
	const words = recoveryCodeToWords(code).split(' ')
	return ok({ ...input, code, words, ask: drawPositions(deps, words.length) })
}

/** Positions at which the typed word is another one. */
export function wrongWords({ words, ask }: PreparedSignUp, typed: readonly [string, string]): readonly number[] {
	return ask.filter((position, i) => words[position] !== (typed[i] as string).trim().toLowerCase())
}

async function register(deps: SignUpDeps, prepared: PreparedSignUp, stretching: Stretching) {
	const { name, grant, password } = prepared
	const started = await deps.opaque.startRegistration(password)
	const answer = await deps.http.call((api) =>
		api.auth.startRegistration({ name, grant, registrationRequest: started.request }),
	)
	if (!answer.ok) return fail(toKithError(answer.error))
	const { registrationId, registrationResponse: response } = answer.value
	const done = await deps.opaque.finishRegistration({ password, state: started.state, response, stretching })
	return ok({ registrationId, record: done.record, exportKey: done.exportKey })
}

function accountRequest(created: CreatedAccount) {
	const text = bytesToBase64url
	return {
		create: text(encode(signedEntry, created.create)),
		kemKeys: created.kemKeys.map(text),
		binds: created.binds.map(({ method, bind }) => ({ method: text(method), bind: text(bind) })),
		vault: text(encode(sealedVaultCodec, created.vault)),
		vkBoxes: created.vkBoxes.map(({ recipient, vkGen, box }) => ({
			recipient: text(recipient),
			vkGen,
			box: text(encode(boxCodec, box)),
		})),
	}
}

/** A whole account that only this device knows, and the registration that it answers. */
export interface MadeAccount {
	readonly registrationId: string
	readonly record: string
	readonly created: CreatedAccount
	readonly profile: Bytes
	/** To be confirmed by its mailbox; undefined where none was given. */
	readonly email: PreparedSignUp['email']
}

export async function makeAccount(
	deps: SignUpDeps,
	prepared: PreparedSignUp,
	stretching: Stretching,
): Promise<Result<MadeAccount, KithError>> {
	const { crypto, now } = deps
	const registered = await register(deps, prepared, stretching)
	if (!registered.ok) return registered
	const { registrationId, record, exportKey } = registered.value
	const methods: MethodKeys[] = [
		await deriveMethodKeys(crypto, 'password', exportKey),
		await deriveMethodKeys(crypto, 'recovery', prepared.code),
	]
	const created = await createAccount(crypto, { methods, now: now() })
	const { idHash, device } = created
	const profile = await signProfile(device, { idHash, name: prepared.displayName, hlc: hlcOf(now()) })
	return ok({ registrationId, record, created, profile, email: prepared.email })
}

/** Offline: the server has the account, or it does not. */
export async function submitAccount(deps: SignUpDeps, made: MadeAccount): Promise<Result<SignedUp, KithError>> {
	const { registrationId, record, created, profile, email } = made
	const answer = await deps.http.call((api) =>
		api.auth.finishRegistration({
			registrationId,
			registrationRecord: record,
			...accountRequest(created),
			profile: bytesToBase64url(profile),
			email,
			transport: deps.transport,
		}),
	)
	return answer.ok ? ok({ created, session: answer.value, profile }) : fail(toKithError(answer.error))
}
