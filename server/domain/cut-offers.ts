/** What the server has of an account's devices in a conversation: who ends their right to write names it in a cut (SPEC CNV). */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import type { ConversationsContext } from './conversations.ts'
import type { Access } from './domain.ts'
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
	const counters = await repositories.events.counters(conversation)
	const pages = counters === null ? [] : await repositories.events.pages(counters.id, 0)
	const offered: OfferedStream[] = []
	for (const { id, page, part } of pages) {
		for (const { device, clientId, next } of await repositories.events.streams(id))
			if (next > 0 && devices.has(bytesToBase64url(device))) offered.push({ device, page, part, clientId, next })
	}
	return ok(offered)
}
