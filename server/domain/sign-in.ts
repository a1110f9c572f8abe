/**
 * Sign-in: by password (OPAQUE) or by recovery code (the method's key signs). Both end with a method token and the bundle
 * that opens the account. Unknown names get answers of the same form, the same every time, after the same work: who asks
 * learns nothing about who is here (protocol.md §6).
 */
import type { AccountMethod } from '#protocol/account-state.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import { base64urlToBytes, bytesToBase64url, equalBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { LOGIN_LIFETIME } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import { bundleOf, type AccountBundle } from './account-bundle.ts'
import { mayActNow } from './bots.ts'
import { checkDeviceProof, type DeviceProof } from './device-proof.ts'
import type { Caller } from './domain.ts'
import type { MethodTokens } from './method-tokens.ts'
import { foldName } from './names.ts'
import type { OpaqueServer } from './opaque.ts'
import type { AccountRow } from './ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { issue, openFamily, type OpenedSession, type SessionContext } from './session-families.ts'
import { decideInTransaction } from './transaction.ts'

export interface ProvenMethod {
	readonly methodToken: string
	readonly serverNonce: Bytes
	readonly bundle: AccountBundle
}

export interface RecoveryProof {
	readonly recoveryId: string
	/** Ed25519, 32 bytes. */
	readonly methodKey: Bytes
	readonly clientNonce: Bytes
	readonly signature: Bytes
}

export interface SignIn {
	/** Refused: rate-limited, malformed. */
	startLogin(
		name: string,
		startLoginRequest: string,
		caller: Caller,
	): Promise<Decided<{ loginId: string; loginResponse: string }>>
	/** Refused: login-expired, wrong-credentials, disabled. */
	finishLogin(loginId: string, finishLoginRequest: string): Promise<Decided<ProvenMethod>>
	/** Refused: rate-limited. */
	startRecovery(
		name: string,
		caller: Caller,
	): Promise<Decided<{ recoveryId: string; account: Bytes; serverNonce: Bytes }>>
	/** Refused: login-expired, wrong-credentials, disabled. */
	finishRecovery(proof: RecoveryProof): Promise<Decided<ProvenMethod>>
	/** Refused: login-expired, bad-device-proof, device-ended, disabled. */
	openSession(methodToken: string, proof: DeviceProof): Promise<Decided<OpenedSession>>
}

export interface SignInContext extends SessionContext {
	readonly opaque: OpaqueServer
	readonly methodTokens: MethodTokens
}

export function createSignIn(context: SignInContext): SignIn {
	return {
		startLogin: (name, request, caller) => startLogin(context, { name, request }, caller),
		finishLogin: (loginId, request) => finishLogin(context, loginId, request),
		startRecovery: (name, caller) => startRecovery(context, name, caller),
		finishRecovery: (proof) => finishRecovery(context, proof),
		openSession: (methodToken, proof) => openSession(context, methodToken, proof),
	}
}

/** A name that nobody can have is looked up like any other, so that its answer looks like any other. */
async function limitedName(context: SignInContext, name: string, { ip }: Caller): Promise<Decided<string>> {
	const folded = foldName(name) ?? `\u0000${name}`
	const byCaller = await withinLimit(context, 'loginByCaller', `${ip} ${folded}`)
	if (!byCaller.ok) return byCaller
	const byIp = await withinLimit(context, 'loginByIp', ip)
	if (!byIp.ok) return byIp
	const byName = await withinLimit(context, 'oprfByName', folded)
	return byName.ok ? ok(folded) : byName
}

/** Account null: nobody has this name, and no proof will ever do. */
interface Started {
	readonly account: string | null
	/** OPAQUE state, or the server nonce of a recovery. */
	readonly state: string
}

async function remember(
	{ ephemeral, random }: SignInContext,
	kind: 'login' | 'recovery',
	started: Started,
): Promise<string> {
	const id = bytesToBase64url(random(24))
	await ephemeral.put(`${kind}:${id}`, JSON.stringify(started), LOGIN_LIFETIME)
	return id
}

async function recall({ ephemeral }: SignInContext, kind: 'login' | 'recovery', id: string): Promise<Started | null> {
	const value = await ephemeral.take(`${kind}:${id}`)
	return value === null ? null : (JSON.parse(value) as Started)
}

