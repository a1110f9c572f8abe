/**
 * Which of the messages at hand stand in the page: a bounded run of them, from one index to before another. It grows in
 * small steps, so that no step costs a frame, and loses at the other end what is far from view.
 */
import type { MessageView } from '#core/api.ts'

export interface MessageWindow {
	readonly from: number
	/** Exclusive. */
	readonly to: number
}

/** Messages that are drawn in one frame at most besides those that stand. */
export const windowStep = 2
/** Of the first look at most: more than any screen holds. */
export const windowFirst = 32
export const windowMax = 96
/** So many more may stand before some are taken away: that moves the scroller, which is better done seldom. */
export const windowSlack = 16

export const noWindow: MessageWindow = { from: 0, to: 0 }

export function newestWindow(total: number, count = windowFirst): MessageWindow {
	return { from: Math.max(0, total - count), to: total }
}

/** Pixels: a bubble of one line with its gap, each further line, and the signs of a line where bubbles are widest. */
const leastRowPx = 40
const leastLinePx = 21
const lineSigns = 80

/**
 * How many of the newest messages fill so many pixels for certain: a first look draws what is seen, and the frames after it
 * what lies above.
 */
export function firstLook(messages: readonly MessageView[], px: number): number {
	let left = px
	const newest = messages.slice(-windowFirst)
	const covering = newest.findLastIndex((message) => (left -= leastHeight(message)) <= 0)
	return newest.length - Math.max(0, covering)
}

function leastHeight({ content }: MessageView): number {
	const text = content.type === 'text' ? content.text : ''
	return leastRowPx + leastLinePx * Math.floor(text.length / lineSigns)
}

export function windowAround(total: number, index: number): MessageWindow {
	const from = Math.max(0, index - windowFirst / 2)
	return { from, to: Math.min(total, from + windowFirst) }
}

export function extendUp({ from, to }: MessageWindow, step: number): MessageWindow {
	return { from: Math.max(0, from - step), to }
}

export function extendDown({ from, to }: MessageWindow, step: number, total: number): MessageWindow {
	return { from, to: Math.min(total, to + step) }
}

/** A frame of so many ms was late; up to so many it had time left. */
const lateMs = 32
const earlyMs = 20

/** The step after a frame that drew one and took so long: half after a late frame, one more while there is time. */
export function stepAfter(step: number, frameMs: number): number {
	if (frameMs > lateMs) return Math.max(1, Math.floor(step / 2))
	return frameMs <= earlyMs ? Math.min(windowStep, step + 1) : step
}

/** Another step would be more than the page may hold. */
export function isFull({ from, to }: MessageWindow): boolean {
	return to - from + windowStep > windowMax + windowSlack
}

/** Of a full one, what is far from where the reader looks goes: at the lower end when he looks up, else at the upper. */
export function pruned({ from, to }: MessageWindow, looking: 'up' | 'down'): MessageWindow {
	if (!isFull({ from, to })) return { from, to }
	return looking === 'up' ? { from, to: from + windowMax } : { from: to - windowMax, to }
}

/**
 * The messages changed: the window over the same ones. `follows`: it stood at the newest message, and goes on to.
 * Where none of its messages is left it stands at the end.
 */
export function carried(
	window: MessageWindow,
	before: readonly string[],
	after: readonly string[],
	follows: boolean,
): MessageWindow {
	const places = new Map(after.map((key, index) => [key, index]))
	const kept = before
		.slice(window.from, window.to)
		.map((key) => places.get(key))
		.filter((place) => place !== undefined)
	const [first, last] = [kept[0], kept.at(-1)]
	if (first === undefined || last === undefined) return newestWindow(after.length)
	const to = follows ? after.length : last + 1
	return { from: Math.max(first, to - windowMax - windowSlack), to }
}
