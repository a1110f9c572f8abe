/**
 * Lost devices are revoked by the password, entered for this act: the password opens its method key by OPAQUE, and that signs the
 * entry (SPEC ACC7). Account key, vault key and entry key are drawn anew; conversations rotate as their keys fall due (upkeep.ts).
 */
import { revokeDevices as makeRevocation } from '#crypto/account-builder.ts'
import { deriveMethodKeys, type MethodKeys } from '#crypto/unlock-methods.ts'
import { boxCodec } from '#protocol/box.ts'
import { base64urlToBytes, bytesToBase64url, compareBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import type { AccountState } from '#protocol/account-state.ts'
import { textToId } from '#protocol/ids.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { sealedVaultCodec } from '#protocol/vault.ts'
import type { DeviceId, KithError } from './api.ts'
import type { CoreDeps } from './deps.ts'
import { toKithError } from './http-errors.ts'
import type { SignedInSession } from './signed-in.ts'
import type { OpenVault } from './vault-keeper.ts'
import type { Stretching } from '#crypto/opaque-client.ts'

export interface RevokeInput {
	readonly devices: readonly DeviceId[]
	readonly name: string
	readonly password: string
	readonly stretching: Stretching
	/** Server time, ms. */
	readonly now: number
}

type Parts = Pick<CoreDeps, 'crypto' | 'opaque'>

export async function revokeDevices(
	parts: Parts,
	session: SignedInSession,
	input: RevokeInput,
): Promise<Result<null, KithError>> {
	const ids = input.devices.map((device) => textToId('device', device))
	if (!ids.every((id): id is Bytes => id !== null)) return fail({ type: 'not-here' })
	const by = await methodOf(parts, session, input)
	if (!by.ok) return by
	const state = await session.accounts.refresh(session.self.account)
	if (!state.ok) return state
	const staying = await recipientsOf(parts, session, { state: state.value, lost: ids })
	if (!staying.ok) return staying
	const revoked = await session.vault.replace((current) =>
		send(parts, session, { by: by.value, state: state.value, current, ids, recipients: staying.value, now: input.now }),
	)
	if (!revoked.ok) return revoked
	const refreshed = await session.accounts.refresh(session.self.account)
	return refreshed.ok ? ok(null) : refreshed
}

async function methodOf(
	{ crypto, opaque }: Parts,
	{ http }: SignedInSession,
	{ name, password, stretching }: RevokeInput,
): Promise<Result<MethodKeys, KithError>> {
	const started = await opaque.startLogin(password)
	const answer = await http.call((api) => api.auth.startLogin({ name, startLoginRequest: started.request }))
	if (!answer.ok) return fail(toKithError(answer.error))
	const response = answer.value.loginResponse
	const proof = await opaque.finishLogin({ password, state: started.state, response, stretching })
	if (proof === null) return fail({ type: 'server', code: 'wrong-credentials' })
	return ok(await deriveMethodKeys(crypto, 'password', proof.exportKey))
}

/** Keys to which VK is boxed: each the one whose hash the log names. */
async function recipientsOf(
	{ crypto }: Parts,
	{ http }: SignedInSession,
	{ state, lost }: { state: AccountState; lost: readonly Bytes[] },
): Promise<Result<readonly Bytes[], KithError>> {
	const answer = await http.call((api) => api.accounts.kemKeys())
	if (!answer.ok) return fail(toKithError(answer.error))
	const keys = answer.value.keys.map((key) => base64urlToBytes(key) ?? (new Uint8Array() as Bytes))
	const byHash = new Map(keys.map((key) => [bytesToBase64url(crypto.hash(key)), key]))
	const isLost = (id: Bytes) => lost.some((one) => equalBytes(one, id))
	const devices = [...state.devices.values()].filter(({ deviceId, ended }) => ended === null && !isLost(deviceId))
	const wanted = [...state.methods, ...devices].map(({ kemHash }) => byHash.get(bytesToBase64url(kemHash)))
	return wanted.every((key) => key !== undefined) ? ok(wanted) : fail({ type: 'not-verified', what: 'account-log' })
}

interface Sending {
	readonly by: MethodKeys
	readonly state: AccountState
	readonly current: OpenVault
	readonly ids: readonly Bytes[]
	readonly recipients: readonly Bytes[]
	readonly now: number
}

async function send(
	{ crypto }: Parts,
	{ self, http }: SignedInSession,
	{ by, state, current, ids, recipients, now }: Sending,
): Promise<Result<OpenVault, KithError>> {
	const at = { head: state.head, now: Math.max(now, state.times.at(-1) ?? 0) }
	const { version } = current.sealed.header
	const made = await makeRevocation(crypto, at, {
		...{ by, recipients, version, idHash: self.idHash, device: self.keys, plaintext: current.plaintext },
		...{ devices: ids.toSorted(compareBytes), g: state.ak.g, vkGen: state.vk.gen },
	})
	const text = bytesToBase64url
	const answer = await http.call((api) =>
		api.accounts.revokeDevices({
			entry: text(encode(signedEntry, made.entry)),
			kemKey: text(made.accountKey),
			vault: text(encode(sealedVaultCodec, made.vault)),
			vkBoxes: made.vkBoxes.map(({ recipient, vkGen, box }) => ({
				...{ recipient: text(recipient), vkGen, box: text(encode(boxCodec, box)) },
			})),
		}),
	)
	if (!answer.ok) return fail(toKithError(answer.error))
	return ok({ vaultKey: made.vaultKey, sealed: made.vault, plaintext: made.plaintext })
}
