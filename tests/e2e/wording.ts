/** What the app says, from its own catalogue: a story breaks when a screen does, not when a sentence gets better. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Plural {
	readonly match: Readonly<Record<string, string>>
}
type Entry = string | readonly Plural[]

const catalogue = JSON.parse(
	readFileSync(join(import.meta.dirname, '../../src/lib/ui/messages/en.json'), 'utf8'),
) as Record<string, Entry>

function pick(entry: Entry, count: number): string {
	if (typeof entry === 'string') return entry
	const [plural] = entry
	const wanted = count === 1 ? '=one' : '=other'
	return Object.entries(plural?.match ?? {}).find(([when]) => when.endsWith(wanted))?.[1] ?? ''
}

/** A message by its key; throws where there is none. */
export function words(key: string, values: Readonly<Record<string, string | number>> = {}): string {
	const entry = catalogue[key]
	if (entry === undefined) throw new Error(`the catalogue has no ${key}`)
	return pick(entry, Number(values['count'] ?? 0)).replace(/\{(\w+)\}/g, (_, name: string) =>
		String(values[name] ?? ''),
	)
}
