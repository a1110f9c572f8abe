/**
 * What happened in a group or room, as lines between its messages: who came and went, roles, name, policy, archive. Told from the
 * entries of the verified log; entries about keys say nothing to people.
 */
import { openTitle } from '#crypto/title-seal.ts'
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import {
	decodeConversationBody,
	type ConversationBody,
	type ConversationBodyOf,
	type Policy,
	type Role,
} from '#protocol/conversation-log.ts'
import { idToText } from '#protocol/ids.ts'
import type { SignedEntry } from '#protocol/log-entry.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import type { TitlePlaintext } from '#protocol/title.ts'
import type { ConversationId, LogLineView } from './api.ts'
import type { ConversationContext } from './context.ts'
import { isOfMany } from './talk-of-many.ts'

type What = LogLineView['what']
type TitleContext = Pick<ConversationContext, 'crypto' | 'keyring'>
type Title = TitlePlaintext | null

/** Joins that follow one another within this time stand in one line, ms. */
const togetherMs = 60 * 60_000
const roles: readonly Role[] = ['owner', 'admin', 'member', 'reader']

export async function toLogLines(
	context: TitleContext,
	state: ConversationState,
	entries: readonly SignedEntry[],
): Promise<readonly LogLineView[]> {
	const conversation = idToText(state.id)
	const lines: LogLineView[] = []
	let policy: Policy | null = null
	let title: Title | undefined
	for (const [seq, entry] of entries.entries()) {
		const body = decodeConversationBody(entry.body)
		if (!body.ok) continue
		const before: Title | undefined = title
		if (body.value.type === 'title') title = await titleIn(context, conversation, body.value)
		const titles = { before, after: title ?? null }
		for (const [place, what] of whatHappened(body.value, { policy, titles }).entries())
			if (isOfMany(state) || what.type === 'lifetime')
				put(lines, { key: `${seq}.${place}`, at: body.value.time, by: idToText(body.value.author), what })
		if ('policy' in body.value) policy = body.value.policy
	}
	return lines
}

async function titleIn(
	{ crypto, keyring }: TitleContext,
	conversation: ConversationId,
	title: ConversationBodyOf<'title'>,
): Promise<Title> {
	const epoch = await keyring.keys(conversation, title.n)
	return epoch === null ? null : openTitle(crypto, epoch, title)
}

interface Before {
	readonly policy: Policy | null
	/** `before` undefined: it had no title yet. */
	readonly titles: { readonly before: Title | undefined; readonly after: Title }
}

function whatHappened(body: ConversationBody, { policy, titles }: Before): readonly What[] {
	switch (body.type) {
		case 'create':
			return [{ type: 'created' }]
		case 'add':
			return [{ type: 'added', people: body.members.map(({ idHash }) => idToText(idHash)) }]
		case 'join':
			return [{ type: 'joined', people: [idToText(body.author)] }]
		case 'leave':
			return [{ type: 'left', people: [idToText(body.author)] }]
		case 'remove':
			return [{ type: 'removed', people: body.accounts.map(idToText) }]
		case 'role':
			return newRoles(body)
		case 'title':
			return titles.before === undefined ? [] : newTitle(titles.before, titles.after)
		case 'policy':
			return policy === null ? [] : newPolicy(policy, body.policy)
		case 'link':
			return [{ type: 'link' }]
		case 'linkEnd':
			return [{ type: 'link-ended' }]
		case 'archive':
			return [{ type: 'archived' }]
		case 'restore':
			return [{ type: 'restored' }]
		default:
			return []
	}
}

/** Who hands over steps down in the same entry, which goes without saying. */
function newRoles({ members, author }: ConversationBodyOf<'role'>): readonly What[] {
	const isSelf = (idHash: Bytes) => equalBytes(idHash, author)
	const others = members.filter(({ idHash }) => !isSelf(idHash))
	if (others.length === 0) return [{ type: 'stepped-down' }]
	return roles.flatMap((role) => {
		const people = others.filter((member) => member.role === role).map(({ idHash }) => idToText(idHash))
		return people.length === 0 ? [] : [{ type: 'role', role, people } as const]
	})
}

/** A title that was sealed again says nothing new. */
function newTitle(before: Title, after: Title): readonly What[] {
	if (after === null) return before === null ? [] : [{ type: 'renamed', name: null }]
	if (before === null || after.name !== before.name) return [{ type: 'renamed', name: after.name }]
	if (after.topic !== before.topic) return [{ type: 'topic' }]
	return isSamePicture(before, after) ? [] : [{ type: 'picture' }]
}

function isSamePicture({ picture: before }: TitlePlaintext, { picture: after }: TitlePlaintext): boolean {
	return before === after || (before !== null && after !== null && equalBytes(before, after))
}

function newPolicy(before: Policy, after: Policy): readonly What[] {
	return [
		...(after.history === before.history ? [] : [{ type: 'history', history: after.history } as const]),
		...(after.invite === before.invite ? [] : [{ type: 'invite' } as const]),
		...(after.knock === before.knock ? [] : [{ type: 'knock' } as const]),
		...(after.expiry === before.expiry ? [] : [{ type: 'lifetime', lifetime: after.expiry } as const]),
	]
}

/** Many who join one after the other are one line. */
function put(lines: LogLineView[], line: LogLineView): void {
	const last = lines.at(-1)
	const isMore = last?.what.type === 'joined' && line.what.type === 'joined' && line.at - last.at < togetherMs
	if (!isMore) return void lines.push(line)
	const people = [...last.what.people, ...line.what.people]
	lines[lines.length - 1] = { ...last, what: { type: 'joined', people } }
}
