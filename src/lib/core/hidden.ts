/**
 * What the account deleted for itself alone: its devices show it no more, everybody else does. One shared value for each page of
 * a conversation, so that none grows without end; of each message the later word stands, and the deletion can be taken back.
 */
import { base64urlToBytes, bytesToBase64url } from '#protocol/bytes.ts'
import { bool, fixed, list, struct, time8, versioned, type Decoded } from '#protocol/codec.ts'
import type { ConversationId, EventId } from './api.ts'
import type { ServerTime } from './identity.ts'
import { createSharedValues, type SharedValues, type SharedValuesDeps } from './shared-values.ts'

/** Messages of a page under all their ids, and room to spare. */
const hiddenMax = 2_000

const hiddenValue = versioned(1, list(struct({ event: fixed(16), at: time8, hidden: bool }), hiddenMax))
type HiddenValue = Decoded<typeof hiddenValue>

export interface PageAt {
	readonly conversation: ConversationId
	readonly page: number
}

export interface Hidden {
	readonly restore: () => Promise<void>
	/** Another one whenever something was hidden or shown again. */
	readonly version: () => number
	readonly of: (at: PageAt) => ReadonlySet<EventId>
	/** Called with pages of which something else is hidden now, of those that anybody looked at; returns how to stop. */
	readonly onChange: (listener: (pages: readonly PageAt[]) => void) => () => void
	/** Works offline. */
	readonly set: (at: PageAt, events: readonly EventId[], hidden: boolean) => Promise<void>
	readonly close: () => void
}

export interface HiddenDeps extends SharedValuesDeps {
	readonly time: ServerTime
}

export function createHidden(deps: HiddenDeps): Hidden {
	const sets = new Map<string, ReadonlySet<EventId>>()
	const listeners = new Set<(pages: readonly PageAt[]) => void>()
	let version = 0
	const values: SharedValues<HiddenValue> = createSharedValues(deps, {
		prefix: 'hidden',
		codec: hiddenValue,
		merge,
		changed: () => {
			const pages = lookAgain()
			if (pages.length === 0) return
			version++
			for (const listener of listeners) listener(pages)
		},
	})

	/** Any entry of the account may have changed: those that somebody looked at. */
	function lookAgain(): PageAt[] {
		const others: PageAt[] = []
		for (const [name, before] of sets) {
			const now = hiddenIn(values.of(name) ?? [])
			if (now.size === before.size && [...now].every((event) => before.has(event))) continue
			sets.set(name, now)
			others.push(pageOf(name))
		}
		return others
	}

	const nameOf = ({ conversation, page }: PageAt) => `${conversation}/${page}`

	const pageOf = (name: string): PageAt => {
		const [conversation = '', page] = name.split('/')
		return { conversation, page: Number(page) }
	}

	return {
		restore: values.restore,
		version: () => version,
		of: (at) => {
			const name = nameOf(at)
			const known = sets.get(name) ?? hiddenIn(values.of(name) ?? [])
			sets.set(name, known)
			return known
		},
		onChange: (listener) => {
			listeners.add(listener)
			return () => void listeners.delete(listener)
		},
		set: (at, events, hidden) => {
			const before = values.of(nameOf(at)) ?? []
			// Said twice within one millisecond, the second time counts all the same.
			const now = Math.max(deps.time.now(), ...before.map((one) => one.at + 1))
			const said = events.flatMap((id) => {
				const event = base64urlToBytes(id)
				return event?.length === 16 ? [{ event, at: now, hidden }] : []
			})
			return values.set(nameOf(at), merge(before, said))
		},
		close: values.close,
	}
}

function hiddenIn(value: HiddenValue): ReadonlySet<EventId> {
	return new Set(value.filter(({ hidden }) => hidden).map(({ event }) => bytesToBase64url(event)))
}

/** Of each message the later word; at once said by two devices, that it is hidden. Ascending, so that a merge has one spelling. */
function merge(one: HiddenValue, other: HiddenValue): HiddenValue {
	const byId = new Map<string, HiddenValue[number]>()
	for (const word of [...one, ...other]) {
		const key = bytesToBase64url(word.event)
		const known = byId.get(key)
		if (known === undefined || word.at > known.at || (word.at === known.at && word.hidden)) byId.set(key, word)
	}
	const newest = [...byId.values()].sort((a, b) => b.at - a.at).slice(0, hiddenMax)
	return newest.sort((a, b) => (bytesToBase64url(a.event) < bytesToBase64url(b.event) ? -1 : 1))
}
