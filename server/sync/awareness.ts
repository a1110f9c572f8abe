/**
 * Who is here and who types, relayed: values are sealed, the server sees clientIDs and clocks. A clientID belongs to the
 * connection that spoke it first; others' words about it are dropped (a stock provider echoes what it hears, so an echo is
 * no offence). Pure state of one page.
 */
import type { AwarenessState } from '#protocol/page-messages.ts'
import { socketLimits } from './limits.ts'

/** The sender, by identity; his device may take a clientID up again after its connection broke. */
export interface Speaker {
	readonly device: string
}

interface Entry {
	/** Null when its connection is gone. */
	speaker: Speaker | null
	readonly device: string
	clock: number
	/** JSON; null when that client is gone. */
	state: string | null
}

const nobody = 'null'

export class Awareness {
	readonly #entries = new Map<number, Entry>()

	/** What others are to be told; `foreign`: somebody spoke for a clientID that is another's. */
	hear(speaker: Speaker, states: readonly AwarenessState[]): { accepted: AwarenessState[]; foreign: boolean } {
		const accepted: AwarenessState[] = []
		let foreign = false
		for (const said of states) {
			const entry = this.#entries.get(said.clientId)
			if (entry === undefined ? this.#takeNew(speaker, said) : takeKnown(entry, speaker, said)) accepted.push(said)
			else if (entry !== undefined && entry.speaker !== speaker && said.clock > entry.clock) foreign = true
		}
		return { accepted, foreign }
	}

	#takeNew(speaker: Speaker, { clientId, clock, state }: AwarenessState): boolean {
		if (state === nobody || this.#countOf(speaker) >= socketLimits.awarenessIds) return false
		this.#entries.set(clientId, { speaker, device: speaker.device, clock, state })
		return true
	}

	#countOf(speaker: Speaker): number {
		let count = 0
		for (const entry of this.#entries.values()) if (entry.speaker === speaker) count++
		return count
	}

	/** Everybody who is here. */
	states(): AwarenessState[] {
		return [...this.#entries].flatMap(([clientId, { clock, state }]) =>
			state === null ? [] : [{ clientId, clock, state }],
		)
	}

	/** The removals to tell others when a connection goes: the same clock and `null`, as y-protocols says it. */
	leave(speaker: Speaker): AwarenessState[] {
		const removed: AwarenessState[] = []
		for (const [clientId, entry] of this.#entries) {
			if (entry.speaker !== speaker) continue
			if (entry.state !== null) removed.push({ clientId, clock: entry.clock, state: nobody })
			// At the end of the order: the oldest gone ones are forgotten first.
			this.#entries.delete(clientId)
			this.#entries.set(clientId, { ...entry, speaker: null, state: null })
		}
		this.#forgetOldest()
		return removed
	}

	#forgetOldest(): void {
		const gone = [...this.#entries].filter(([, { speaker }]) => speaker === null).map(([clientId]) => clientId)
		for (const clientId of gone.slice(0, Math.max(0, gone.length - socketLimits.awarenessGone)))
			this.#entries.delete(clientId)
	}
}

function takeKnown(entry: Entry, speaker: Speaker, { clock, state }: AwarenessState): boolean {
	const back = entry.speaker === null && entry.device === speaker.device && state !== nobody && clock >= entry.clock
	const removal = state === nobody && clock === entry.clock && entry.state !== null
	if (!back && (entry.speaker !== speaker || (clock <= entry.clock && !removal))) return false
	entry.speaker = speaker
	entry.clock = clock
	entry.state = state === nobody ? null : state
	return true
}
