/** Devices of an account: a new one is certified by who holds an unlock method, an old one retires itself (SPEC DEV). */
import { mayActNow } from './bots.ts'
import { decodeAccountBody } from '#protocol/account-log.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import {
	appendAccountEntry,
	type AccountDevice,
	type AccountLogError,
	type AccountState,
} from '#protocol/account-state.ts'
import { boxCodec } from '#protocol/box.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { ENTRY_TIME_TOLERANCE, KEM_PUBLIC_KEY_LENGTH } from '#protocol/limits.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { ok } from '#protocol/result.ts'
import type { Access } from './domain.ts'
import type { VkBoxRow } from './ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { endFamiliesOfDevice, issue, openFamily, type OpenedSession, type SessionContext } from './session-families.ts'
import type { SignInContext } from './sign-in.ts'
import { decideInTransaction, type Transaction } from './transaction.ts'

export interface NewDevice {
	readonly methodToken: string
	readonly entry: Bytes
	/** X-Wing public key, 1,216 bytes. */
	readonly kemKey: Bytes
	readonly vkBox: VkBoxRow
}

export interface Devices {
	/** Refused: login-expired, stale-head, unsupported-entry, too-many-devices, bad-entry, bad-boxes, disabled. */
	add(device: NewDevice): Promise<Decided<OpenedSession>>
	/** Refused: stale-head, bad-entry, rate-limited. */
	retire(access: Access, entry: Bytes): Promise<Decided<null>>
}

export function createDevices(context: SignInContext): Devices {
	return {
		add: (device) => addDevice(context, device),
		retire: (access, entry) => retireDevice(context, access, entry),
	}
}

interface Extended {
	readonly state: AccountState
	readonly entry: Bytes
	/** The device that the entry brings or ends. */
	readonly device: AccountDevice
}

/** The entry on top of the newest log, verified; of the one type that this request is for. */
async function extend(
	context: SessionContext,
	account: Bytes,
	{ entry, type }: { entry: Bytes; type: 'addDevice' | 'retireDevice' },
): Promise<Decided<Extended>> {
	const before = await context.accountStates.get(account)
	const signed = decode(signedEntry, entry)
	if (before === null || !signed.ok) return refuse('bad-entry')
	const body = decodeAccountBody(signed.value.body)
	if (!body.ok || body.value.type !== type) return refuse('bad-entry')
	if (body.value.seq <= before.head.seq) return refuse('stale-head')
	if (Math.abs(body.value.time - context.clock()) > ENTRY_TIME_TOLERANCE) return refuse('bad-entry')
	const after = await appendAccountEntry(before, signed.value, context)
	if (!after.ok) return refuse(codeOf(after.error))
	const changed = [...after.value.devices.values()].find(({ deviceId }) => {
		const old = deviceOf(before, deviceId)
		return old === null || old.ended !== deviceOf(after.value, deviceId)?.ended
	})
	return changed === undefined ? refuse('bad-entry') : ok({ state: after.value, entry, device: changed })
}

function codeOf(error: AccountLogError) {
	if (error.type === 'unsupported-entry') return 'unsupported-entry'
	if (error.type === 'misplaced') return 'stale-head'
	return error.type === 'rule' && error.rule === 'DEV5' ? 'too-many-devices' : 'bad-entry'
}

/** Stores the entry where it belongs, or finds that another came first. */
async function append(
	context: SessionContext,
	transaction: Transaction,
	{ state, entry }: Extended,
): Promise<Decided<null>> {
	const { seq } = state.head
	if (!(await transaction.repositories.accountLogs.append(state.idHash, seq, entry))) return refuse('stale-head')
	const account = bytesToBase64url(state.idHash)
	transaction.afterCommit(() => context.cluster.publish('account-log', { account, from: seq }))
	return ok(null)
}

async function addDevice(context: SignInContext, request: NewDevice): Promise<Decided<OpenedSession>> {
	const method = await context.methodTokens.look(request.methodToken)
	if (method === null) return refuse('login-expired')
	const extended = await extend(context, method.account, { entry: request.entry, type: 'addDevice' })
	if (!extended.ok) return extended
	if (!isBoxed(context, request, extended.value)) return refuse('bad-boxes')
	const stored = await decideInTransaction(context.unitOfWork, (transaction) =>
		storeDevice(context, transaction, { request, extended: extended.value }),
	)
	return stored.ok ? ok(await issue(context, stored.value)) : stored
}

function isBoxed({ hash }: SessionContext, { kemKey, vkBox, entry }: NewDevice, { state, device }: Extended): boolean {
	const signed = decode(signedEntry, entry)
	const body = signed.ok ? decodeAccountBody(signed.value.body) : null
	if (body === null || !body.ok || body.value.type !== 'addDevice' || !decode(boxCodec, vkBox.box).ok) return false
	return (
		kemKey.length === KEM_PUBLIC_KEY_LENGTH &&
		equalBytes(hash(kemKey), device.kemHash) &&
		equalBytes(vkBox.recipient, device.kemHash) &&
		equalBytes(hash(vkBox.box), body.value.boxHash) &&
		vkBox.vkGen === state.vk.gen
	)
}

async function storeDevice(
	context: SignInContext,
	transaction: Transaction,
	{ request, extended }: { request: NewDevice; extended: Extended },
) {
	const { repositories } = transaction
	const { state, device } = extended
	const may = await mayActNow(repositories, await repositories.accounts.byId(state.idHash))
	if (!may.ok) return may
	const person = may.value
	const appended = await append(context, transaction, extended)
	if (!appended.ok) return appended
	if (!(await repositories.devices.insert(device.deviceId, state.idHash, context.clock()))) return refuse('bad-entry')
	await repositories.kemKeys.insert(state.idHash, device.kemHash, request.kemKey)
	await repositories.vaults.insertBox(state.idHash, request.vkBox)
	// Last, so that a request that is refused may be mended and sent again with the same token.
	if (!(await context.methodTokens.use(request.methodToken))) return refuse('login-expired')
	return ok(
		await openFamily(context, transaction, { account: state.idHash, device: device.deviceId, role: person.role }),
	)
}

async function retireDevice(context: SessionContext, access: Access, entry: Bytes): Promise<Decided<null>> {
	const limited = await withinLimit(context, 'writeByAccount', access.account)
	if (!limited.ok) return limited
	const extended = await extend(context, access.account, { entry, type: 'retireDevice' })
	if (!extended.ok) return extended
	const { device } = extended.value
	if (!equalBytes(device.deviceId, access.device)) return refuse('bad-entry')
	return decideInTransaction(context.unitOfWork, async (transaction) => {
		const appended = await append(context, transaction, extended.value)
		if (!appended.ok) return appended
		await transaction.repositories.vaults.deleteBox(access.account, device.kemHash)
		const subject = { account: access.account, device: device.deviceId, code: 'device-ended' as const }
		await endFamiliesOfDevice(context, transaction, subject)
		return ok(null)
	})
}
