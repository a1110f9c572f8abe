/**
 * A known account on this device. In this order (protocol.md §4): secret → bind → create hashes to idHash → log verified →
 * own method key in the current set → VK by its commit → vault; only then this device is certified, or takes up its session.
 */
import { addDeviceEntry, offerDevice } from '#crypto/account-builder.ts'
import { openVaultKeyBox } from '#crypto/boxes.ts'
import { generateDeviceKeys, type DeviceKeys } from '#crypto/device-keys.ts'
import type { OpaqueClient, Stretching } from '#crypto/opaque-client.ts'
import { wordsToRecoveryCode } from '#crypto/recovery-code.ts'
import type { Crypto } from '#crypto/suite.ts'
import { deriveMethodKeys, verifyBind, type MethodKeys } from '#crypto/unlock-methods.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import { appendAccountEntry, verifyAccountLog, type AccountState } from '#protocol/account-state.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import { boxCodec } from '#protocol/box.ts'
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { headClaim } from '#protocol/head.ts'
import { keyHash16, serverIdOf, textToId } from '#protocol/ids.ts'
import { signedEntry, type SignedEntry } from '#protocol/log-entry.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { KithError } from './api.ts'
import { toKithError } from './http-errors.ts'
import { textsToEntries, textToSignedHead } from './log-texts.ts'
import type { SessionAnswer } from './tokens.ts'
import { decodeVault, openSealedVault, type OpenVault } from './vault-keeper.ts'

export interface SignInDeps {
	readonly crypto: Crypto
	readonly http: HttpClient
	readonly opaque: OpaqueClient
	readonly transport: 'cookie' | 'body'
	readonly now: () => number
	/** Ed25519 key of this server, as it was known before. */
	readonly serverKey: Bytes
	/** The device that this store belongs to, when somebody was signed in here before. */
	readonly resident: { readonly idHash: Bytes; readonly keys: DeviceKeys } | null
}

export interface SignedIn {
	readonly name: string
	readonly state: AccountState
	readonly entries: readonly SignedEntry[]
	readonly vault: OpenVault
	readonly keys: DeviceKeys
	readonly session: SessionAnswer
	/** The same device as before: its store goes on. */
	readonly resumed: boolean
}

/** What the server gives to whoever proved an unlock method. */
interface Unlocked {
	readonly methodToken: string
	readonly serverNonce: string
	readonly bundle: Bundle
}
interface Bundle {
	readonly account: string
	readonly name: string
	readonly log: { readonly entries: readonly string[]; readonly head: string }
	readonly binds: readonly { readonly method: string; readonly bind: string }[]
	readonly vkBoxes: readonly { readonly recipient: string; readonly vkGen: number; readonly box: string }[]
	readonly vault: string
}

const notVerified = (what: 'bind' | 'account-log' | 'vault' | 'server') =>
	fail<KithError>({ type: 'not-verified', what })

export async function signInByPassword(
	deps: SignInDeps,
	input: { name: string; password: string; stretching: Stretching },
): Promise<Result<SignedIn, KithError>> {
	const { opaque, http, crypto } = deps
	const { name, password, stretching } = input
	const started = await opaque.startLogin(password)
	const answer = await http.call((api) => api.auth.startLogin({ name, startLoginRequest: started.request }))
	if (!answer.ok) return fail(toKithError(answer.error))
	const { loginId, loginResponse: response } = answer.value
	const proof = await opaque.finishLogin({ password, state: started.state, response, stretching })
	if (proof === null) return fail({ type: 'server', code: 'wrong-credentials' })
	const unlocked = await http.call((api) => api.auth.finishLogin({ loginId, finishLoginRequest: proof.request }))
	if (!unlocked.ok) return fail(toKithError(unlocked.error))
	return enter(deps, await deriveMethodKeys(crypto, 'password', proof.exportKey), unlocked.value)
}

