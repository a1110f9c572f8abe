/** Signed steps of a friendship (SPEC FRD), as the server checks them before it stores one. */
import { deviceOf } from '#protocol/account-lookups.ts'
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import {
	answersRequest,
	encodeFriendBody,
	requestHash,
	signedFriendStep,
	type FriendBody,
	type FriendStep,
} from '#protocol/friendship.ts'
import { ENTRY_TIME_TOLERANCE } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import type { Access, AccountStates, DomainPorts, Instance } from './domain.ts'
import type { FriendshipRow } from './ports.ts'
import { refuse, type Decided } from './refusal.ts'

export interface StepContext extends DomainPorts {
	readonly instance: Instance
	readonly accountStates: AccountStates
}

export interface GivenStep<T extends FriendStep> {
	readonly to: Bytes
	readonly step: Bytes
	readonly type: T
}

type BodyOf<T extends FriendStep> = Extract<FriendBody, { type: T }>

/** The signed step, by a live device of `access`, about exactly these two accounts on this instance, not from the future. */
async function checkStep<T extends FriendStep>(
	context: StepContext,
	access: Access,
	{ to, step, type }: GivenStep<T>,
): Promise<Decided<BodyOf<T>>> {
	const decoded = decode(signedFriendStep, step)
	const state = await context.accountStates.get(access.account)
	if (!decoded.ok || state === null) return refuse('bad-signature')
	const { body, signature } = decoded.value
	const device = deviceOf(state, body.device)
	const isAboutThem =
		body.type === type &&
		equalBytes(body.server, context.instance.serverId) &&
		equalBytes(body.from, access.account) &&
		equalBytes(body.to, to) &&
		body.time <= context.clock() + ENTRY_TIME_TOLERANCE
	if (!isAboutThem || device === null || device.ended !== null) return refuse('bad-signature')
	const signed = { key: device.signingKey, body: encodeFriendBody(body), signature }
	const [valid] = await context.verify([claimOver(context.hash, 'friend', signed)])
	return valid === true ? ok(body as BodyOf<T>) : refuse('bad-signature')
}

function requestOf(row: FriendshipRow): BodyOf<'request'> | null {
	const asked = decode(signedFriendStep, row.request)
	return asked.ok && asked.value.body.type === 'request' ? asked.value.body : null
}

/** A request of its own: one that was answered or withdrawn before is dead, and so is every step that named it (FRD4). */
export async function checkRequest(
	context: StepContext,
	access: Access,
	{ to, step, before }: { to: Bytes; step: Bytes; before: FriendshipRow | null },
): Promise<Decided<null>> {
	const checked = await checkStep(context, access, { to, step, type: 'request' })
	if (!checked.ok) return checked
	const last = before === null ? null : requestOf(before)
	const isSpent = last !== null && equalBytes(requestHash(context.hash, last), requestHash(context.hash, checked.value))
	return isSpent ? refuse('bad-signature') : ok(null)
}

/** Names the request that it answers, withdraws or ends by its hash, so that it fits no other (FRD2), and comes from who may (FRD3). */
export async function checkAnswer(
	context: StepContext,
	access: Access,
	{ row, ...given }: GivenStep<Exclude<FriendStep, 'request'>> & { row: FriendshipRow },
): Promise<Decided<null>> {
	const checked = await checkStep(context, access, given)
	if (!checked.ok) return checked
	const request = requestOf(row)
	const fits = request !== null && answersRequest(checked.value, request, context.hash)
	return fits ? ok(null) : refuse('bad-signature')
}
