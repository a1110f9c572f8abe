/** Which key does what. Pure: keys in, an action out; who carries it out stands in components/shell. */
export type Shortcut =
	'palette' | 'search' | 'keys' | 'chats' | 'rooms' | 'friends' | 'alerts' | 'settings' | 'next' | 'previous'

export interface Key {
	readonly key: string
	readonly altKey: boolean
	readonly ctrlKey: boolean
	readonly metaKey: boolean
	/** The key goes into a text field. */
	readonly typing: boolean
}

export type Answer = { readonly action: Shortcut | null; readonly leader: boolean }

const afterLeader: Readonly<Record<string, Shortcut>> = {
	c: 'chats',
	r: 'rooms',
	f: 'friends',
	a: 'alerts',
	s: 'settings',
}
const single: Readonly<Record<string, Shortcut>> = { '/': 'search', '?': 'keys' }

/** `leader`: the key before was g. `singleKeys`: the person wants shortcuts without a modifier. */
export function shortcutFor(key: Key, leader: boolean, singleKeys: boolean): Answer {
	const nothing = { action: null, leader: false }
	const command = (key.ctrlKey || key.metaKey) && !key.altKey
	if (command && key.key.toLowerCase() === 'k') return { action: 'palette', leader: false }
	if (key.altKey && !key.ctrlKey && !key.metaKey) {
		if (key.key === 'ArrowDown') return { action: 'next', leader: false }
		if (key.key === 'ArrowUp') return { action: 'previous', leader: false }
	}
	if (key.typing || !singleKeys || key.altKey || key.ctrlKey || key.metaKey) return nothing
	if (leader) return { action: afterLeader[key.key] ?? null, leader: false }
	if (key.key === 'g') return { action: null, leader: true }
	return { action: single[key.key] ?? null, leader: false }
}

/** The neighbour of `current` in a list, `step` further; the first or last when there is no current one. */
export function neighbour(ids: readonly string[], current: string | null, step: 1 | -1): string | null {
	const index = current === null ? -1 : ids.indexOf(current)
	if (index < 0) return (step === 1 ? ids[0] : ids.at(-1)) ?? null
	return ids[index + step] ?? null
}
