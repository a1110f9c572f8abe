/**
 * A refresh, as a table. T is the token that came, "good" a proof by the family's device.
 *
 * | T is                                    | good proof          | bad proof        |
 * |-----------------------------------------|---------------------|------------------|
 * | the live token                          | T → next            | bad-device-proof |
 * | its predecessor, the live one unused    | the live one again  | family ends      |
 * | any earlier one of this family          | family ends         | family ends      |
 * | expired, unknown, or the family ended   | session-ended       | session-ended    |
 * | forgotten by a restored database        | as the live token   | bad-device-proof |
 *
 * The second row is for a lost answer and for two tabs; where of an answer only the cookie came, `nonceToSign` tells the rest; the third is somebody with a stolen token, or its owner after
 * somebody else had used it: nobody can tell, so both are signed out.
 */
import { base64urlToBytes, equalBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import { mayActNow } from './bots.ts'
import { checkDeviceProof, type DeviceProof } from './device-proof.ts'
import type { Caller } from './domain.ts'
import type { RefreshTokenRow, Repositories, SessionFamily } from './ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { refreshTokens, sidOfToken, tokenAfter, tokenId } from './refresh-tokens.ts'
import { isRecovering } from './restored.ts'
import {
	codeOfEnd,
	endFamily,
	issue,
	storedAs,
	storeToken,
	type OpenedSession,
	type SessionContext,
	type StoredSession,
} from './session-families.ts'
import type { Transaction } from './transaction.ts'

export interface RefreshRequest {
	/** Null when none came. */
	readonly token: string | null
	readonly proof: DeviceProof
}

/** Refused: rate-limited, session-ended, token-reused, bad-device-proof, device-ended, disabled. */
export async function refreshSession(
	context: SessionContext,
	{ token, proof }: RefreshRequest,
	caller: Caller,
): Promise<Decided<OpenedSession>> {
	const limited = await withinLimit(context, 'refreshByIp', caller.ip)
	if (!limited.ok) return limited
	const sid = token === null ? null : sidOfToken(context.secrets.hmac, token)
	if (token === null || sid === null) return refuse('session-ended')
	const proven = await judgeProof(context, { token, sid }, proof)
	const stored = await context.unitOfWork.transaction((repositories, afterCommit) =>
		rotate(context, { repositories, afterCommit }, { token, sid, proven }),
	)
	return stored.ok ? ok(await issue(context, stored.value)) : stored
}

/**
 * The nonce that the next refresh with this token signs, for a device that does not know it: a browser takes the cookie of an
 * answer even where the page that asked is gone, and with it all that the answer said. The nonce helps nobody without the key.
 * Refused: rate-limited, session-ended.
 */
export async function nonceToSign(
	context: SessionContext,
	token: string | null,
	caller: Caller,
): Promise<Decided<Bytes>> {
	const limited = await withinLimit(context, 'refreshByIp', caller.ip)
	if (!limited.ok) return limited
	if (token === null || sidOfToken(context.secrets.hmac, token) === null) return refuse('session-ended')
	const row = await refreshTokens(context.repositories.sessions, context.clock).find(tokenId(context.hash, token))
	if (row !== null) return ok(row.nonce)
	return (await isForgotten(context, context.repositories, token))
		? ok(forgottenNonce(context, token))
		: refuse('session-ended')
}

/**
 * A backup holds the tokens of its day, and each device has a later one: authentic, and not to be found. While what was forgotten
 * is taken back (restored.ts) the device's signature is enough, over a nonce that follows from the token.
 */
async function isForgotten(
	{ hash, clock }: SessionContext,
	repositories: Repositories,
	token: string,
): Promise<boolean> {
	const isHere = (await repositories.sessions.token(tokenId(hash, token))) !== null
	return !isHere && (await isRecovering(repositories, clock()))
}

function forgottenNonce({ secrets }: SessionContext, token: string): Bytes {
	return secrets.hmac('kith/refresh-forgotten', utf8ToBytes(token))
}

/** Outside the transaction, because signatures take time. */
async function judgeProof(
	context: SessionContext,
	{ token, sid }: { token: string; sid: string },
	proof: DeviceProof,
): Promise<Decided<null>> {
	const { sessions } = context.repositories
	const family = await sessions.family(sid)
	const row = await sessions.token(tokenId(context.hash, token))
	if (family === null || !equalBytes(family.device, proof.device)) return refuse('bad-device-proof')
	const isKnown = row !== null || (await isForgotten(context, context.repositories, token))
	if (!isKnown) return refuse('bad-device-proof')
	const serverNonce = row?.nonce ?? forgottenNonce(context, token)
	const subject = { account: family.account, sid: base64urlToBytes(sid) as Bytes, serverNonce }
	return checkDeviceProof(context, proof, { use: 'refresh', ...subject })
}

interface Rotation {
	readonly token: string
	readonly sid: string
	readonly proven: Decided<null>
}

async function rotate(
	context: SessionContext,
	transaction: Transaction,
	{ token, sid, proven }: Rotation,
): Promise<Decided<StoredSession>> {
	const { sessions, accounts } = transaction.repositories
	const family = await sessions.family(sid)
	const person = family === null ? null : await accounts.byId(family.account)
	if (family === null || family.endedAt !== null) return refuse(codeOfEnd(family, person))
	const place = await placeOf(context, transaction, { token, family })
	if (place.is === 'expired') return refuse('session-ended')
	if (place.is === 'spent' || (place.is === 'predecessor' && !proven.ok)) {
		await endFamily(context, transaction, { family, code: 'token-reused' })
		return refuse('token-reused')
	}
	if (!proven.ok) return proven
	const may = await mayActNow(transaction.repositories, person)
	if (!may.ok) return may
	const subject = { account: family.account, device: family.device, sid, role: may.value.role }
	if (place.is === 'forgotten')
		await refreshTokens(sessions, context.clock).store({ ...subject, ...place, nonce: forgottenNonce(context, token) })
	const next = tokenAfter(context.secrets.hmac, token)
	if (place.is === 'predecessor') return ok(storedAs(subject, next, place.successor))
	const stored = await storeToken(context, transaction, { ...subject, token: next })
	const [id, nextId] = [tokenId(context.hash, token), tokenId(context.hash, next)]
	await sessions.setSuccessor(id, nextId)
	await sessions.deleteOtherTokens(sid, [id, nextId])
	await sessions.touchFamily(sid, context.clock())
	return ok(stored)
}

type Place =
	| { readonly is: 'live' | 'spent' | 'expired' }
	| { readonly is: 'forgotten'; readonly id: string }
	| { readonly is: 'predecessor'; readonly successor: RefreshTokenRow }

async function placeOf(
	context: SessionContext,
	{ repositories }: Transaction,
	{ token, family }: { token: string; family: SessionFamily },
): Promise<Place> {
	const { clock, hash } = context
	const { sessions } = repositories
	const id = tokenId(hash, token)
	if (await isForgotten(context, repositories, token)) return { is: 'forgotten', id }
	const stored = await sessions.token(id)
	// Only the newest two are kept: an authentic token that is not there was used before them.
	if (stored === null || !equalBytes(stored.account, family.account)) return { is: 'spent' }
	const row = await refreshTokens(sessions, clock).find(id)
	if (row === null) return { is: 'expired' }
	if (row.successor === null) return { is: 'live' }
	const successor = await sessions.token(row.successor)
	return successor !== null && successor.successor === null ? { is: 'predecessor', successor } : { is: 'spent' }
}
