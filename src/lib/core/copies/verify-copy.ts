/**
 * Whether what an archive says was said: logs under the heads of its instance, items by the devices that the logs certify, texts by the keys
 * beside them. What is shown of a copy is folded from these items, as it is where they came from.
 */
import { openWithEventKey } from '#crypto/event-seal.ts'
import type { Crypto } from '#crypto/suite.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import { verifyAccountLog, type AccountState } from '#protocol/account-state.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, type Codec } from '#protocol/codec.ts'
import { isArchivedAt } from '#protocol/conversation-lookups.ts'
import { verifyConversationLog, type ConversationState } from '#protocol/conversation-state.ts'
import { cutHash, cutList } from '#protocol/cut.ts'
import type { FoldContent, FoldEvent } from '#protocol/fold-events.ts'
import { foldEvents, type Message } from '#protocol/fold.ts'
import { parseGuid } from '#protocol/guid.ts'
import { headClaim, signedHead } from '#protocol/head.ts'
import { idToText, padConversationId } from '#protocol/ids.ts'
import { judgeItem, verifyItems, type JudgedEvent, type JudgeView } from '#protocol/intrinsic.ts'
import { judgeViewOf } from '#protocol/judge-view.ts'
import type { LogHead } from '#protocol/log-entry.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { DamagedArchive } from './archive-lines.ts'
import type { ArchivedAccount, ArchivedConversation, ArchivedItem, ArchivedPage } from './read-line.ts'

/** It is whole, and says what nobody signed. */
export class ForgedArchive extends Error {}

export interface CopyVerifier {
	readonly account: (line: ArchivedAccount) => Promise<void>
	readonly conversation: (line: ArchivedConversation) => Promise<ConversationVerifier>
}

export interface ConversationVerifier {
	readonly state: ConversationState
	/** The messages of a page, folded from those items that stand, and how many do not. */
	readonly page: (line: ArchivedPage, now: number) => Promise<{ messages: readonly Message[]; refused: number }>
}

export function createCopyVerifier(crypto: Crypto, serverKey: Bytes): CopyVerifier {
	const { hash, verify } = crypto
	const accounts = new Map<string, AccountState>()

	function device(deviceId: Bytes) {
		for (const account of accounts.values()) {
			const found = deviceOf(account, deviceId)
			if (found !== null) return { idHash: account.idHash, device: found }
		}
		return null
	}

	async function underHead(bytes: Bytes, subject: Bytes, head: LogHead): Promise<boolean> {
		const signed = read(signedHead, bytes)
		const isIts = signed.seq === head.seq && equalBytes(signed.hash, head.hash) && equalBytes(signed.subject, subject)
		return isIts && (await verify([headClaim(hash, signed, serverKey)]))[0] === true
	}

	return {
		account: async ({ account, log, head }) => {
			const verified = await verifyAccountLog({ entries: log.map((entry) => read(signedEntry, entry)), hash, verify })
			if (!verified.ok || idToText(verified.value.idHash) !== account) throw new ForgedArchive('an account log')
			if (head !== null && !(await underHead(head, verified.value.idHash, verified.value.head)))
				throw new ForgedArchive('an account log under another head')
			accounts.set(account, verified.value)
		},
		conversation: async ({ conversation, log, head, cutLists }) => {
			const entries = log.map((entry) => read(signedEntry, entry))
			const known = (idHash: Uint8Array) => accounts.get(bytesToBase64url(idHash)) ?? null
			const verified = await verifyConversationLog({ entries, hash, verify, accounts: known })
			if (!verified.ok || idToText(verified.value.id) !== conversation) throw new ForgedArchive('a conversation log')
			const state = verified.value
			if (head === null || !(await underHead(head, padConversationId(state.id), state.head)))
				throw new ForgedArchive('a conversation log under another head')
			const lists = cutLists.map((list) => read(cutList, list))
			const listOf = (named: Bytes) => lists.find((list) => equalBytes(cutHash(hash, list), named)) ?? null
			const view = judgeViewOf({ hash, conversation: state, device, cutList: listOf })
			return { state, page: (line, now) => foldPage(crypto, { state, view, line, now }) }
		},
	}
}

function read<T>(codec: Codec<T>, bytes: Bytes): T {
	const decoded = decode(codec, bytes)
	if (!decoded.ok) throw new DamagedArchive('not of its form')
	return decoded.value
}

interface PageInput {
	readonly state: ConversationState
	readonly view: JudgeView
	readonly line: ArchivedPage
	readonly now: number
}

async function foldPage(crypto: Crypto, { state, view, line, now }: PageInput) {
	const judged = await verifyItems(
		crypto.verify,
		line.items.map((one) => {
			const at = parseGuid(one.guid)
			if (at === null || at.page !== line.page || !equalBytes(at.conversation, state.id))
				throw new DamagedArchive('an item of another page')
			const item = { clientId: one.clientId, clock: one.clock, content: one.item }
			return judgeItem(view, { guid: one.guid, item, holder: null })
		}),
	)
	const events = await Promise.all(
		judged.map(async (judgment, i) => {
			if (judgment.type !== 'valid') return null
			return toFoldEvent(
				state,
				judgment.event,
				await contentOf(crypto, state, judgment.event, line.items[i] as ArchivedItem),
			)
		}),
	)
	const valid = events.filter((event) => event !== null)
	return { messages: foldEvents(valid, now).messages, refused: events.length - valid.length }
}

async function contentOf(
	crypto: Crypto,
	state: ConversationState,
	{ item, author }: JudgedEvent,
	{ key }: ArchivedItem,
): Promise<FoldContent> {
	if (item.form === 'skeleton') return { type: 'skeleton', why: item.why }
	if (key?.length !== 32) return { type: 'closed', why: 'before-you-joined' }
	const body = await openWithEventKey(crypto, key, { conversation: state.id, idHash: author, item })
	if (body.ok) return { type: 'open', body: body.value }
	return { type: 'closed', why: body.error.type === 'unknown' ? 'newer-app' : 'key-not-valid' }
}

function toFoldEvent(state: ConversationState, event: JudgedEvent, content: FoldContent): FoldEvent {
	const { eventId, author, page, part, clientId, clock, item, role } = event
	const { kind, deviceId, hlc, expiresAt, targets } = item.head
	return {
		...{ eventId, kind, author, deviceId, page, part, clientId, clock, hlc, expiresAt, targets, role, content },
		...{ recvSeq: null, valid: true, archived: isArchivedAt(state, item.place.logSeq) },
	}
}
