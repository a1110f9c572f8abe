/**
 * What one does to messages that are there: edits, reactions, pins, deletions. Each is a row of the outbox, shown at once and
 * placed when it can be (destinations.ts). What was never given to a server is changed where it waits, and leaves no trace.
 */
import { bytesToBase64url, compareBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { mayRedact } from '#protocol/event-rights.ts'
import type { Message } from '#protocol/fold.ts'
import { REDACT_TARGETS_MAX } from '#protocol/limits.ts'
import type { Action } from '#protocol/plaintext.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { ConversationId, HiddenMessage, KithError } from './api.ts'
import type { ConversationContext } from './context.ts'
import { outboxSequence } from './message-views.ts'
import type { OutboxEntry } from './outbox.ts'
import type { AnnotateContent, OutboxContent, PostContent, RedactContent } from './outbox-row.ts'
import type { ConversationWindow } from './window.ts'

export interface Changes {
	/** Of an own message: its text from now on. */
	readonly edit: (key: string, said: { text: string; mentions: readonly Bytes[] }) => Promise<Result<null, KithError>>
	readonly react: (key: string, reaction: { emoji: string; on: boolean }) => Promise<Result<null, KithError>>
	readonly pin: (key: string, on: boolean) => Promise<Result<null, KithError>>
	/** For everybody: the text goes from all devices and from the server. */
	readonly redact: (key: string) => Promise<Result<null, KithError>>
	/** Own edits, reactions and pins of messages that were deleted, in these pages and the newest: what to redact (DEL6). */
	readonly due: (pages: readonly number[]) => Promise<readonly RedactContent[]>
	/** What waits here to be said about these events, or was refused, and they are deleted: it has nothing to be about, and goes. */
	readonly letGo: (deleted: readonly Bytes[]) => Promise<void>
	/** What waits here to be said about messages that are out of their time. */
	readonly letGoExpired: () => Promise<void>
	/** For this account alone; its own devices show it no more. */
	readonly hide: (key: string) => Promise<Result<HiddenMessage, KithError>>
	/** Takes that back. */
	readonly show: (message: HiddenMessage) => Promise<Result<null, KithError>>
	/** The message of this key, where it is shown. */
	readonly message: (key: string) => Message | null
}

const notHere: Result<null, KithError> = fail({ type: 'not-here' })
const noRight: Result<null, KithError> = fail({ type: 'server', code: 'item-no-right' })

export function createChanges(
	conversation: ConversationId,
	context: ConversationContext,
	window: ConversationWindow,
): Changes {
	const { files, hidden, logs, outbox, self, time } = context

	/** What is on the screen: the newest messages, and those that somebody jumped to. */
	function message(key: string): Message | null {
		const sequence = outboxSequence(key)
		const ids =
			sequence === null
				? [key]
				: [...window.rows()].flatMap(({ row, eventId }) =>
						row.sequence === sequence ? [bytesToBase64url(eventId)] : [],
					)
		const shown = [...window.fold().messages, ...(window.lastRun()?.messages ?? [])]
		return shown.find((one) => one.ids.some((id) => ids.includes(bytesToBase64url(id)))) ?? null
	}

	/** Written and not given to any server: it can be changed as if it had never been said. */
	function unsent(key: string): (OutboxEntry & { row: { content: PostContent } }) | null {
		const sequence = outboxSequence(key)
		const entry = outbox.of(conversation).find((one) => one.sequence === sequence)
		if (entry === undefined || entry.row.state === 'placed' || entry.row.content.kind !== 'post') return null
		return entry as OutboxEntry & { row: { content: PostContent } }
	}

	/** By the rules that server and peers judge by (SPEC DEL4). */
	function mayDelete({ author, page }: Message): boolean {
		const state = logs.known(conversation)
		const role = state?.members.get(self.account)?.role ?? null
		return role !== null && mayRedact({ author: self.idHash, role, page }, { author, kind: 'post', page })
	}

	const add = async (content: OutboxContent) => {
		await outbox.add(conversation, { content, writtenAt: time.now() })
		return ok(null)
	}

	/** What waits of ours for this message, of one kind. */
	const waiting = ({ ids }: Message, type: Action['type']) =>
		outbox.of(conversation).flatMap((entry) => {
			const { content, state } = entry.row
			if (state === 'placed' || content.kind !== 'annotate' || content.action.type !== type) return []
			return ids.some((id) => equalBytes(id, content.target)) ? [{ ...entry, action: content.action }] : []
		})

	/** What was given to a server goes by the server's word. */
	const letGoWhere = (isGone: (content: AnnotateContent) => Promise<boolean>) =>
		outbox.alone(conversation, async () => {
			for (const entry of outbox.of(conversation)) {
				const { content, state } = entry.row
				if (state !== 'placed' && content.kind === 'annotate' && (await isGone(content))) await outbox.remove(entry)
			}
		})

	async function annotate(key: string, action: Action): Promise<Result<null, KithError>> {
		const to = message(key)
		if (to === null || to.state.type !== 'shown') return notHere
		if (action.type === 'edit' && !equalBytes(to.author, self.idHash)) return noRight
		const { eventId: target, page, expiresAt } = to
		// What was said before and never left this device was never said.
		for (const entry of waiting(to, action.type)) {
			const isSame = action.type !== 'reaction' || (entry.action as typeof action).emoji === action.emoji
			if (isSame) await outbox.remove(entry)
		}
		return saysSo(message(key), action, self.idHash)
			? ok(null)
			: add({ kind: 'annotate', target, page, expiresAt, action })
	}

	return {
		message,
		edit: async (key, said) => {
			const entry = unsent(key)
			if (entry === null) return annotate(key, { type: 'edit', text: said.text, mentions: said.mentions })
			await outbox.replace({ ...entry, row: { ...entry.row, content: { ...entry.row.content, ...said } } })
			return ok(null)
		},
		react: (key, reaction) => annotate(key, { type: 'reaction', ...reaction }),
		pin: (key, on) => annotate(key, { type: 'pin', on }),
		due: async (pages) => {
			if (logs.known(conversation)?.members.has(self.account) !== true) return []
			const due = (await window.due(pages)).filter(({ author }) => equalBytes(author, self.idHash))
			return [...Map.groupBy(due, ({ page }) => page)].map(([page, events]) => ({
				...{ kind: 'redact' as const, page, reason: null },
				targets: ascending(events.map(({ eventId }) => eventId)),
			}))
		},
		letGo: (deleted) =>
			letGoWhere(async ({ target }) => {
				if (!deleted.some((id) => equalBytes(id, target))) return false
				const about = await window.message(bytesToBase64url(target))
				return about?.state.type === 'redacted'
			}),
		letGoExpired: () => letGoWhere(async ({ expiresAt }) => expiresAt !== null && expiresAt <= time.now()),
		hide: async (key) => {
			const to = message(key)
			if (to === null) return fail({ type: 'not-here' })
			const [page, events] = [to.page, to.ids.map((id) => bytesToBase64url(id))]
			await hidden.set({ conversation, page }, events, true)
			return ok({ page, events })
		},
		show: async ({ page, events }) => {
			await hidden.set({ conversation, page }, events, false)
			return ok(null)
		},
		redact: async (key) => {
			const entry = unsent(key)
			if (entry !== null) {
				await outbox.remove(entry)
				await files.dropped(entry)
				return ok(null)
			}
			const to = message(key)
			if (to === null || to.state.type === 'redacted') return notHere
			if (!mayDelete(to)) return noRight
			for (const type of ['edit', 'reaction', 'pin'] as const)
				for (const waits of waiting(to, type)) await outbox.remove(waits)
			const now = message(key) ?? to
			return add({ kind: 'redact', targets: targetsOf(now), page: now.page, reason: null })
		},
	}
}

/** DEL7: all ids of the message; besides, each edit, which holds a text of its own. */
function targetsOf({ ids, state }: Message): readonly Bytes[] {
	const edits = state.type === 'shown' ? state.versions.map(({ eventId }) => eventId) : []
	return ascending([...ids, ...edits])
}

/** As a redact names them, as many as it can. */
function ascending(ids: readonly Bytes[]): readonly Bytes[] {
	const named = ids.slice(0, REDACT_TARGETS_MAX).toSorted(compareBytes)
	return named.filter((id, i) => i === 0 || !equalBytes(id, named[i - 1] as Bytes))
}

/** Does the message already show what this would make of it? */
function saysSo(message: Message | null, action: Action, self: Bytes): boolean {
	const state = message?.state
	if (state?.type !== 'shown') return false
	switch (action.type) {
		case 'edit':
			return state.text === action.text
		case 'pin':
			return state.pinned === action.on
		case 'reaction': {
			const by = state.reactions.find(({ emoji }) => emoji === action.emoji)?.by ?? []
			return by.some((account) => equalBytes(account, self)) === action.on
		}
	}
}
