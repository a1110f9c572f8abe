/**
 * What must be signed, and by whom, before a friendship is believed (SPEC FRD). The server tells states; it can keep one from
 * us, but it cannot make one up, nor bring one back that was ended.
 */
import type { Crypto } from '#crypto/suite.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import {
	answersRequest,
	encodeFriendBody,
	signedFriendStep,
	type FriendBody,
	type SignedFriendStep,
} from '#protocol/friendship.ts'
import { textToId } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import type { FriendRow } from './account-rows.ts'
import type { AccountId, FriendState, KithError } from './api.ts'
import type { Accounts, Self } from './identity.ts'

/** A friendship as the server tells it. */
export interface ToldFriend {
	readonly account: AccountId
	readonly name: string
	readonly state: FriendState
	readonly since: number
	readonly request: string | null
	readonly accept: string | null
	readonly closing: string | null
	readonly profile: string | null
}

export interface ProofDeps {
	readonly crypto: Crypto
	readonly self: Self
	readonly accounts: Accounts
	/** serverId. */
	readonly server: Bytes
}

type RequestBody = Extract<FriendBody, { type: 'request' }>

export function requestOf(row: Pick<FriendRow, 'request'>): RequestBody | null {
	const step = decode(signedFriendStep, row.request)
	return step.ok && step.value.body.type === 'request' ? step.value.body : null
}

function decodeStep(text: string | null): SignedFriendStep | null {
	const raw = text === null ? null : base64urlToBytes(text)
	const step = raw === null ? null : decode(signedFriendStep, raw)
	return step?.ok === true ? step.value : null
}

/** Withdrawn or ended: no later friendship comes of the same request (FRD4). */
export function isSpent({ state, request }: ToldFriend, before: FriendRow | undefined): boolean {
	const isLive = state === 'incoming' || state === 'outgoing' || state === 'accepted'
	const isClosed = before?.state === 'ended' || before?.state === 'cancelled'
	return isLive && isClosed && request === bytesToBase64url(before.request)
}

/** Does what both signed bear out the state? Fails where that cannot be told now. */
export async function isProven(deps: ProofDeps, told: ToldFriend): Promise<Result<boolean, KithError>> {
	// Both only take something away: what we blocked ourselves, and a request that nobody may answer any more.
	if (told.state === 'blocked' || told.state === 'cancelled') return ok(true)
	const asked = decodeStep(told.request)
	if (asked === null || asked.body.type !== 'request') return ok(false)
	const request = asked.body
	const asker = askerOf(deps, told, request)
	if (asker === null) return ok(false)
	if (told.state === 'ended') return isAnswered(deps, { told, request, step: decodeStep(told.closing), type: 'end' })
	// Our own too: else somebody could accept what we never asked.
	const isAsked = await isSigned(deps, asked, asker)
	if (!isAsked.ok || !isAsked.value || told.state !== 'accepted') return isAsked
	return isAnswered(deps, { told, request, step: decodeStep(told.accept), type: 'accept' })
}

/** Who of the two asked the other; null where the request is not between them, or not the way that the state says. */
function askerOf({ self }: ProofDeps, { account, state }: ToldFriend, { from, to }: RequestBody): AccountId | null {
	const other = textToId('account', account)
	if (other === null) return null
	if (equalBytes(from, other) && equalBytes(to, self.idHash)) return state === 'outgoing' ? null : account
	const byUs = equalBytes(from, self.idHash) && equalBytes(to, other)
	return byUs && state !== 'incoming' ? self.account : null
}

interface Answered {
	readonly told: ToldFriend
	readonly request: RequestBody
	readonly step: SignedFriendStep | null
	readonly type: 'accept' | 'end'
}

async function isAnswered(
	deps: ProofDeps,
	{ told, request, step, type }: Answered,
): Promise<Result<boolean, KithError>> {
	if (step === null || step.body.type !== type || !answersRequest(step.body, request, deps.crypto.hash))
		return ok(false)
	const isOwn = equalBytes(step.body.from, deps.self.idHash)
	return isSigned(deps, step, isOwn ? deps.self.account : told.account)
}

/** Signed by a device of `from`, for this server. */
async function isSigned(
	deps: ProofDeps,
	{ body, signature }: SignedFriendStep,
	from: AccountId,
): Promise<Result<boolean, KithError>> {
	const { accounts, crypto, server } = deps
	const state = await accounts.load(from)
	// Hidden from us or not what it says it is: no proof. What cannot be asked now is asked again.
	if (!state.ok) return isPassing(state.error) ? fail(state.error) : ok(false)
	if (!equalBytes(body.from, state.value.idHash) || !equalBytes(body.server, server)) return ok(false)
	const device = deviceOf(state.value, body.device)
	if (device === null) return ok(false)
	const claim = claimOver(crypto.hash, 'friend', { key: device.signingKey, body: encodeFriendBody(body), signature })
	return ok((await crypto.verify([claim]))[0] === true)
}

function isPassing(error: KithError): boolean {
	return (
		error.type === 'offline' || error.type === 'signed-out' || (error.type === 'server' && error.code !== 'not-found')
	)
}
