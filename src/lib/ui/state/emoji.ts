/** The emoji that can be picked: served by us with the app (emoji-picker-element-data, English), loaded when they are asked for. */
export interface Emoji {
	readonly emoji: string
	readonly name: string
	readonly group: number
	/** Lower case: what a search looks at. */
	readonly words: readonly string[]
}

interface Entry {
	readonly annotation: string
	readonly tags?: readonly string[]
	readonly emoji: string
	readonly group: number
	readonly version: number
}

/** Newer ones are empty boxes on devices of some years. */
const newestVersion = 15

let loading: Promise<readonly Emoji[]> | null = null

/** Rejects where they cannot be had; the next call tries again. */
export function loadEmoji(address: string): Promise<readonly Emoji[]> {
	loading ??= fetch(address)
		.then(async (response) => {
			if (!response.ok) throw new Error(`emoji: ${response.status}`)
			return toEmoji((await response.json()) as readonly Entry[])
		})
		.catch((error: unknown) => {
			loading = null
			throw error
		})
	return loading
}

export function toEmoji(entries: readonly Entry[]): readonly Emoji[] {
	return entries
		.filter(({ version }) => version <= newestVersion)
		.map(({ annotation, tags = [], emoji, group }) => ({
			...{ emoji, group, name: annotation },
			words: [annotation, ...tags].flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)),
		}))
}

/** Those of which a word begins with each word of the query; named so before tagged so. */
export function findEmoji(all: readonly Emoji[], query: string): readonly Emoji[] {
	const wanted = query.toLowerCase().split(/\s+/u).filter(Boolean)
	const fits = ({ words }: Emoji) => wanted.every((want) => words.some((word) => word.startsWith(want)))
	const isNamed = ({ name }: Emoji) => (name.toLowerCase().includes(wanted.join(' ')) ? 0 : 1)
	return all.filter(fits).sort((a, b) => isNamed(a) - isNamed(b))
}
