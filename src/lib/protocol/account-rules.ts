/**
 * Who may do what to an account: for each entry the keys that sign it, and named predicates that must hold at seq−1.
 * The same table judges at the server, which refuses, and at clients, which believe nobody (SPEC ACC, DEV).
 */
import type { AccountBody, AccountBodyOf, DeviceKeys } from './account-log.ts'
import { encodeCertificateBody } from './account-log.ts'
import type { AccountDevice, AccountState } from './account-state.ts'
import { bytesToBase64url, equalBytes, type Bytes } from './bytes.ts'
import { DEVICES_BY_DEVICES_MAX, DEVICES_LIVE_MAX, DEVICES_WINDOW } from './limits.ts'
import type { Signer, SignersDemanded } from './signers.ts'
import { rankOf, type Method } from './unlock.ts'

/** Entries whose behaviour is built; the others are decoded and answered `unsupported-entry`. */
export const supportedAccountEntries = ['addDevice', 'setMethods', 'revokeDevice', 'retireDevice'] as const
export type SupportedAccountEntry = (typeof supportedAccountEntries)[number]
export type SupportedAccountBody = AccountBodyOf<SupportedAccountEntry>

export function isSupportedAccountBody(body: AccountBody): body is SupportedAccountBody {
	return (supportedAccountEntries as readonly string[]).includes(body.type)
}

// Who signs

function methodSigner(method: Method): Signer {
	return { kind: 'method', key: method.signingKey, purpose: 'acct', rank: rankOf(method.kind) }
}

function deviceSigner(device: Pick<DeviceKeys, 'signingKey'>): Signer {
	return { kind: 'device', key: device.signingKey, purpose: 'acct', rank: 1 }
}

function certificateSigner(idHash: Bytes, device: DeviceKeys): Signer {
	const body = encodeCertificateBody({ idHash, ...device })
	return { kind: 'certificate', key: device.signingKey, purpose: 'dev', rank: 1, body }
}

export function createSigners(idHash: Bytes, body: AccountBodyOf<'create'>): SignersDemanded {
	const required = [
		...body.methods.map(methodSigner),
		deviceSigner(body.device),
		certificateSigner(idHash, body.device),
	]
	return { required, authorisers: [] }
}

export function accountSigners(state: AccountState, body: SupportedAccountBody): SignersDemanded {
	const methods = state.methods.map(methodSigner)
	switch (body.type) {
		case 'addDevice': {
			const authorisers = [...methods, ...liveDevices(state).map(deviceSigner)]
			return { required: [certificateSigner(state.idHash, body.device)], authorisers }
		}
		case 'setMethods':
			return { required: broughtMethods(state, body.action.methods).map(methodSigner), authorisers: methods }
		case 'revokeDevice':
			return { required: [], authorisers: methods }
		case 'retireDevice': {
			const device = state.devices.get(bytesToBase64url(body.device))
			return { required: device === undefined ? [] : [deviceSigner(device)], authorisers: [] }
		}
	}
}

// What must hold

export interface AccountCase<B = SupportedAccountBody> {
	readonly state: AccountState
	readonly body: B
	/** The method or device that authorised the entry. */
	readonly by: Signer | null
	/** deviceId of what addDevice brings, base64url. */
	readonly newDevice: string | null
}

export interface AccountRule<B> {
	readonly rule: string
	readonly sentence: string
	readonly holds: (entry: AccountCase<B>) => boolean
}

type RuleTable = { readonly [T in SupportedAccountEntry]: readonly AccountRule<AccountBodyOf<T>>[] }

/** Rules of the set of methods that create and setMethods bring. */
export function isSoundMethodSet(methods: readonly Method[]): boolean {
	const keys = new Set(methods.flatMap((method) => [method.signingKey, method.kemHash]).map(bytesToBase64url))
	return methods.length > 0 && keys.size === 2 * methods.length
}

