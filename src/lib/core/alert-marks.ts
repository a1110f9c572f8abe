/**
 * Which alerts were seen, the same on all devices: everything up to a time, and a few after it one by one. It never goes back.
 * Only alerts of which no conversation keeps count need it: what is said is read where it stands (marks.ts).
 */
import { list, struct, text, time8, versioned, type Decoded } from '#protocol/codec.ts'
import { createSharedValues, type SharedValuesDeps } from './shared-values.ts'

/** Seen one by one; with more of them the time moves on. */
const singlesMax = 100
const idMaxBytes = 160

const single = struct({ at: time8, id: text(idMaxBytes) })
const marksValue = versioned(1, struct({ upTo: time8, singles: list(single, singlesMax) }))
export type AlertMark = Decoded<typeof marksValue>
type Single = Decoded<typeof single>

/** What an alert is known by: its id, and when it came, ms. */
export type AlertRef = Pick<Single, 'id' | 'at'>

export interface AlertMarks {
	readonly restore: () => Promise<void>
	readonly isSeen: (alert: AlertRef) => boolean
	/** Works offline. */
	readonly see: (alerts: readonly AlertRef[]) => Promise<void>
	/** Everything up to this time, ms. */
	readonly seeUpTo: (at: number) => Promise<void>
	readonly close: () => void
}

const nothingSeen: AlertMark = { upTo: 0, singles: [] }
const name = 'seen'

function compare(one: Single, other: Single): number {
	return one.at === other.at ? (one.id < other.id ? -1 : Number(one.id > other.id)) : one.at - other.at
}

/** Both together; what comes before the time needs no word of its own. */
export function mergeMarks(one: AlertMark, other: AlertMark): AlertMark {
	let upTo = Math.max(one.upTo, other.upTo)
	const byId = new Map([...one.singles, ...other.singles].map((seen) => [`${seen.at} ${seen.id}`, seen]))
	const ordered = [...byId.values()].sort(compare)
	const tooMany = ordered.filter(({ at }) => at > upTo).slice(0, -singlesMax)
	upTo = tooMany.reduce((highest, { at }) => Math.max(highest, at), upTo)
	return { upTo, singles: ordered.filter(({ at }) => at > upTo) }
}

export function createAlertMarks(deps: SharedValuesDeps & { readonly changed: () => void }): AlertMarks {
	const values = createSharedValues<AlertMark>(deps, {
		prefix: 'alerts',
		codec: marksValue,
		merge: mergeMarks,
		changed: deps.changed,
	})
	const now = () => values.of(name) ?? nothingSeen
	return {
		restore: values.restore,
		isSeen: ({ id, at }) => at <= now().upTo || now().singles.some((seen) => seen.id === id && seen.at === at),
		see: (alerts) => values.set(name, mergeMarks({ upTo: 0, singles: [] }, { upTo: 0, singles: alerts.map(only) })),
		seeUpTo: (at) => values.set(name, { upTo: at, singles: [] }),
		close: values.close,
	}
}

const only = ({ id, at }: AlertRef): Single => ({ id, at })
