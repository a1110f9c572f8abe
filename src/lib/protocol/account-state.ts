/**
 * An account log, folded: which keys act for the account, and what its history was. Everything that anybody believes
 * about an account comes from here, whoever delivered the entries (SPEC ACC, DEV).
 *
 * entry → position and time → who signed → rules → next state → signatures, all in one batch
 */
import { decodeAccountBody, type AccountBodyOf, type DeviceKeys, type Rekey, type VaultKeyRef } from './account-log.ts'
import {
	accountSigners,
	brokenAccountRule,
	createSigners,
	isSoundMethodSet,
	isSupportedAccountBody,
	type SupportedAccountBody,
} from './account-rules.ts'
import { bytesToBase64url, equalBytes, type Bytes } from './bytes.ts'
import { deviceIdOf, idHashOf } from './ids.ts'
import { chainHash, noHash, type LogHead, type SignedEntry } from './log-entry.ts'
import type { Hash, SignatureClaim, Verify } from './ports.ts'
import { fail, ok, type Result } from './result.ts'
import { matchSigners, type Signer } from './signers.ts'
import { rankOf, type Method } from './unlock.ts'

export interface AccountMethod extends Method {
	readonly rank: 2 | 3
	/** The entry that brought it. */
	readonly since: number
}

export interface AccountDevice extends DeviceKeys {
	readonly deviceId: Bytes
	/** seq and time of the entry that certified it. */
	readonly certifiedAt: number
	readonly certifiedTime: number
	/** Certified by another device, not by a method. */
	readonly byDevice: boolean
	/** The first entry that ended its right to act. */
	readonly ended: null | { readonly seq: number; readonly how: 'revoked' | 'retired' | 'ended' }
	/** seq of its revocation, which may come after it retired. */
	readonly revokedAt: number | null
}

/** An AK and the entry that brought it: create, or a rekey, which counts as a revocation. SK_{g+1} is as old. */
export interface AccountKey {
	readonly g: number
	/** SHA-256 of the X-Wing public key. */
	readonly keyHash: Bytes
	readonly since: number
	readonly time: number
}

export interface AccountState {
	readonly idHash: Bytes
	readonly head: LogHead
	/** Times of the entries, at index s: they never fall. */
	readonly times: readonly number[]
	/** h_s at index s. */
	readonly hashes: readonly Bytes[]
	readonly methods: readonly AccountMethod[]
	/** By deviceId in base64url, ended ones included. */
	readonly devices: ReadonlyMap<string, AccountDevice>
	/** The newest. */
	readonly ak: AccountKey
	/** All, AK_g at index g. */
	readonly aks: readonly AccountKey[]
	readonly vk: VaultKeyRef & { readonly since: number }
}

/** `seq` is the position at which the log stopped being believed. */
export type AccountLogError =
	| { readonly type: 'empty' }
	| { readonly type: 'malformed'; readonly seq: number; readonly reason: string }
	/** Does not follow the entry before it. */
	| { readonly type: 'misplaced'; readonly seq: number }
	| { readonly type: 'unsupported-entry'; readonly seq: number; readonly entry: string }
	| { readonly type: 'wrong-signers'; readonly seq: number; readonly reason: string }
	| { readonly type: 'bad-signature'; readonly seq: number }
	/** A rule of SPEC.md, by its id. */
	| { readonly type: 'rule'; readonly seq: number; readonly rule: string }

interface Ports {
	readonly hash: Hash
	readonly verify: Verify
}

type Step = Result<{ readonly state: AccountState; readonly claims: readonly SignatureClaim[] }, AccountLogError>

/** From the create entry on. The answer is a state that holds for the whole of `entries`, or where it stops to. */
export async function verifyAccountLog(
	input: { readonly entries: readonly SignedEntry[] } & Ports,
): Promise<Result<AccountState, AccountLogError>> {
	const [first, ...rest] = input.entries
	if (first === undefined) return fail({ type: 'empty' })
	return verifySteps([startAccount(input.hash, first)], rest, input)
}

/** One more entry on a verified state. `state` itself is never changed. */
export async function appendAccountEntry(
	state: AccountState,
	entry: SignedEntry,
	ports: Ports,
): Promise<Result<AccountState, AccountLogError>> {
	return verifySteps([ok({ state, claims: [] })], [entry], ports)
}

async function verifySteps(
	steps: Step[],
	entries: readonly SignedEntry[],
	{ hash, verify }: Ports,
): Promise<Result<AccountState, AccountLogError>> {
	let last = steps[0] as Step
	for (const entry of entries) {
		if (!last.ok) break
		last = extendAccount(hash, last.value.state, entry)
		steps.push(last)
	}
	const good = steps.flatMap((step) => (step.ok ? [step.value] : []))
	const claims = good.flatMap(({ state, claims }) => claims.map((claim) => ({ claim, seq: state.head.seq })))
	const verdicts = await verify(claims.map(({ claim }) => claim))
	const bad = claims.findIndex((_, index) => verdicts[index] !== true)
	if (bad >= 0) return fail({ type: 'bad-signature', seq: (claims[bad] as { seq: number }).seq })
	return last.ok ? ok(last.value.state) : last
}

