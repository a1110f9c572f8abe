/**
 * What somebody brings who signs up, checked before any of it is stored: create entry with every signature and certificate,
 * X-Wing keys, binds, vault, boxes, profile. The server cannot open any of it; it can see that nothing is missing, so that
 * no account is born that its owner could not open again.
 */
import type { AccountMethod, AccountState } from '#protocol/account-state.ts'
import { verifyAccountLog } from '#protocol/account-state.ts'
import { boxCodec } from '#protocol/box.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { keyHash16 } from '#protocol/ids.ts'
import { ENTRY_TIME_TOLERANCE, KEM_PUBLIC_KEY_LENGTH } from '#protocol/limits.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import type { Hash } from '#protocol/ports.ts'
import { ok } from '#protocol/result.ts'
import type { DomainPorts } from './domain.ts'
import type { BindRow, VkBoxRow } from './ports.ts'
import { checkProfile } from './profiles.ts'
import { refuse, type Decided } from './refusal.ts'
import { checkVault } from './vaults.ts'

export interface NewAccountParts {
	readonly create: Bytes
	readonly kemKeys: readonly Bytes[]
	readonly binds: readonly BindRow[]
	readonly vault: Bytes
	readonly vkBoxes: readonly VkBoxRow[]
	readonly profile: Bytes
}

export interface NewAccount extends NewAccountParts {
	readonly state: AccountState
	/** SHA-256 of each key, beside it. */
	readonly hashedKemKeys: readonly { readonly hash: Bytes; readonly key: Bytes }[]
	/** The first device. */
	readonly device: Bytes
}

type Ports = Pick<DomainPorts, 'hash' | 'verify' | 'clock'>

/** Refused: bad-account. */
export async function checkNewAccount(ports: Ports, parts: NewAccountParts): Promise<Decided<NewAccount>> {
	const { hash, verify, clock } = ports
	const entry = decode(signedEntry, parts.create)
	if (!entry.ok) return refuse('bad-account')
	const verified = await verifyAccountLog({ entries: [entry.value], hash, verify })
	if (!verified.ok) return refuse('bad-account')
	const state = verified.value
	const [device] = [...state.devices.values()]
	if (device === undefined || Math.abs((state.times[0] as number) - clock()) > ENTRY_TIME_TOLERANCE)
		return refuse('bad-account')
	if (!hasOnePassword(state)) return refuse('bad-account')
	const hashedKemKeys = parts.kemKeys.map((key) => ({ hash: hash(key), key }))
	const kemHashes = [...state.methods.map((method) => method.kemHash), device.kemHash]
	const given = hashedKemKeys.map((key) => key.hash)
	const isWhole = parts.kemKeys.every((key) => key.length === KEM_PUBLIC_KEY_LENGTH)
	if (!isWhole || !sameSet(given, [...kemHashes, state.ak.keyHash])) return refuse('bad-account')
	if (!hasBinds(hash, state, parts) || !hasBoxes(state, parts, kemHashes)) return refuse('bad-account')
	const vault = await checkVault(ports, state, { vault: parts.vault, device: device.deviceId })
	if (!vault.ok || vault.value.version !== 1) return refuse('bad-account')
	const profile = await checkProfile(ports, state, parts.profile)
	return profile.ok ? ok({ ...parts, state, hashedKemKeys, device: device.deviceId }) : refuse('bad-account')
}

/** One bind for each method. */
function hasBinds(hash: Hash, { methods }: AccountState, { binds }: NewAccountParts): boolean {
	const given = binds.map((bind) => bind.method)
	return sameSet(
		given,
		methods.map((method) => keyHash16(hash, method.signingKey)),
	)
}

/** One box of VK for each method and the device, and for nobody else. */
function hasBoxes({ vk }: AccountState, { vkBoxes }: NewAccountParts, kemHashes: readonly Bytes[]): boolean {
	const given = vkBoxes.map((box) => box.recipient)
	return sameSet(given, kemHashes) && vkBoxes.every(({ vkGen, box }) => vkGen === vk.gen && decode(boxCodec, box).ok)
}

/** OPAQUE keeps one record for an account. */
function hasOnePassword({ methods }: { methods: readonly AccountMethod[] }): boolean {
	return methods.filter((method) => method.kind === 'password').length === 1
}

/** The same byte strings, each once. */
function sameSet(given: readonly Bytes[], wanted: readonly Bytes[]): boolean {
	const found = new Set(given.map(bytesToBase64url))
	const expected = new Set(wanted.map(bytesToBase64url))
	return found.size === given.length && found.size === expected.size && [...found].every((item) => expected.has(item))
}
