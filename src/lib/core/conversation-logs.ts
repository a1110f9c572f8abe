/**
 * Verified logs of conversations. Entries come from the store, an HTTP answer or a push, and count only under a head
 * that the server signed over them (SPEC LOG); what does not verify is dropped, and what was verified is never undone.
 */
import type { Crypto } from '#crypto/suite.ts'
import { base64urlToBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { accountsNamed, decodeConversationBody } from '#protocol/conversation-log.ts'
import {
	appendConversationEntry,
	verifyConversationLog,
	type ConversationLogError,
	type ConversationState,
} from '#protocol/conversation-state.ts'
import type { CutList } from '#protocol/cut.ts'
import { signedHead, type SignedHead } from '#protocol/head.ts'
import { idToText, padConversationId, textToId } from '#protocol/ids.ts'
import { signedEntry, type SignedEntry } from '#protocol/log-entry.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { HttpClient } from '#sync/http-client.ts'
import { conversationKey, conversationLogKey, logRange } from '#store/keys.ts'
import type { Storage } from '#store/storage.ts'
import type { AccountId, ConversationId, KithError } from './api.ts'
import { conversationRow, logRow } from './conversation-rows.ts'
import { createKeptCutLists } from './cut-lists.ts'
import type { EpochKeyring, ReceivedBox } from './epoch-keys.ts'
import type { Forks } from './forks.ts'
import { toKithError } from './http-errors.ts'
import type { Accounts, CheckHead } from './identity.ts'
import { textsToEntries, textToSignedHead, type ReceivedLog } from './log-texts.ts'
import type { Records } from './records.ts'
import { createQueue } from './queue.ts'

export interface ConversationLogs {
	readonly known: (conversation: ConversationId) => ConversationState | null
	readonly all: () => readonly ConversationState[]
	/** What the store has, verified again. */
	readonly restore: () => Promise<void>
	/** Asks the server for newer entries and missing boxes. */
	readonly sync: (conversation: ConversationId) => Promise<Result<ConversationState, KithError>>
	/** From a push or an answer: base64url entries from `from` on, and a head over them. */
	readonly take: (conversation: ConversationId, log: ReceivedLog) => Promise<ConversationState | null>
	/** Keys of a conversation that is known, whoever sealed them: kept where the log commits to them. */
	readonly takeBoxes: (conversation: ConversationId, boxes: readonly ReceivedBox[]) => Promise<void>
	/** A log that is not ours yet, as who holds a link is given it: verified, under a signed head, and kept nowhere. */
	readonly preview: (conversation: ConversationId, log: ReceivedLog) => Promise<ConversationState | null>
	/** Its verified entries, from the first on. */
	readonly entries: (conversation: ConversationId) => Promise<readonly SignedEntry[]>
	/** The newest head that was signed over it; null where none was kept. */
	readonly head: (conversation: ConversationId) => Promise<SignedHead | null>
	/** What the server said of it last. */
	readonly beside: (conversation: ConversationId) => Beside
	/** The list that a cut names by hash; null while it is not here. */
	readonly cutList: (hash: Bytes) => CutList | null
	/** Called after each verified change. */
	readonly onChange: (listener: (conversation: ConversationId) => void) => () => void
}

/** X-Wing keys of links by link id, and members who wait for a box. Neither is believed before it was compared with the log. */
export interface Beside {
	readonly linkKeys: ReadonlyMap<string, Bytes>
	readonly missing: readonly { readonly account: AccountId; readonly epoch: number }[]
}

const nothingBeside: Beside = { linkKeys: new Map(), missing: [] }

export interface ConversationLogsDeps {
	readonly records: Records
	readonly storage: Storage
	readonly crypto: Crypto
	readonly http: HttpClient
	/** Nothing else is taken than what we are or were a member of; as a guest, an open room. */
	readonly isOurs: (state: ConversationState) => boolean
	readonly accounts: Accounts
	readonly forks: Forks
	readonly checkHead: CheckHead
	readonly keyring: EpochKeyring
}

const nothing = new Uint8Array() as Bytes

export function createConversationLogs(deps: ConversationLogsDeps): ConversationLogs {
	const { records, storage, crypto, http, accounts, keyring } = deps
	const states = new Map<ConversationId, ConversationState>()
	const listeners = new Set<(conversation: ConversationId) => void>()
	const queue = createQueue()
	const besides = new Map<ConversationId, Beside>()
	const cutLists = createKeptCutLists(records, crypto)

	const context = () => ({
		accounts: (idHash: Uint8Array) => accounts.known(idToText(idHash as never)),
		hash: crypto.hash,
		verify: crypto.verify,
	})

	/** Runs `verify` again after fetching each account log that it waits for; gives up when one does not grow. */
	async function withAccounts(
		verify: () => Promise<Result<ConversationState, ConversationLogError>>,
	): Promise<Result<ConversationState, ConversationLogError>> {
		let waitedFor = ''
		for (;;) {
			const result = await verify()
			if (result.ok || result.error.type !== 'hold') return result
			const account = idToText(result.error.account)
			const waits = `${account} ${accounts.known(account)?.head.seq ?? -1}`
			if (waits === waitedFor) return result
			waitedFor = waits
			const asked = accounts.known(account) === null ? await accounts.load(account) : await accounts.refresh(account)
			if (!asked.ok) return result
		}
	}

	/** One after the other, as judging meets them, a thousand logs would be a thousand round trips. */
	async function loadNamed(entries: readonly SignedEntry[]): Promise<void> {
		const bodies = entries.map(({ body }) => decodeConversationBody(body)).filter((body) => body.ok)
		const named = new Set(bodies.flatMap(({ value }) => accountsNamed(value).map(idToText)))
		await accounts.loadAll([...named])
	}

	async function extend(
		state: ConversationState | null,
		entries: readonly SignedEntry[],
	): Promise<Result<ConversationState, ConversationLogError>> {
		await loadNamed(entries)
		if (state === null) return withAccounts(() => verifyConversationLog({ entries, ...context() }))
		let last: Result<ConversationState, ConversationLogError> = ok(state)
		for (const entry of entries) {
			const before: ConversationState = (last as { value: ConversationState }).value
			last = await withAccounts(() => appendConversationEntry(before, entry, context()))
			if (!last.ok) return last
		}
		return last
	}

	/**
	 * The head must be signed by our server, for this conversation, and be the last of the chain that we verified: what lies
	 * beyond it is an entry that the server never signed for, and could deny.
	 */
	async function isUnderHead(state: ConversationState, head: SignedHead): Promise<boolean> {
		const isLast = head.seq === state.head.seq && equalBytes(head.hash, state.head.hash)
		return isLast && deps.checkHead(head, padConversationId(state.id))
	}

	async function keep(
		conversation: ConversationId,
		input: { from: number; entries: readonly SignedEntry[]; head: SignedHead },
	): Promise<void> {
		const rows = await Promise.all(
			input.entries.map((entry, i) =>
				records.seal(
					logRow,
					{ store: 'conversationLogs', key: conversationLogKey(conversation, input.from + i) },
					{ entry: encode(signedEntry, entry) },
				),
			),
		)
		const row = await records.seal(
			conversationRow,
			{ store: 'conversations', key: conversationKey(conversation) },
			{ head: encode(signedHead, input.head) },
		)
		await storage.transaction('write', ['conversationLogs', 'conversations'], async (tx) => {
			for (const { key, bytes } of rows) await tx.put('conversationLogs', key, bytes)
			await tx.put('conversations', row.key, row.bytes)
		})
	}

	/** What of an answer extends the log that we know, judged as a whole. */
	async function judged(conversation: ConversationId, log: ReceivedLog, head: SignedHead) {
		const before = states.get(conversation) ?? null
		const from = before === null ? 0 : before.head.seq + 1
		const entries = textsToEntries(log.entries.slice(Math.max(0, from - log.from)))
		if (entries === null || entries.length === 0 || log.from > from) return null
		const extended = await extend(before, entries)
		if (!extended.ok || idToText(extended.value.id) !== conversation) return null
		const state = extended.value
		// A conversation of others under a friend's name would have us write to whoever is in it.
		if (!deps.isOurs(state)) return null
		return (await isUnderHead(state, head)) ? { state, from, entries, head } : null
	}

	async function take(conversation: ConversationId, log: ReceivedLog): Promise<ConversationState | null> {
		const before = states.get(conversation) ?? null
		const head = textToSignedHead(log.head)
		const taken = head === null ? null : await judged(conversation, log, head)
		if (taken === null) {
			if (before !== null && head !== null) await suspect(conversation, before, head)
			return before
		}
		await keep(conversation, taken)
		states.set(conversation, taken.state)
		for (const listener of listeners) listener(conversation)
		return taken.state
	}

	async function keptHead(conversation: ConversationId): Promise<SignedHead | null> {
		const row = await records.get(conversationRow, { store: 'conversations', key: conversationKey(conversation) })
		const head = row === null ? null : decode(signedHead, row.head)
		return head?.ok === true ? head.value : null
	}

	/** What was not taken may be another branch of the log that we know, which is worth a proof. */
	async function suspect(conversation: ConversationId, state: ConversationState, theirs: SignedHead): Promise<void> {
		await deps.forks.look({
			...{
				subject: padConversationId(state.id),
				hashes: state.hashes,
				theirs,
				ours: await keptHead(conversation),
			},
			entries: () => storedEntries(conversation),
			branch: async () => {
				const answer = await http.call((api) => api.conversations.log({ conversation, from: 0 }))
				return answer.ok ? textsToEntries(answer.value.log.entries) : null
			},
		})
	}

	/** Only what is new is told: what was held asks for a sync, and would be judged again and again. */
	async function boxed(state: ConversationState, boxes: readonly ReceivedBox[], isNewList: boolean): Promise<void> {
		const isNewKey = await keyring.takeBoxes(state, boxes)
		if (isNewKey || isNewList) for (const listener of listeners) listener(idToText(state.id))
	}

	async function sync(conversation: ConversationId): Promise<Result<ConversationState, KithError>> {
		const from = (states.get(conversation)?.head.seq ?? -1) + 1
		const answer = await http.call((api) => api.conversations.log({ conversation, from }))
		if (!answer.ok) return fail(toKithError(answer.error))
		// Before the entries that name them: what they judge waits for them otherwise.
		const isNewList = await cutLists.take(answer.value.cutLists)
		const state = await take(conversation, answer.value.log)
		if (state === null) return fail({ type: 'not-verified', what: 'server' })
		const keys = (answer.value.linkKeys ?? []).map(({ link, key }) => [link, base64urlToBytes(key) ?? nothing] as const)
		besides.set(conversation, { linkKeys: new Map(keys), missing: answer.value.missing ?? [] })
		await boxed(state, answer.value.boxes, isNewList)
		return ok(state)
	}

	async function storedEntries(conversation: ConversationId): Promise<SignedEntry[]> {
		const rows = await records.all(logRow, 'conversationLogs', logRange(conversation))
		return rows.flatMap(({ value }) => {
			const entry = decode(signedEntry, value.entry)
			return entry.ok ? [entry.value] : []
		})
	}

	async function restoreOne(conversation: ConversationId): Promise<void> {
		const entries = await storedEntries(conversation)
		if (textToId('conversation', conversation) === null || entries.length === 0) return
		const state = await extend(null, entries)
		if (state.ok) states.set(conversation, state.value)
	}

	return {
		known: (conversation) => states.get(conversation) ?? null,
		all: () => [...states.values()],
		takeBoxes: async (conversation, boxes) => {
			const state = states.get(conversation)
			if (state !== undefined) await boxed(state, boxes, false)
		},
		preview: async (conversation, log) => {
			const head = textToSignedHead(log.head)
			const entries = textsToEntries(log.entries)
			if (head === null || entries === null || entries.length === 0 || log.from !== 0) return null
			const state = await extend(null, entries)
			if (!state.ok || idToText(state.value.id) !== conversation) return null
			return (await isUnderHead(state.value, head)) ? state.value : null
		},
		entries: storedEntries,
		head: keptHead,
		beside: (conversation) => besides.get(conversation) ?? nothingBeside,
		cutList: cutLists.get,
		restore: async () => {
			await cutLists.restore()
			const rows = await storage.transaction('read', ['conversations'], (tx) => tx.keys('conversations'))
			for (const conversation of rows) await restoreOne(conversation)
		},
		sync: (conversation) => queue.run(conversation, () => sync(conversation)),
		take: (conversation, log) => queue.run(conversation, () => take(conversation, log)),
		onChange: (listener) => {
			listeners.add(listener)
			return () => void listeners.delete(listener)
		},
	}
}
