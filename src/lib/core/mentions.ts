/** Who is mentioned in what somebody writes: members of the conversation, by @username. An idHash is what travels (SPEC EV16). */
import { compareBytes, type Bytes } from '#protocol/bytes.ts'
import { mentionsMax } from '#protocol/plaintext.ts'
import { namesSaid } from './names-said.ts'

interface Named {
	readonly idHash: Bytes
	/** The username; empty where it is not known. */
	readonly name: string
}

/** idHashes, ascending, each once. */
export function mentionsIn(text: string, people: readonly Named[]): readonly Bytes[] {
	const byName = new Map(people.filter(({ name }) => name !== '').map(({ name, idHash }) => [name, idHash]))
	const named = namesSaid(text, (name) => byName.has(name)).map(({ name }) => byName.get(name) as Bytes)
	return [...new Set(named)].sort(compareBytes).slice(0, mentionsMax)
}
