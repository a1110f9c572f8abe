/** What the palette offers for what is typed: conversations, friends to write to, and things to do, in that order. */
import type { ChatView } from './views.ts'
import { matches } from './search.ts'

export interface PaletteItem {
	/** Stable while the palette is open. */
	readonly id: string
	readonly group: 'chats' | 'people' | 'actions' | 'messages'
	readonly label: string
	/** Further words by which it is found. */
	readonly also?: string
	/** The account whose avatar stands before it. */
	readonly account?: string
	/** Of what it is: of a person without. */
	readonly kind?: ChatView['kind']
	readonly run: () => void
}

/** Before anything is typed: what is most likely wanted. */
const atFirst = { chats: 5, people: 0, actions: 5 }
const found = { chats: 6, people: 6, actions: 8 }
const groups = ['chats', 'people', 'actions'] as const

/** In each group what begins with the query comes first; else the order stays as given. */
export function paletteMatches(items: readonly PaletteItem[], query: string): readonly PaletteItem[] {
	const limits = query.trim() === '' ? atFirst : found
	const fitting = items.filter((item) => matches(query, item.label, item.also ?? ''))
	const begins = (item: PaletteItem) => Number(matches(query, item.label.split(/\s/u)[0] ?? ''))
	return groups.flatMap((group) =>
		fitting
			.filter((item) => item.group === group)
			.sort((a, b) => begins(b) - begins(a))
			.slice(0, limits[group]),
	)
}

/** The place of the chosen row after a key; null for any other key. It wraps around. */
export function paletteMove(key: string, chosen: number, count: number): number | null {
	if (count === 0) return null
	if (key === 'ArrowDown') return (chosen + 1) % count
	if (key === 'ArrowUp') return (chosen + count - 1) % count
	if (key === 'PageDown') return count - 1
	if (key === 'PageUp') return 0
	return null
}
