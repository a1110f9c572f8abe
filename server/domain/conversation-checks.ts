/** What the server asks of a conversation entry beyond the protocol's rules: who brings it, when, and what lies beside it. */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { decodeConversationBody, type ConversationBody } from '#protocol/conversation-log.ts'
import type { ConversationLogError, ConversationState } from '#protocol/conversation-state.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { ENTRY_TIME_TOLERANCE } from '#protocol/limits.ts'
import { signedEntry, type SignedEntry } from '#protocol/log-entry.ts'
import { ok } from '#protocol/result.ts'
import type { Access, DomainPorts, FriendsApi } from './domain.ts'
import { judgeNotice } from './notice-rules.ts'
import { refuse, type Decided } from './refusal.ts'

export interface GivenBox {
	readonly account: Bytes
	readonly g: number
	readonly box: Bytes
}

export interface JudgedBody {
	readonly entry: SignedEntry
	readonly body: ConversationBody
}

/** Decodes; of this session's account and device, and of now. Refused: bad-entry. */
export function checkEntry({ clock }: Pick<DomainPorts, 'clock'>, access: Access, bytes: Bytes): Decided<JudgedBody> {
	const entry = decode(signedEntry, bytes)
	if (!entry.ok) return refuse('bad-entry')
	const body = decodeConversationBody(entry.value.body)
	if (!body.ok) return refuse('bad-entry')
	const { author, device, time } = body.value
	const isOwn = equalBytes(author, access.account) && equalBytes(device, access.device)
	if (!isOwn || Math.abs(time - clock()) > ENTRY_TIME_TOLERANCE) return refuse('bad-entry')
	return ok({ entry: entry.value, body: body.value })
}

/** Whom an entry brings into a conversation; the author himself needs nobody's friendship. */
export function broughtBy(body: ConversationBody): readonly Bytes[] {
	if (body.type !== 'create' && body.type !== 'add') return []
	return body.members.map(({ idHash }) => idHash).filter((account) => !equalBytes(account, body.author))
}

/** Nobody is brought into a conversation but by a friend, or because he knocked. */
export async function mayBring(
	{ friends, repositories }: { friends: FriendsApi; repositories: DomainPorts['repositories'] },
	{ account }: Access,
	{ conversation, brought }: { conversation: Bytes; brought: readonly Bytes[] },
): Promise<Decided<null>> {
	const knocks = brought.length === 0 ? [] : await repositories.rooms.knocks(conversation)
	for (const other of brought) {
		const knocked = knocks.some((knock) => equalBytes(knock.account, other))
		if (!knocked && !(await friends.areFriends(account, other))) return refuse('not-friends')
		if (await friends.areBlocked(account, other)) return refuse('not-friends')
	}
	return ok(null)
}

/** A notice is the operator's: nobody's friendship is asked, and nobody's block. Refused: forbidden, unknown-person. */
export async function mayNotify(
	{ repositories: { accounts } }: { repositories: DomainPorts['repositories'] },
	{ account }: Access,
	brought: readonly Bytes[],
): Promise<Decided<null>> {
	const [to] = brought
	const person = to === undefined ? null : await accounts.byId(to)
	return judgeNotice({ by: await accounts.byId(account), to: person })
}

/** A direct conversation is for friends, at every step. */
export async function mayWriteTo(
	{ friends }: { friends: FriendsApi },
	{ account }: Access,
	{ kind, members }: ConversationState,
): Promise<Decided<null>> {
	if (kind !== 'dm') return ok(null)
	const other = [...members.values()].find(({ idHash }) => !equalBytes(idHash, account))
	const areFriends = other !== undefined && (await friends.areFriends(account, other.idHash))
	return areFriends ? ok(null) : refuse('not-friends')
}

/** Rules that a race breaks: somebody else made that epoch first, added the same person, or what it was based on has passed. */
const lostRace: ReadonlySet<string> = new Set(['EPO2', 'EPO3', 'CNV24', 'CNV25', 'CNV31'])

export function codeOfLogError(error: ConversationLogError): WireErrorCode {
	switch (error.type) {
		case 'unsupported-entry':
		case 'not-in-direct':
			return error.type
		case 'misplaced':
			return 'stale-head'
		case 'rule':
			return lostRace.has(error.rule) ? 'stale-head' : 'bad-entry'
		default:
			return 'bad-entry'
	}
}