async function startLogin(
	context: SignInContext,
	{ name, request }: { name: string; request: string },
	caller: Caller,
): ReturnType<SignIn['startLogin']> {
	const folded = await limitedName(context, name, caller)
	if (!folded.ok) return folded
	const { repositories, secrets, opaque } = context
	const decoy = secrets.hmac('kith/decoy-identifier', utf8ToBytes(folded.value)).slice(0, 16)
	const person = await repositories.accounts.byName(folded.value)
	const credential = await repositories.credentials.get(person?.account ?? new Uint8Array(32))
	const { identifier, record } = credential ?? { identifier: decoy, record: null }
	const started = opaque.startLogin({ identifier, record }, request)
	if (started === null) return refuse('malformed')
	const account = person === null ? null : bytesToBase64url(person.account)
	const loginId = await remember(context, 'login', { account, state: started.state })
	return ok({ loginId, loginResponse: started.loginResponse })
}

async function finishLogin(context: SignInContext, loginId: string, request: string): Promise<Decided<ProvenMethod>> {
	const started = await recall(context, 'login', loginId)
	if (started === null) return refuse('login-expired')
	const isProven = context.opaque.finishLogin(started.state, request)
	if (!isProven || started.account === null) return refuse('wrong-credentials')
	return provenMethod(context, base64urlToBytes(started.account) as Bytes)
}

async function startRecovery(
	context: SignInContext,
	name: string,
	caller: Caller,
): ReturnType<SignIn['startRecovery']> {
	const folded = await limitedName(context, name, caller)
	if (!folded.ok) return folded
	const decoy = context.secrets.hmac('kith/decoy-account', utf8ToBytes(folded.value))
	const person = await context.repositories.accounts.byName(folded.value)
	const serverNonce = context.random(32)
	const account = person?.account ?? decoy
	const known = person === null ? null : bytesToBase64url(person.account)
	const recoveryId = await remember(context, 'recovery', { account: known, state: bytesToBase64url(serverNonce) })
	return ok({ recoveryId, account, serverNonce })
}

async function finishRecovery(context: SignInContext, proof: RecoveryProof): Promise<Decided<ProvenMethod>> {
	const started = await recall(context, 'recovery', proof.recoveryId)
	if (started === null) return refuse('login-expired')
	const account = started.account === null ? null : (base64urlToBytes(started.account) as Bytes)
	const serverNonce = base64urlToBytes(started.state) as Bytes
	// The signature is checked for unknown names too: the answer comes after the same work.
	const claim = recoveryClaim(context, proof, { idHash: account ?? new Uint8Array(32), serverNonce })
	const [signed] = await context.verify([claim])
	const state = account === null ? null : await context.accountStates.get(account)
	const method = state?.methods.find(({ signingKey }) => equalBytes(signingKey, proof.methodKey))
	if (account === null || signed !== true || method === undefined || !signsIn(method))
		return refuse('wrong-credentials')
	return provenMethod(context, account)
}

/** The password signs in by OPAQUE, whose evaluations are limited; only secrets with more bits sign in by their key. */
function signsIn({ kind }: AccountMethod): boolean {
	return kind === 'recovery' || kind === 'passkey'
}

function recoveryClaim(
	{ hash, instance }: SignInContext,
	{ methodKey, clientNonce, signature }: RecoveryProof,
	about: { idHash: Bytes; serverNonce: Bytes },
) {
	const body = encodeAuthBody({ use: 'method', server: instance.serverId, methodKey, clientNonce, ...about })
	return claimOver(hash, 'auth', { key: methodKey, body, signature })
}

async function provenMethod(context: SignInContext, account: Bytes): Promise<Decided<ProvenMethod>> {
	const may = await mayActNow(context.repositories, await context.repositories.accounts.byId(account))
	if (!may.ok) return may
	return ok({ ...(await context.methodTokens.give(account)), bundle: await bundleOf(context, account) })
}

async function openSession(
	context: SignInContext,
	methodToken: string,
	proof: DeviceProof,
): Promise<Decided<OpenedSession>> {
	const method = await context.methodTokens.look(methodToken)
	if (method === null) return refuse('login-expired')
	const subject = { account: method.account, sid: new Uint8Array(16), serverNonce: method.serverNonce }
	const proven = await checkDeviceProof(context, proof, { use: 'refresh', ...subject })
	if (!proven.ok) return proven
	const may = await mayActNow(context.repositories, await context.repositories.accounts.byId(method.account))
	if (!may.ok) return may
	if (!(await context.methodTokens.use(methodToken))) return refuse('login-expired')
	return openFor(context, may.value, proof.device)
}

async function openFor(
	context: SignInContext,
	{ account, role }: AccountRow,
	device: Bytes,
): Promise<Decided<OpenedSession>> {
	const stored = await decideInTransaction(context.unitOfWork, async (transaction) =>
		ok(await openFamily(context, transaction, { account, device, role })),
	)
	return stored.ok ? ok(await issue(context, stored.value)) : stored
}
