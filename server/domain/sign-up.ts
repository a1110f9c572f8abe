/**
 * Sign-up: check → OPAQUE registration → one transaction that stores account, record, vault, boxes and first session, and
 * takes the use of the invitation. A name or use that went to somebody else meanwhile is refused there.
 */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { REGISTRATION_LIFETIME } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import { botOfToken } from './bots.ts'
import type { Caller } from './domain.ts'
import { admissibleAddress, askToConfirm } from './emails.ts'
import { checkGrant, spendGrant, type Grant } from './grants.ts'
import { foldName } from './names.ts'
import { checkNewAccount, type NewAccount, type NewAccountParts } from './new-account.ts'
import type { OpaqueServer } from './opaque.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { issue, openFamily, type OpenedSession, type SessionContext, type StoredSession } from './session-families.ts'
import { decideInTransaction, type Transaction } from './transaction.ts'

export interface SignUpRequest {
	readonly name: string
	readonly grant: Grant
}

export interface FinishSignUp extends NewAccountParts {
	readonly registrationId: string
	readonly registrationRecord: string
	readonly email?: string | undefined
}

export interface SignUp {
	/** Refused: bad-name, bad-invite, sign-up-closed, set-up-done, name-taken, no-mail, bad-email, rate-limited. */
	check(request: SignUpRequest & { email?: string | undefined }, caller: Caller): Promise<Decided<null>>
	/** Refused besides: malformed. */
	start(
		request: SignUpRequest & { registrationRequest: string },
		caller: Caller,
	): Promise<Decided<{ registrationId: string; registrationResponse: string }>>
	/** Refused besides: login-expired, bad-account. */
	finish(request: FinishSignUp): Promise<Decided<OpenedSession>>
}

interface SignUpContext extends SessionContext {
	readonly opaque: OpaqueServer
}

/** What is kept of a registration between its two requests, never shown. */
interface Pending extends SignUpRequest {
	readonly identifier: string
}

export function createSignUp(context: SignUpContext): SignUp {
	return {
		check: async (request, caller) => {
			const name = await admissibleName(context, request, caller)
			if (!name.ok) return name
			const address = admissibleAddress(context, request.email)
			return address.ok ? ok(null) : address
		},
		start: (request, caller) => startSignUp(context, request, caller),
		finish: (request) => finishSignUp(context, request),
	}
}

async function admissibleName(
	context: SignUpContext,
	{ name, grant }: SignUpRequest,
	{ ip }: Caller,
): Promise<Decided<string>> {
	const limited = await withinLimit(context, 'registrationByIp', ip)
	if (!limited.ok) return limited
	const folded = foldName(name)
	if (folded === null) return refuse('bad-name')
	const role = await checkGrant(context, context.repositories, grant)
	if (!role.ok) {
		const guessing = await withinLimit(context, 'badGrantByIp', ip)
		return guessing.ok ? role : guessing
	}
	if ((await context.repositories.accounts.byName(folded)) !== null) return refuse('name-taken')
	return ok(folded)
}

async function startSignUp(
	context: SignUpContext,
	request: SignUpRequest & { registrationRequest: string },
	caller: Caller,
): ReturnType<SignUp['start']> {
	const name = await admissibleName(context, request, caller)
	if (!name.ok) return name
	const byIp = request.grant.type === 'open' ? await withinLimit(context, 'openSignUpByIp', caller.ip) : ok(null)
	if (!byIp.ok) return byIp
	const byName = await withinLimit(context, 'oprfByName', name.value)
	if (!byName.ok) return byName
	const identifier = context.random(16)
	const registrationResponse = context.opaque.registrationResponse(identifier, request.registrationRequest)
	if (registrationResponse === null) return refuse('malformed')
	const registrationId = bytesToBase64url(context.random(24))
	const pending: Pending = { name: name.value, grant: request.grant, identifier: bytesToBase64url(identifier) }
	await context.ephemeral.put(`registration:${registrationId}`, JSON.stringify(pending), REGISTRATION_LIFETIME)
	return ok({ registrationId, registrationResponse })
}

async function finishSignUp(context: SignUpContext, request: FinishSignUp): Promise<Decided<OpenedSession>> {
	const kept = await context.ephemeral.take(`registration:${request.registrationId}`)
	if (kept === null) return refuse('login-expired')
	if (!context.opaque.isRecord(request.registrationRecord)) return refuse('malformed')
	const address = admissibleAddress(context, request.email)
	if (!address.ok) return address
	const account = await checkNewAccount(context, request)
	if (!account.ok) return account
	const pending = JSON.parse(kept) as Pending
	const toStore = { ...account.value, record: request.registrationRecord, address: address.value }
	const stored = await decideInTransaction(context.unitOfWork, (transaction) =>
		storeAccount(context, transaction, { pending, account: toStore }),
	)
	return stored.ok ? ok(await issue(context, stored.value)) : stored
}

type ToStore = NewAccount & { readonly record: string; readonly address: string | null }

async function storeAccount(
	context: SignUpContext,
	transaction: Transaction,
	{ pending, account }: { pending: Pending; account: ToStore },
): Promise<Decided<StoredSession>> {
	const { repositories } = transaction
	const bot = pending.grant.type === 'bot' ? await botOfToken(context, repositories, pending.grant.token) : null
	const role = await spendGrant(context, repositories, pending.grant)
	if (!role.ok) return role
	// Whoever has a token of somebody's bot is this bot and nobody else.
	if (bot !== null && bot.name !== pending.name) return refuse('bad-name')
	const { idHash } = account.state
	const inTime = { createdAt: context.clock(), disabledAt: null }
	const row = { account: idHash, name: pending.name, role: role.value, ...inTime, owner: bot?.owner ?? null }
	if ((await repositories.accounts.byName(row.name)) !== null) return refuse('name-taken')
	if (!(await repositories.accounts.insert(row))) return refuse('bad-account')
	if (!(await repositories.devices.insert(account.device, idHash, row.createdAt))) return refuse('bad-account')
	await storeParts(transaction, account, row.createdAt)
	if (bot !== null) await repositories.bots.setAccount(bot.id, idHash)
	const identifier = base64urlToBytes(pending.identifier) as Bytes
	const { version } = context.policy.stretching
	await repositories.credentials.set(idHash, { identifier, record: account.record, stretching: version })
	const { address } = account
	if (address !== null) await askToConfirm(context, transaction, { account: idHash, address })
	return ok(await openFamily(context, transaction, { account: idHash, device: account.device, role: role.value }))
}

async function storeParts(
	{ repositories }: Transaction,
	{ state, ...parts }: NewAccount,
	storedAt: number,
): Promise<void> {
	const { idHash } = state
	await repositories.accountLogs.append(idHash, 0, parts.create)
	for (const { hash, key } of parts.hashedKemKeys) await repositories.kemKeys.insert(idHash, hash, key)
	for (const bind of parts.binds) await repositories.vaults.insertBind(idHash, bind)
	for (const box of parts.vkBoxes) await repositories.vaults.insertBox(idHash, box)
	const vault = { version: 1, device: parts.device, storedAt, vault: parts.vault }
	await repositories.vaults.insert(idHash, vault)
	await repositories.accounts.setProfile(idHash, parts.profile)
}
