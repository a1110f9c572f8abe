/**
 * What a device sent and nobody gave us (SPEC FOLD11): each event names its device's previous one. Not loaded and
 * dropped look alike, so a gap counts only where the named page is complete by digest.
 */
import type { Bytes } from './bytes.ts'
import { compareTime, keyOf, type FoldEvent } from './fold-events.ts'
import type { Prev } from './plaintext.ts'

export interface Gap {
	/** The event that names the missing one. */
	readonly eventId: Bytes
	readonly deviceId: Bytes
	readonly missing: Prev
}

/** `isComplete`: do the rows given hold all of that page or part, by its digest? Skeletons close a gap as texts do. */
export function findGaps(
	rows: readonly FoldEvent[],
	isComplete: (page: number, part: number) => boolean,
): readonly Gap[] {
	const here = new Set(rows.map(({ eventId }) => keyOf(eventId)))
	const gaps = new Map<string, Gap>()
	for (const { eventId, deviceId, content, valid } of rows.toSorted(compareTime)) {
		const missing = valid && content.type === 'open' ? content.body.prev : null
		if (missing === null || here.has(keyOf(missing.eventId)) || gaps.has(keyOf(missing.eventId))) continue
		if (isComplete(missing.page, missing.part)) gaps.set(keyOf(missing.eventId), { eventId, deviceId, missing })
	}
	return [...gaps.values()]
}
