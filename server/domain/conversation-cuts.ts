/**
 * Cuts (SPEC CNV): what the server has of an account's devices in a conversation, for who ends their right to write, and what it
 * takes from him. What was acked stands: a list that knows less of it is refused, and its author reads anew.
 */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import type { ConversationBody } from '#protocol/conversation-log.ts'
import { losesWriting } from '#protocol/conversation-member-rules.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { cutHash, cutList, type CutList } from '#protocol/cut.ts'
import { ok } from '#protocol/result.ts'
import type { ConversationsContext } from './conversations.ts'
import type { Access, AccountStates } from './domain.ts'
import type { Repositories } from './ports.ts'
import { refuse, type Decided } from './refusal.ts'

export interface OfferedStream {
	readonly device: Bytes
	readonly page: number
	readonly part: number
	readonly clientId: number
	/** The first clock that is not stored. */
	readonly next: number
}

/** Refused: not-found to who is no member, and about who never was one. */
export async function streamsOf(
	{ repositories, conversationStates, accountStates }: ConversationsContext,
	access: Access,
	{ conversation, account }: { conversation: Bytes; account: Bytes },
): Promise<Decided<readonly OfferedStream[]>> {
	const state = await conversationStates.get(conversation)
	const isMember = state?.members.has(bytesToBase64url(access.account)) === true
	const devices = (await accountStates.get(account))?.devices
	if (!isMember || devices === undefined || !state.roles.has(bytesToBase64url(account))) return refuse('not-found')
	return ok(await storedStreams(repositories, conversation, devices))
}

/** `devices`: by base64url. */
async function storedStreams(
	{ events }: Pick<Repositories, 'events'>,
	conversation: Bytes,
	devices: { has(device: string): boolean },
): Promise<OfferedStream[]> {
	const counters = await events.counters(conversation)
	const pages = counters === null ? [] : await events.pages(counters.id, 0)
	const stored: OfferedStream[] = []
	for (const { id, page, part } of pages) {
		for (const { device, clientId, next } of await events.streams(id))
			if (next > 0 && devices.has(bytesToBase64url(device))) stored.push({ device, page, part, clientId, next })
	}
	return stored
}

interface CutContext {
	readonly hash: ConversationsContext['hash']
	readonly accountStates: AccountStates
}

/** An entry that ends a right to write comes with exactly the list that it names by hash, about those devices alone. */
export async function checkCutList(
	context: CutContext,
	{ body, before }: { body: ConversationBody; before: ConversationState },
	list: Bytes | null,
): Promise<Decided<null>> {
	const cut = 'cut' in body ? body.cut : null
	if (cut === null) return list === null ? ok(null) : refuse('bad-entry')
	const decoded = list === null ? null : decode(cutList, list)
	if (decoded === null || !decoded.ok || !equalBytes(cutHash(context.hash, decoded.value), cut))
		return refuse('bad-entry')
	const devices = await devicesCutBy(context, body, before)
	return decoded.value.every(({ device }) => devices.has(bytesToBase64url(device))) ? ok(null) : refuse('bad-entry')
}

/** deviceIds, base64url. */
async function devicesCutBy(
	{ accountStates }: CutContext,
	body: ConversationBody,
	before: ConversationState,
): Promise<ReadonlySet<string>> {
	if (body.type === 'cut') return new Set(body.devices.map(bytesToBase64url))
	const states = await Promise.all(accountsCutBy(body, before).map((account) => accountStates.get(account)))
	return new Set(states.flatMap((state) => [...(state?.devices.keys() ?? [])]))
}

function accountsCutBy(body: ConversationBody, before: ConversationState): readonly Bytes[] {
	switch (body.type) {
		case 'leave':
			return [body.author]
		case 'remove':
			return body.accounts
		case 'role':
			return losesWriting(before, body)
		default:
			return []
	}
}

/** Nothing is stored of those devices that the list does not let stand. Asked in the transaction that takes the entry. */
export async function isCutWhole(
	{ context, repositories }: { context: CutContext; repositories: Pick<Repositories, 'events'> },
	{ body, before }: { body: ConversationBody; before: ConversationState },
	list: Bytes | null,
): Promise<boolean> {
	const decoded = list === null ? null : decode(cutList, list)
	if (decoded === null || !decoded.ok) return true
	const stands = nextClocks(decoded.value)
	const stored = await storedStreams(repositories, before.id, await devicesCutBy(context, body, before))
	return stored.every((stream) => stream.next <= (stands.get(placeOf(stream)) ?? 0))
}

const placeOf = ({ page, part, clientId }: Omit<OfferedStream, 'device' | 'next'>) => `${page}.${part} ${clientId}`

/** What stands of each stream, by its place: a clientID is of one device. */
function nextClocks(list: CutList): ReadonlyMap<string, number> {
	const streams = list.flatMap(({ pages }) =>
		pages.flatMap(({ page, part, streams }) => streams.map((stream) => ({ page, part, ...stream }))),
	)
	return new Map(streams.map((stream) => [placeOf(stream), stream.next]))
}

/** base64url ids of those whose right to write an entry ends. */
export function accountsCut(body: ConversationBody, before: ConversationState): readonly string[] {
	const accounts = body.type === 'cut' ? [body.account] : accountsCutBy(body, before)
	return accounts.map(bytesToBase64url)
}