export async function signInByRecoveryCode(
	deps: SignInDeps,
	input: { name: string; code: string },
): Promise<Result<SignedIn, KithError>> {
	const { http, crypto } = deps
	const code = wordsToRecoveryCode(input.code)
	if (!code.ok) return fail(toRecoveryError(code.error))
	const keys = await deriveMethodKeys(crypto, 'recovery', code.value)
	const started = await http.call((api) => api.auth.startRecovery({ name: input.name }))
	if (!started.ok) return fail(toKithError(started.error))
	const idHash = textToId('account', started.value.account)
	const serverNonce = base64urlToBytes(started.value.serverNonce)
	if (idHash === null || serverNonce?.length !== 32) return notVerified('server')
	const clientNonce = crypto.random(32)
	const methodKey = keys.method.signingKey
	const body = encodeAuthBody({
		use: 'method',
		server: serverIdOf(crypto.hash, deps.serverKey),
		idHash,
		methodKey,
		clientNonce,
		serverNonce,
	})
	const signature = await keys.signing.sign('auth', body)
	const text = bytesToBase64url
	const unlocked = await http.call((api) =>
		api.auth.finishRecovery({
			recoveryId: started.value.recoveryId,
			methodKey: text(methodKey),
			clientNonce: text(clientNonce),
			signature: text(signature),
		}),
	)
	return unlocked.ok ? enter(deps, keys, unlocked.value) : fail(toKithError(unlocked.error))
}

type CodeError = Extract<ReturnType<typeof wordsToRecoveryCode>, { ok: false }>['error']

function toRecoveryError(error: CodeError): KithError {
	if (error.type === 'unknown-word') return { type: 'bad-recovery-code', reason: 'word', position: error.position - 1 }
	return { type: 'bad-recovery-code', reason: error.type === 'checksum' ? 'checksum' : 'length' }
}

async function enter(deps: SignInDeps, keys: MethodKeys, unlocked: Unlocked): Promise<Result<SignedIn, KithError>> {
	const opened = await openBundle(deps, keys, unlocked.bundle)
	if (!opened.ok) return opened
	const { state, entries, vault } = opened.value
	const { resident } = deps
	const known =
		resident !== null && equalBytes(resident.idHash, state.idHash) ? deviceOf(state, resident.keys.deviceId) : null
	if (resident !== null && known !== null && known.ended === null) {
		const session = await openSession(deps, { unlocked, state, keys: resident.keys })
		if (!session.ok) return session
		return ok({
			name: unlocked.bundle.name,
			state,
			entries,
			vault,
			keys: resident.keys,
			session: session.value,
			resumed: true,
		})
	}
	return certify(deps, keys, { unlocked, ...opened.value })
}

interface OpenedBundle {
	readonly state: AccountState
	readonly entries: readonly SignedEntry[]
	readonly vault: OpenVault
}

async function openBundle(
	deps: SignInDeps,
	keys: MethodKeys,
	bundle: Bundle,
): Promise<Result<OpenedBundle, KithError>> {
	const { crypto } = deps
	const idHash = textToId('account', bundle.account)
	const method = bytesToBase64url(keyHash16(crypto.hash, keys.method.signingKey))
	const bind = base64urlToBytes(bundle.binds.find((one) => one.method === method)?.bind ?? '')
	if (idHash === null || bind === null || !verifyBind(keys, idHash, bind)) return notVerified('bind')
	const log = await verifyLog(deps, idHash, bundle.log)
	if (log === null || !log.state.methods.some(({ signingKey }) => equalBytes(signingKey, keys.method.signingKey)))
		return notVerified('account-log')
	const vaultKey = await vaultKeyOf(deps, keys, { state: log.state, bundle })
	const sealed = decodeVault(bundle.vault)
	if (vaultKey === null || sealed === null) return notVerified('vault')
	const vault = await openSealedVault(crypto, { state: log.state, vaultKey }, sealed)
	return vault.ok ? ok({ ...log, vault: vault.value }) : vault
}

