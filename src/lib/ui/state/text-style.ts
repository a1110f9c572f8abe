/** Marks around a selection, as a person would type them: what was marked already is unmarked. Pure. */
export interface Selection {
	readonly text: string
	readonly start: number
	/** Exclusive. */
	readonly end: number
}

/** What takes the place of `text` from `start` to `end`, and what is selected afterwards. */
export interface Replacement {
	readonly start: number
	readonly end: number
	readonly by: string
	readonly select: readonly [number, number]
}

export type Mark = '**' | '_' | '`'

const markByKey: Readonly<Record<string, Mark>> = { b: '**', i: '_', e: '`' }

/** Null for a key that marks nothing. */
export function markOf(key: string): Mark | null {
	return markByKey[key.toLowerCase()] ?? null
}

export function toggleMark({ text, start, end }: Selection, mark: Mark): Replacement {
	const size = mark.length
	const inside = text.slice(start, end)
	const isWrapped = text.slice(start - size, start) === mark && text.slice(end, end + size) === mark
	if (isWrapped && start >= size) {
		return { start: start - size, end: end + size, by: inside, select: [start - size, end - size] }
	}
	if (inside.length >= 2 * size && inside.startsWith(mark) && inside.endsWith(mark)) {
		return { start, end, by: inside.slice(size, -size), select: [start, end - 2 * size] }
	}
	return { start, end, by: `${mark}${inside}${mark}`, select: [start + size, end + size] }
}