export const accountRules: RuleTable = {
	addDevice: [
		{
			rule: 'DEV3',
			sentence: 'A deviceId stands once in an account log, also when it was revoked or retired.',
			holds: ({ state, newDevice }) => newDevice !== null && !state.devices.has(newDevice),
		},
		{
			rule: 'DEV5',
			sentence: `An account has at most ${DEVICES_LIVE_MAX} live devices.`,
			holds: ({ state }) => liveDevices(state).length < DEVICES_LIVE_MAX,
		},
		{
			rule: 'DEV6',
			sentence: `Devices certify at most ${DEVICES_BY_DEVICES_MAX} devices of an account within 24 hours of entry time.`,
			holds: ({ state, body, by }) =>
				by?.kind !== 'device' || addedByDevicesSince(state, body.time - DEVICES_WINDOW) < DEVICES_BY_DEVICES_MAX,
		},
	],
	setMethods: [
		{
			rule: 'ACC5',
			sentence: 'An account has at least one unlock method, and no key stands in two methods.',
			holds: ({ body }) => isSoundMethodSet(body.action.methods),
		},
		{
			rule: 'ACC8',
			sentence: 'A method that stays, stays as it is.',
			holds: ({ state, body }) => body.action.methods.every((method) => isNewOrSame(state, method)),
		},
		{
			rule: 'ACC9',
			sentence: 'A key of rank 2 leaves the recovery methods as they are, unless there are none.',
			holds: ({ state, body, by }) => by?.rank === 3 || keepsRecovery(state.methods, body.action.methods),
		},
		{
			rule: 'ACC10',
			sentence: 'A new VK has the next vkGen, a new AK the next g.',
			holds: ({ state, body }) => isNextRenewal(state, body.action.keys),
		},
	],
	revokeDevice: [
		{
			rule: 'ACC11',
			sentence: 'A revokeDevice lists at least one device, each certified in this log and not yet revoked.',
			holds: ({ state, body }) =>
				body.action.devices.length > 0 && body.action.devices.every((id) => isRevocable(state, id)),
		},
		{
			rule: 'ACC10',
			sentence: 'A new VK has the next vkGen, a new AK the next g.',
			holds: ({ state, body }) => isNextRenewal(state, { renew: 'all', ...body.action.rekey }),
		},
	],
	retireDevice: [
		{
			rule: 'ACC12',
			sentence: 'A device retires itself, while it is live.',
			holds: ({ state, body }) => state.devices.get(bytesToBase64url(body.device))?.ended === null,
		},
	],
}

/** The first rule that does not hold, or null. */
export function brokenAccountRule(entry: AccountCase): string | null {
	const rules = accountRules[entry.body.type] as readonly AccountRule<SupportedAccountBody>[]
	return rules.find(({ holds }) => !holds(entry))?.rule ?? null
}

function liveDevices(state: AccountState): readonly AccountDevice[] {
	return [...state.devices.values()].filter((device) => device.ended === null)
}

function addedByDevicesSince(state: AccountState, time: number): number {
	return [...state.devices.values()].filter((device) => device.byDevice && device.certifiedTime > time).length
}

function broughtMethods(state: AccountState, methods: readonly Method[]): readonly Method[] {
	return methods.filter((method) => !state.methods.some((old) => equalBytes(old.signingKey, method.signingKey)))
}

function keepsRecovery(before: readonly Method[], after: readonly Method[]): boolean {
	const recovery = (methods: readonly Method[]) => methods.filter(({ kind }) => kind === 'recovery')
	const [old, next] = [recovery(before), recovery(after)]
	const isKept = (a: Method) => next.some((b) => equalBytes(a.signingKey, b.signingKey))
	return old.length === 0 || (old.length === next.length && old.every(isKept))
}

function isNewOrSame(state: AccountState, method: Method): boolean {
	const old = state.methods.find(({ signingKey }) => equalBytes(signingKey, method.signingKey))
	return old === undefined || (old.kind === method.kind && equalBytes(old.kemHash, method.kemHash))
}

function isNextRenewal(state: AccountState, keys: AccountBodyOf<'setMethods'>['action']['keys']): boolean {
	if (keys.renew === 'nothing') return true
	return keys.vk.gen === state.vk.gen + 1 && (keys.renew === 'vault' || keys.g === state.ak.g + 1)
}

function isRevocable(state: AccountState, deviceId: Bytes): boolean {
	const device = state.devices.get(bytesToBase64url(deviceId))
	return device !== undefined && device.revokedAt === null
}