function startAccount(hash: Hash, entry: SignedEntry): Step {
	const decoded = decodeAccountBody(entry.body)
	if (!decoded.ok) return fail({ type: 'malformed', seq: 0, reason: decoded.error.reason })
	const body = decoded.value
	if (body.type !== 'create' || body.seq !== 0 || !equalBytes(body.previous, noHash))
		return fail({ type: 'misplaced', seq: 0 })
	const idHash = idHashOf(hash, entry.body)
	const signers = matchSigners(hash, entry, createSigners(idHash, body))
	if (!signers.ok) return fail({ type: 'wrong-signers', seq: 0, reason: signers.error })
	if (!isSoundMethodSet(body.methods)) return fail({ type: 'rule', seq: 0, rule: 'ACC5' })
	if (body.vk.gen !== 1) return fail({ type: 'rule', seq: 0, rule: 'ACC4' })
	const head = { seq: 0, hash: chainHash(hash, noHash, { seq: 0, body: entry.body }) }
	return ok({ state: createdState(hash, body, { idHash, head }), claims: signers.value.claims })
}

function createdState(
	hash: Hash,
	body: AccountBodyOf<'create'>,
	known: { idHash: Bytes; head: LogHead },
): AccountState {
	const ak = { g: 0, keyHash: body.akHash, since: 0, time: body.time }
	const device = certified(hash, body.device, { seq: 0, time: body.time, byDevice: false })
	return {
		...known,
		times: [body.time],
		hashes: [known.head.hash],
		methods: body.methods.map((method) => ({ ...method, rank: rankOf(method.kind), since: 0 })),
		devices: new Map([[bytesToBase64url(device.deviceId), device]]),
		ak,
		aks: [ak],
		vk: { ...body.vk, since: 0 },
	}
}

function extendAccount(hash: Hash, state: AccountState, entry: SignedEntry): Step {
	const seq = state.head.seq + 1
	const decoded = decodeAccountBody(entry.body)
	if (!decoded.ok) return fail({ type: 'malformed', seq, reason: decoded.error.reason })
	const body = decoded.value
	if (body.seq !== seq || !equalBytes(body.previous, state.head.hash)) return fail({ type: 'misplaced', seq })
	if (body.time < (state.times.at(-1) as number)) return fail({ type: 'rule', seq, rule: 'ACC6' })
	if (body.type === 'create') return fail({ type: 'misplaced', seq })
	if (!isSupportedAccountBody(body) || carriesOutProposal(body))
		return fail({ type: 'unsupported-entry', seq, entry: body.type })
	const signers = matchSigners(hash, entry, accountSigners(state, body))
	if (!signers.ok) return fail({ type: 'wrong-signers', seq, reason: signers.error })
	const newDevice = body.type === 'addDevice' ? bytesToBase64url(deviceIdOf(hash, body.device.signingKey)) : null
	const broken = brokenAccountRule({ state, body, by: signers.value.by, newDevice })
	if (broken !== null) return fail({ type: 'rule', seq, rule: broken })
	const head = { seq, hash: chainHash(hash, state.head.hash, { seq, body: entry.body }) }
	const times = [...state.times, body.time]
	const next = { ...state, head, times, hashes: [...state.hashes, head.hash] }
	return ok({ state: applied(hash, next, { body, by: signers.value.by }), claims: signers.value.claims })
}

function carriesOutProposal(body: SupportedAccountBody): boolean {
	return (body.type === 'setMethods' || body.type === 'revokeDevice') && body.proposal !== null
}

/** `state` already stands at the entry's position. */
function applied(
	hash: Hash,
	state: AccountState,
	entry: { body: SupportedAccountBody; by: Signer | null },
): AccountState {
	const { body, by } = entry
	const { seq } = state.head
	switch (body.type) {
		case 'addDevice': {
			const device = certified(hash, body.device, { seq, time: body.time, byDevice: by?.kind === 'device' })
			return { ...state, devices: new Map(state.devices).set(bytesToBase64url(device.deviceId), device) }
		}
		case 'setMethods': {
			const next = { ...state, methods: replacedMethods(state, body.action.methods) }
			const { keys } = body.action
			if (keys.renew === 'all') return rekeyed(next, keys)
			return keys.renew === 'vault' ? { ...next, vk: { ...keys.vk, since: seq } } : next
		}
		case 'revokeDevice':
			return rekeyed({ ...state, devices: endDevices(state, body.action.devices, 'revoked') }, body.action.rekey)
		case 'retireDevice':
			return { ...state, devices: endDevices(state, [body.device], 'retired') }
	}
}

function certified(hash: Hash, keys: DeviceKeys, at: { seq: number; time: number; byDevice: boolean }): AccountDevice {
	const deviceId = deviceIdOf(hash, keys.signingKey)
	const { seq, time, byDevice } = at
	return { ...keys, deviceId, certifiedAt: seq, certifiedTime: time, byDevice, ended: null, revokedAt: null }
}

function replacedMethods(state: AccountState, methods: readonly Method[]): readonly AccountMethod[] {
	return methods.map((method) => {
		const old = state.methods.find(({ signingKey }) => equalBytes(signingKey, method.signingKey))
		return { ...method, rank: rankOf(method.kind), since: old?.since ?? state.head.seq }
	})
}

function endDevices(
	state: AccountState,
	ids: readonly Bytes[],
	how: 'revoked' | 'retired',
): ReadonlyMap<string, AccountDevice> {
	const devices = new Map(state.devices)
	const { seq } = state.head
	for (const id of ids) {
		const key = bytesToBase64url(id)
		const device = devices.get(key) as AccountDevice
		const revokedAt = how === 'revoked' ? seq : device.revokedAt
		devices.set(key, { ...device, ended: device.ended ?? { seq, how }, revokedAt })
	}
	return devices
}

function rekeyed(state: AccountState, keys: Rekey): AccountState {
	const { seq } = state.head
	const ak = { g: keys.g, keyHash: keys.akHash, since: seq, time: state.times[seq] as number }
	return { ...state, ak, aks: [...state.aks, ak], vk: { ...keys.vk, since: seq } }
}
