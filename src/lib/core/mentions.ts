/** Who is mentioned in what somebody writes: members of the conversation, by @username. An idHash is what travels (SPEC EV16). */
import { compareBytes, type Bytes } from '#protocol/bytes.ts'
import { mentionsMax } from '#protocol/plaintext.ts'

interface Named {
	readonly idHash: Bytes
	/** The username; empty where it is not known. */
	readonly name: string
}

/** Not inside a word or an address. */
const mention = /(?<![\p{L}\p{N}._%+@/-])@([a-z0-9._-]+)/giu

/** idHashes, ascending, each once. */
export function mentionsIn(text: string, people: readonly Named[]): readonly Bytes[] {
	const byName = new Map(people.filter(({ name }) => name !== '').map(({ name, idHash }) => [name, idHash]))
	const named = [...text.matchAll(mention)].map(([, said]) => longestName(said as string, byName))
	return [...new Set(named.filter((idHash) => idHash !== null))].sort(compareBytes).slice(0, mentionsMax)
}

/** A name may end in the sign that also ends a sentence. */
function longestName(said: string, byName: ReadonlyMap<string, Bytes>): Bytes | null {
	for (let name = said.toLowerCase(); ; name = name.slice(0, -1)) {
		const found = byName.get(name)
		if (found !== undefined) return found
		if (!/[._-]$/.test(name)) return null
	}
}