/** A log under a head that the server signed; null where it does not verify, or is another's. */
export async function verifyLog(
	{ crypto, serverKey }: Pick<SignInDeps, 'crypto' | 'serverKey'>,
	idHash: Bytes,
	log: Bundle['log'],
) {
	const entries = textsToEntries(log.entries)
	const head = textToSignedHead(log.head)
	if (entries === null || head === null) return null
	const verified = await verifyAccountLog({ entries, hash: crypto.hash, verify: crypto.verify })
	if (!verified.ok || !equalBytes(verified.value.idHash, idHash) || !equalBytes(head.subject, idHash)) return null
	const state = verified.value
	// Entries beyond the head are nobody's word (SPEC LOG9).
	const isLast = head.seq === state.head.seq && equalBytes(head.hash, state.head.hash)
	const [signed] = await crypto.verify([headClaim(crypto.hash, head, serverKey)])
	return signed === true && isLast ? { state, entries } : null
}

async function vaultKeyOf(
	{ crypto }: SignInDeps,
	keys: MethodKeys,
	{ state, bundle }: { state: AccountState; bundle: Bundle },
): Promise<Bytes | null> {
	const recipient = bytesToBase64url(keys.method.kemHash)
	const stored = bundle.vkBoxes.find((one) => one.recipient === recipient && one.vkGen === state.vk.gen)
	const raw = stored === undefined ? null : base64urlToBytes(stored.box)
	const box = raw === null ? null : decode(boxCodec, raw)
	if (box?.ok !== true) return null
	const opened = await openVaultKeyBox(crypto, keys.kem, { vk: state.vk, box: box.value })
	return opened.ok ? opened.value : null
}

async function openSession(
	deps: SignInDeps,
	by: { unlocked: Unlocked; state: AccountState; keys: DeviceKeys },
): Promise<Result<SessionAnswer, KithError>> {
	const { crypto, http, transport, serverKey } = deps
	const serverNonce = base64urlToBytes(by.unlocked.serverNonce)
	if (serverNonce?.length !== 32) return notVerified('server')
	const clientNonce = crypto.random(32)
	const body = encodeAuthBody({
		use: 'refresh',
		server: serverIdOf(crypto.hash, serverKey),
		idHash: by.state.idHash,
		device: by.keys.deviceId,
		sid: new Uint8Array(16),
		clientNonce,
		serverNonce,
	})
	const signature = bytesToBase64url(await by.keys.signing.sign('auth', body))
	const { methodToken } = by.unlocked
	const deviceId = bytesToBase64url(by.keys.deviceId)
	const answer = await http.call((api) =>
		api.auth.openSession({ methodToken, deviceId, clientNonce: bytesToBase64url(clientNonce), signature, transport }),
	)
	return answer.ok ? answer : fail(toKithError(answer.error))
}

async function certify(
	deps: SignInDeps,
	by: MethodKeys,
	known: OpenedBundle & { unlocked: Unlocked },
): Promise<Result<SignedIn, KithError>> {
	const { crypto, http, transport, now } = deps
	const { state, vault, unlocked } = known
	const keys = await generateDeviceKeys(crypto)
	const offer = await offerDevice(crypto, keys, state.idHash)
	const position = { idHash: state.idHash, head: state.head, now: Math.max(now(), state.times.at(-1) ?? 0) }
	const { entry, vkBox } = await addDeviceEntry(crypto, position, {
		by: { method: by },
		offer,
		vkGen: state.vk.gen,
		vaultKey: vault.vaultKey,
	})
	const text = bytesToBase64url
	const answer = await http.call((api) =>
		api.accounts.addDevice({
			methodToken: unlocked.methodToken,
			entry: text(encode(signedEntry, entry)),
			kemKey: text(offer.kemPublicKey),
			vkBox: { recipient: text(vkBox.recipient), vkGen: vkBox.vkGen, box: text(encode(boxCodec, vkBox.box)) },
			transport,
		}),
	)
	if (!answer.ok) return fail(toKithError(answer.error))
	const grown = await appendAccountEntry(state, entry, crypto)
	if (!grown.ok) return notVerified('account-log')
	const entries = [...known.entries, entry]
	return ok({
		name: unlocked.bundle.name,
		state: grown.value,
		entries,
		vault,
		keys,
		session: answer.value,
		resumed: false,
	})
}
