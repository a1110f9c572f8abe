/**
 * Boxes that members wait for, and the holders who seal them (SPEC EPO10): who came while a rotate was under way, and who was
 * given one that does not open. The server says which are missing, and takes each from anybody who holds the key.
 */
import { boxCodec } from '#protocol/box.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { mayRead } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { ROTATION_LEASE } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import type { GivenBoxes } from './conversation-boxes.ts'
import type { ConversationsContext } from './conversations.ts'
import type { Access } from './domain.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { quietUntil } from './restored.ts'

export interface MissingBox {
	readonly account: Bytes
	readonly epoch: number
}

type Reads = Pick<ConversationsContext, 'repositories'>

/** Members without a box of the newest epoch, and those who asked for another. */
export async function missingBoxes({ repositories }: Reads, state: ConversationState): Promise<readonly MissingBox[]> {
	const epoch = state.epochs.length
	const holders = new Set((await repositories.epochBoxes.holders(state.id, epoch)).map(bytesToBase64url))
	const without = [...state.members].filter(([key]) => !holders.has(key))
	const asked = await repositories.epochBoxes.asked(state.id)
	return [
		...without.map(([, { idHash }]) => ({ account: idHash, epoch })),
		...asked.filter(({ account, epoch }) => mayRead(state, account, epoch)),
	]
}

async function memberState(
	{ conversationStates }: ConversationsContext,
	{ account }: Access,
	conversation: Bytes,
): Promise<ConversationState | null> {
	const state = await conversationStates.get(conversation)
	return state?.members.has(bytesToBase64url(account)) === true ? state : null
}

/** The own box of this epoch does not open, or did not come: members are told. Refused: not-found, rate-limited. */
export async function askForBox(
	context: ConversationsContext,
	access: Access,
	{ conversation, epoch }: { conversation: Bytes; epoch: number },
): Promise<Decided<null>> {
	const limited = await withinLimit(context, 'writeByAccount', access.account)
	if (!limited.ok) return limited
	const state = await memberState(context, access, conversation)
	if (state === null || !mayRead(state, access.account, epoch)) return refuse('not-found')
	const own = bytesToBase64url(access.account)
	const accounts = [...state.members.keys()].filter((account) => account !== own)
	await context.unitOfWork.transaction(async ({ epochBoxes }, afterCommit) => {
		await epochBoxes.ask(conversation, access.account, epoch)
		afterCommit(() =>
			context.cluster.publish('conversation-boxes', { conversation: bytesToBase64url(conversation), accounts }),
		)
	})
	return ok(null)
}

/**
 * Boxes of one epoch for those who miss one, and for links whose box is of an older epoch. What nobody misses is passed over:
 * two who seal the same are both right. Refused: not-found, bad-boxes, stale-head, rate-limited.
 */
export async function sealMissing(
	context: ConversationsContext,
	access: Access,
	{ conversation, epoch, boxes, linkBoxes }: GivenBoxes & { conversation: Bytes; epoch: number },
): Promise<Decided<null>> {
	const limited = await withinLimit(context, 'writeByAccount', access.account)
	if (!limited.ok) return limited
	const state = await memberState(context, access, conversation)
	if (state === null) return refuse('not-found')
	if ([...boxes, ...linkBoxes].some(({ box }) => !decode(boxCodec, box).ok)) return refuse('bad-boxes')
	for (const { account, g } of boxes)
		if ((await context.accountStates.get(account))?.ak.g !== g) return refuse('stale-head')
	const missing = new Set(
		(await missingBoxes(context, state))
			.filter((one) => one.epoch === epoch)
			.map(({ account }) => bytesToBase64url(account)),
	)
	const wanted = boxes.filter(({ account }) => missing.has(bytesToBase64url(account)))
	const isCurrent = epoch === state.epochs.length
	await context.unitOfWork.transaction(async ({ epochBoxes, rooms }, afterCommit) => {
		await epochBoxes.insert(
			conversation,
			wanted.map((box) => ({ ...box, epoch })),
		)
		for (const { account } of wanted) await epochBoxes.answered(conversation, account, epoch)
		for (const { link, box } of isCurrent ? linkBoxes : []) {
			const isLive = state.links.has(bytesToBase64url(link))
			const isOlder = ((await rooms.linkBox(conversation, link))?.epoch ?? 0) < epoch
			if (isLive && isOlder) await rooms.putLinkBox(conversation, { link, epoch, box })
		}
		const accounts = wanted.map(({ account }) => bytesToBase64url(account))
		afterCommit(() =>
			context.cluster.publish('conversation-boxes', { conversation: bytesToBase64url(conversation), accounts }),
		)
	})
	return ok(null)
}

const leaseKey = (conversation: Bytes) => `rotation:${bytesToBase64url(conversation)}`

/**
 * Who makes the rotation that is due: one at a time, for a minute. A second who asks is told how long the first has, and who
 * knows no newer epoch than `epoch` when there is one, that nothing is to be done: his lease would keep the next from being made.
 * Refused: not-found.
 */
export async function leaseRotation(
	context: ConversationsContext,
	access: Access,
	{ conversation, epoch }: { conversation: Bytes; epoch: number | null },
): Promise<Decided<{ granted: boolean; until: number }>> {
	const state = await memberState(context, access, conversation)
	if (state === null) return refuse('not-found')
	if (epoch !== null && epoch < state.epochs.length) return ok({ granted: false, until: context.clock() })
	const quiet = await quietUntil(context.repositories, context.clock())
	if (quiet !== null) return ok({ granted: false, until: quiet })
	const key = leaseKey(conversation)
	const holder = bytesToBase64url(access.device)
	const known = await context.ephemeral.get(key)
	const [device, until] = known?.split(' ') ?? []
	if (device !== undefined && device !== holder && Number(until) > context.clock())
		return ok({ granted: false, until: Number(until) })
	const ends = context.clock() + ROTATION_LEASE
	await context.ephemeral.put(key, `${holder} ${ends}`, ROTATION_LEASE)
	return ok({ granted: true, until: ends })
}

/** The rotation is made: whoever made it may be gone when the next one is due. */
export async function endLease(
	{ ephemeral }: Pick<ConversationsContext, 'ephemeral'>,
	conversation: Bytes,
): Promise<void> {
	await ephemeral.take(leaseKey(conversation))
}
