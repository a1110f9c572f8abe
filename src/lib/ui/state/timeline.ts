/**
 * A conversation's messages as rows of a list: day dividers, the line above what is new, what happened in between, and bubbles that
 * know their place in a group.
 * Pure: the same messages give the same rows.
 */
import type { LogLineView, MessageView } from '#core/api.ts'
import { startOfDay } from '../messages/day.ts'
import type { MessageWindow } from './message-window.ts'

export type Row =
	| { readonly type: 'day'; readonly key: string; readonly at: number }
	| { readonly type: 'unread'; readonly key: string }
	/** What happened in a group. */
	| { readonly type: 'line'; readonly key: string; readonly line: LogLineView }
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

/** Lines that belong to the messages at hand, where there are earlier or later ones besides. */
export function linesAmong(
	lines: readonly LogLineView[],
	messages: readonly MessageView[],
	{ earlier, later }: { readonly earlier: boolean; readonly later: boolean },
): readonly LogLineView[] {
	const [first, last] = [messages[0], messages.at(-1)]
	const from = earlier && first !== undefined ? first.at : -Infinity
	const to = later && last !== undefined ? last.at : Infinity
	return lines.filter(({ at }) => at >= from && at <= to)
}

/** `lines` stand by their time before the first message that is later. */
export function timeline(
	messages: readonly MessageView[],
	firstUnread: string | null,
	lines: readonly LogLineView[] = [],
): Row[] {
	const rows: Row[] = []
	let placed = 0
	let shownDay: number | null = null
	const showDay = (at: number) => {
		const day = startOfDay(at)
		if (day !== shownDay) rows.push({ type: 'day', key: `day ${day}`, at: day })
		shownDay = day
	}
	const linesUntil = (at: number) => {
		const next = lines.findIndex((line, index) => index >= placed && line.at > at)
		const due = lines.slice(placed, next < 0 ? lines.length : next)
		for (const line of due) {
			showDay(line.at)
			rows.push({ type: 'line', key: `line ${line.key}`, line })
		}
		placed += due.length
		return due.length > 0
	}
	const isCut = messages.map((message) => {
		const hasLines = linesUntil(message.at)
		showDay(message.at)
		if (message.key === firstUnread) rows.push({ type: 'unread', key: 'unread' })
		rows.push({ type: 'message', key: message.key, message, place: noPlace })
		return hasLines || message.key === firstUnread
	})
	linesUntil(Infinity)
	const places = new Map(messages.map((message, index) => [message.key, placeOf(messages, isCut, index)]))
	const all = rows.map((row) => (row.type === 'message' ? { ...row, place: places.get(row.key) ?? noPlace } : row))
	return withUniqueDays(all)
}

const noPlace: Place = { first: true, last: true, showsMark: false }

/** `isCut`: something stands between this message and the one before it. */
function placeOf(messages: readonly MessageView[], isCut: readonly boolean[], index: number): Place {
	const message = messages[index] as MessageView
	const [before, after] = [messages[index - 1], messages[index + 1]]
	return {
		first: before === undefined || isCut[index] === true || !belongTogether(before, message),
		last: after === undefined || isCut[index + 1] === true || !belongTogether(message, after),
		showsMark: message.mark !== null && message.mark !== after?.mark,
	}
}

/** The rows of the messages in the window, with what stands above each of them; after the last one also what stands below. */
export function rowsOf(
	rows: readonly Row[],
	messages: readonly MessageView[],
	{ from, to }: MessageWindow,
): readonly Row[] {
	if (messages.length === 0) return rows
	if (from >= to) return []
	const after = (key: string | undefined) => rows.findIndex((row) => row.key === key) + 1
	const start = from === 0 ? 0 : after(messages[from - 1]?.key)
	return rows.slice(start, to === messages.length ? rows.length : after(messages[to - 1]?.key))
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
	if (a.type === 'line' && b.type === 'line') return JSON.stringify(a.line) === JSON.stringify(b.line)
	if (a.type !== 'message' || b.type !== 'message') return a.type === b.type
	const [one, other] = [a.place, b.place]
	const isSamePlace = one.first === other.first && one.last === other.last && one.showsMark === other.showsMark
	return a.message === b.message && isSamePlace
}

function belongTogether(first: MessageView, second: MessageView): boolean {
	return (
		first.author === second.author &&
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
	if (!sameMeta || a.content.type !== b.content.type || !isSameBeside(a, b)) return false
	if (a.content.type === 'text' && b.content.type === 'text') return a.content.text === b.content.text
	if (a.content.type === 'unreadable' && b.content.type === 'unreadable') return a.content.why === b.content.why
	return true
}

/** What stands around the words. */
function isSameBeside(a: MessageView, b: MessageView): boolean {
	if (a.edited !== b.edited || a.pinned !== b.pinned || a.forwarded !== b.forwarded) return false
	return (
		isSameJson(a.mentions, b.mentions) &&
		isSameJson(a.reply, b.reply) &&
		isSameJson(a.reactions, b.reactions) &&
		isSameJson(a.refused, b.refused)
	)
}

function isSameJson(a: unknown, b: unknown): boolean {
	return a === b || (isEmpty(a) && isEmpty(b)) || JSON.stringify(a) === JSON.stringify(b)
}

/** As with nearly every message. */
function isEmpty(value: unknown): boolean {
	return Array.isArray(value) && value.length === 0
}
