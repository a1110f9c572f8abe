/**
 * A conversation's messages as rows of a list: day dividers, the line above what is new, and bubbles that know their place in a group.
 * Pure: the same messages give the same rows.
 */
import type { MessageView } from '#core/api.ts'
import { startOfDay } from '../messages/day.ts'
import type { MessageWindow } from './message-window.ts'

export type Row =
	| { readonly type: 'day'; readonly key: string; readonly at: number }
	| { readonly type: 'unread'; readonly key: string }
	| { readonly type: 'message'; readonly key: string; readonly message: MessageView; readonly place: Place }

export interface Place {
	/** First and last of a group: the same author, close in time, nothing between. */
	readonly first: boolean
	readonly last: boolean
	/** One mark stands for all own messages above it that share it. */
	readonly showsMark: boolean
}

/** Messages further apart than this do not stand as one group. */
export const groupGapMs = 5 * 60_000

export function timeline(messages: readonly MessageView[], firstUnread: string | null): Row[] {
	const rows: Row[] = []
	messages.forEach((message, index) => {
		const before = messages[index - 1]
		const after = messages[index + 1]
		const day = startOfDay(message.at)
		if (before === undefined || startOfDay(before.at) !== day) rows.push({ type: 'day', key: `day ${day}`, at: day })
		if (message.key === firstUnread) rows.push({ type: 'unread', key: 'unread' })
		const place = {
			first: before === undefined || !belongTogether(before, message, firstUnread),
			last: after === undefined || !belongTogether(message, after, firstUnread),
			showsMark: message.mark !== null && message.mark !== after?.mark,
		}
		rows.push({ type: 'message', key: message.key, message, place })
	})
	return withUniqueDays(rows)
}

/** The rows of the messages in the window, with the dividers above each of them. */
export function rowsOf(
	rows: readonly Row[],
	messages: readonly MessageView[],
	{ from, to }: MessageWindow,
): readonly Row[] {
	if (from >= to) return []
	const indexOf = (key: string | undefined) => rows.findIndex((row) => row.key === key)
	return rows.slice(from === 0 ? 0 : indexOf(messages[from - 1]?.key) + 1, indexOf(messages[to - 1]?.key) + 1)
}

/** The new rows, with the objects of the old ones where nothing changed. */
export function keepRows(old: readonly Row[], next: readonly Row[]): readonly Row[] {
	const byKey = new Map(old.map((row) => [row.key, row]))
	return next.map((row) => {
		const before = byKey.get(row.key)
		return before !== undefined && isSameRow(before, row) ? before : row
	})
}

function isSameRow(a: Row, b: Row): boolean {
	if (a.type !== 'message' || b.type !== 'message') return a.type === b.type
	const [one, other] = [a.place, b.place]
	const isSamePlace = one.first === other.first && one.last === other.last && one.showsMark === other.showsMark
	return a.message === b.message && isSamePlace
}

function belongTogether(first: MessageView, second: MessageView, firstUnread: string | null): boolean {
	return (
		first.author === second.author &&
		second.key !== firstUnread &&
		Math.abs(second.at - first.at) <= groupGapMs &&
		startOfDay(first.at) === startOfDay(second.at)
	)
}

/** Clocks of authors differ, so a day may come twice; list keys may not. */
function withUniqueDays(rows: Row[]): Row[] {
	const seen = new Map<string, number>()
	return rows.map((row) => {
		if (row.type !== 'day') return row
		const times = seen.get(row.key) ?? 0
		seen.set(row.key, times + 1)
		return times === 0 ? row : { ...row, key: `${row.key} ${times}` }
	})
}

/**
 * The new messages, with the objects of the old ones where nothing changed: views arrive whole and cloned,
 * and a row whose object stays the same is not drawn again.
 */
export function keepUnchanged(old: readonly MessageView[], next: readonly MessageView[]): readonly MessageView[] {
	const byKey = new Map(old.map((message) => [message.key, message]))
	return next.map((message) => {
		const before = byKey.get(message.key)
		return before !== undefined && isSame(before, message) ? before : message
	})
}

function isSame(a: MessageView, b: MessageView): boolean {
	const sameMeta =
		a.mark === b.mark && a.at === b.at && a.event === b.event && a.problem === b.problem && a.author === b.author
	if (!sameMeta || a.content.type !== b.content.type || !isSameReply(a.reply, b.reply)) return false
	if (a.content.type === 'text' && b.content.type === 'text') return a.content.text === b.content.text
	if (a.content.type === 'unreadable' && b.content.type === 'unreadable') return a.content.why === b.content.why
	return true
}

function isSameReply(a: MessageView['reply'], b: MessageView['reply']): boolean {
	return a === b || JSON.stringify(a) === JSON.stringify(b)
}
