/**
 * Revoking devices is one request and one transaction (protocol.md §2): the entry, signed by an unlock method, the new account key,
 * the vault under the new VK, and a box of VK for every method and every device that stays. What was lost opens nothing after it.
 */
import { decodeAccountBody } from '#protocol/account-log.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import { appendAccountEntry, type AccountState } from '#protocol/account-state.ts'
import { boxCodec } from '#protocol/box.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { ENTRY_TIME_TOLERANCE, KEM_PUBLIC_KEY_LENGTH } from '#protocol/limits.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { ok } from '#protocol/result.ts'
import type { Access, DomainPorts } from './domain.ts'
import type { VkBoxRow } from './ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { endFamiliesOfDevice, type SessionContext } from './session-families.ts'
import { decideInTransaction, type Transaction } from './transaction.ts'
import { checkVault } from './vaults.ts'

export interface Revocation {
	readonly entry: Bytes
	/** X-Wing public key of the new AK. */
	readonly kemKey: Bytes
	readonly vault: Bytes
	readonly vkBoxes: readonly VkBoxRow[]
}

export interface Revocations {
	/** X-Wing keys of the account's methods and live devices. */
	kemKeys(access: Access): Promise<readonly Bytes[]>
	/** Refused: stale-head, stale-vault, bad-entry, bad-boxes, bad-account, rate-limited. */
	revoke(access: Access, request: Revocation): Promise<Decided<null>>
}

type Context = SessionContext & DomainPorts

export function createRevocations(context: Context): Revocations {
	return {
		kemKeys: ({ account }) => kemKeys(context, account),
		revoke: (access, request) => revoke(context, access, request),
	}
}

/** SHA-256 of the X-Wing keys to which VK is boxed. */
function recipientsOf(state: AccountState): readonly Bytes[] {
	const live = [...state.devices.values()].filter(({ ended }) => ended === null)
	return [...state.methods, ...live].map(({ kemHash }) => kemHash)
}

async function kemKeys({ accountStates, repositories }: Context, account: Bytes): Promise<readonly Bytes[]> {
	const state = await accountStates.get(account)
	const hashes = state === null ? [] : recipientsOf(state)
	const keys = await Promise.all(hashes.map((hash) => repositories.kemKeys.byHash(account, hash)))
	return keys.filter((key) => key !== null)
}

interface Revoked {
	readonly state: AccountState
	/** deviceIds. */
	readonly devices: readonly Bytes[]
}

async function extend(context: Context, { account }: Access, entry: Bytes): Promise<Decided<Revoked>> {
	const before = await context.accountStates.get(account)
	const signed = decode(signedEntry, entry)
	const body = signed.ok ? decodeAccountBody(signed.value.body) : null
	if (before === null || !signed.ok || body?.ok !== true || body.value.type !== 'revokeDevice')
		return refuse('bad-entry')
	if (body.value.seq <= before.head.seq) return refuse('stale-head')
	if (Math.abs(body.value.time - context.clock()) > ENTRY_TIME_TOLERANCE) return refuse('bad-entry')
	const after = await appendAccountEntry(before, signed.value, context)
	return after.ok ? ok({ state: after.value, devices: body.value.action.devices }) : refuse('bad-entry')
}

/** One box of the new VK for each that stays, and for nobody else. */
function isBoxed({ hash }: Context, state: AccountState, { kemKey, vkBoxes }: Revocation): boolean {
	const wanted = new Set(recipientsOf(state).map(bytesToBase64url))
	const given = new Set(vkBoxes.map(({ recipient }) => bytesToBase64url(recipient)))
	return (
		kemKey.length === KEM_PUBLIC_KEY_LENGTH &&
		equalBytes(hash(kemKey), state.ak.keyHash) &&
		vkBoxes.length === wanted.size &&
		[...wanted].every((recipient) => given.has(recipient)) &&
		vkBoxes.every(({ vkGen, box }) => vkGen === state.vk.gen && decode(boxCodec, box).ok)
	)
}

async function revoke(context: Context, access: Access, request: Revocation): Promise<Decided<null>> {
	const limited = await withinLimit(context, 'writeByAccount', access.account)
	if (!limited.ok) return limited
	const extended = await extend(context, access, request.entry)
	if (!extended.ok) return extended
	const { state } = extended.value
	if (deviceOf(state, access.device)?.ended !== null) return refuse('bad-entry')
	if (!isBoxed(context, state, request)) return refuse('bad-boxes')
	const header = await checkVault(context, state, { vault: request.vault, device: access.device })
	if (!header.ok) return header
	const { version } = header.value
	return decideInTransaction(context.unitOfWork, (transaction) =>
		store(context, transaction, { access, request, version, ...extended.value }),
	)
}

async function store(
	context: Context,
	transaction: Transaction,
	{ access, request, version, state, devices }: Revoked & { access: Access; request: Revocation; version: number },
): Promise<Decided<null>> {
	const { accountLogs, kemKeys, vaults } = transaction.repositories
	const { account, device } = access
	if (!(await accountLogs.append(account, state.head.seq, request.entry))) return refuse('stale-head')
	const row = { version, device, storedAt: context.clock(), vault: request.vault }
	if (!(await vaults.insert(account, row))) return refuse('stale-vault')
	await kemKeys.insert(account, state.ak.keyHash, request.kemKey)
	for (const { recipient } of await vaults.boxes(account)) await vaults.deleteBox(account, recipient)
	for (const box of request.vkBoxes) await vaults.insertBox(account, box)
	for (const lost of devices)
		await endFamiliesOfDevice(context, transaction, { account, device: lost, code: 'device-ended' })
	const signal = { account: bytesToBase64url(account), from: state.head.seq }
	transaction.afterCommit(() => context.cluster.publish('account-log', signal))
	return ok(null)
}
