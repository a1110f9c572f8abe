/**
 * Writes tests/vectors/events.json: items, plaintexts, updates, messages and frames in bytes, with what they say and what
 * follows from them. Run once for each new format (`node tests/vectors/make-events.ts`); what stands there is frozen, so
 * it adds and never replaces.
 */
import { bytesToHex } from '#protocol/bytes.ts'
import { eventSamples, type Json } from '#tests/support/event-samples.ts'
import { readVectors, writeVectors } from '#tests/support/json-vectors.ts'

type Frozen = Record<string, { readonly bytes: string; readonly says: Json }>

function alreadyFrozen(): Frozen {
	try {
		return readVectors<Frozen>('events')
	} catch {
		return {}
	}
}

const frozen = alreadyFrozen()
for (const { title, bytes, says } of eventSamples) frozen[title] ??= { bytes: bytesToHex(bytes), says }
writeVectors('events', frozen)
