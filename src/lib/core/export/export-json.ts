/**
 * A copy as one JSON document, in pieces of a page: whatever its size, one page of it is in memory. Its form is written down in
 * docs/export.md, and as a JSON Schema beside it. It proves itself: logs and heads say who had which keys when, items are signed by them, and
 * each item brings the key that opens it alone.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { cutList } from '#protocol/cut.ts'
import { signedHead, type SignedHead } from '#protocol/head.ts'
import { idToText } from '#protocol/ids.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { accountKey, conversationKey, keyToNumber, logRange } from '#store/keys.ts'
import { accountLogRow, personRow } from '../account-rows.ts'
import type { AccountId, ConversationId } from '../api.ts'
import { conversationRow } from '../conversation-rows.ts'
import type { ConversationContext } from '../context.ts'
import { titleOf } from '../titles.ts'
import type { PathOf } from './copy-files.ts'
import { exportPage, type ExportedPage } from './export-page.ts'

const exportFormat = { format: 'kith-export', version: 1 } as const

/** What a copy is made of, in this order: one head, then accounts, then conversations, each with its pages after it. */
export type CopyPart =
	| { readonly type: 'head' | 'account' | 'conversation'; readonly value: Readonly<Record<string, unknown>> }
	| { readonly type: 'page'; readonly value: ExportedPage }

export interface JsonWish {
	readonly conversations: readonly { readonly id: ConversationId; readonly pages: number }[]
	/** All that the device holds of the account besides; null in a copy of one conversation. */
	readonly account: Readonly<Record<string, unknown>> | null
	/** Where the instance is reached. */
	readonly origin: string
	readonly pathOf: PathOf
}

/** `page`: a piece ends with a page. */
export type TextPiece = { readonly text: string; readonly page: boolean }

export async function* copyParts(context: ConversationContext, wish: JsonWish): AsyncGenerator<CopyPart> {
	const { self, time } = context
	const head = {
		...{ ...exportFormat, exportedAt: time.now(), by: self.account, origin: wish.origin },
		...{ serverKey: bytesToBase64url(self.serverKey), account: wish.account },
	}
	yield { type: 'head', value: head }
	// First, so that the logs of accounts, which come before them, know at least all that they name.
	const logs = await Promise.all(wish.conversations.map(({ id }) => exportLog(context, id)))
	const people = new Set(wish.conversations.flatMap(({ id }) => [...(context.logs.known(id)?.roles.keys() ?? [])]))
	for (const account of people.add(self.account))
		yield { type: 'account', value: await exportAccount(context, account) }
	for (const [i, { id, pages }] of wish.conversations.entries()) {
		yield { type: 'conversation', value: logs[i] as (typeof logs)[number] }
		for (let page = 0; page < pages; page++)
			yield { type: 'page', value: await exportPage(context, { conversation: id, page }, wish.pathOf) }
	}
}

/** All of it as one document. */
export async function* jsonPieces(context: ConversationContext, wish: JsonWish): AsyncGenerator<TextPiece> {
	let before: CopyPart['type'] | null = null
	for await (const { type, value } of copyParts(context, wish)) {
		const text = JSON.stringify(value)
		const isOpen = type === 'head' || type === 'conversation'
		yield { text: `${between(before, type)}${isOpen ? text.slice(0, -1) : text}`, page: type === 'page' }
		before = type
	}
	yield { text: between(before, null), page: false }
}

/** What stands in the document between two parts. */
function between(before: CopyPart['type'] | null, now: CopyPart['type'] | null): string {
	if (now === 'head') return ''
	if (now === 'account') return before === 'head' ? ',"accounts":[\n' : ',\n'
	if (now === 'page') return before === 'conversation' ? ',"pages":[\n' : ',\n'
	const closed = before === 'account' ? '],"conversations":[' : before === 'page' ? ']}' : ',"pages":[]}'
	if (now === null) return `${closed}]}\n`
	return before === 'account' ? `${closed}\n` : `${closed},\n`
}

async function exportAccount(context: ConversationContext, account: AccountId) {
	const { records, accounts } = context
	const { name, displayName } = accounts.person(account)
	const read = async () => {
		const rows = await records.all(accountLogRow, 'accountLogs', logRange(account))
		const person = await records.get(personRow, { store: 'accounts', key: accountKey(account) })
		return { entries: rows, head: person?.head ?? null }
	}
	const { entries, head } = await ofOneMoment(read)
	return {
		...{ account, name, displayName },
		log: entries
			.toSorted((a, b) => keyToNumber(a.key) - keyToNumber(b.key))
			.map(({ value }) => bytesToBase64url(value.entry)),
		head: head === null ? null : bytesToBase64url(encode(signedHead, head)),
	}
}

async function exportLog(context: ConversationContext, id: ConversationId) {
	const { logs, records } = context
	const read = async () => {
		const row = await records.get(conversationRow, { store: 'conversations', key: conversationKey(id) })
		const head = row === null ? null : decode(signedHead, row.head)
		return { entries: await logs.entries(id), head: head?.ok === true ? head.value : null }
	}
	const { entries, head } = await ofOneMoment(read)
	const state = logs.known(id)
	if (state === null) throw new RangeError('not a conversation of ours')
	const title = await titleOf(context, state)
	const lists = state.cuts.map(({ hash }) => logs.cutList(hash)).filter((list) => list !== null)
	return {
		...{ conversation: idToText(state.id), kind: state.kind, title: title?.name ?? null },
		log: entries.map((entry) => bytesToBase64url(encode(signedEntry, entry))),
		head: head === null ? null : bytesToBase64url(encode(signedHead, head)),
		cutLists: lists.map((list) => bytesToBase64url(encode(cutList, list))),
	}
}

/** So often a log may grow while it is read, before that is a bug. */
const readMax = 10

/** A log, and the head over just this log: one that came in between the two would prove nothing. */
async function ofOneMoment<T extends { readonly entries: readonly unknown[]; readonly head: SignedHead | null }>(
	read: () => Promise<T>,
): Promise<T> {
	for (let tries = 1; ; tries++) {
		const log = await read()
		if (log.head === null || log.head.seq === log.entries.length - 1 || tries === readMax) return log
	}
}
