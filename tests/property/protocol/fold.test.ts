import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldEvents } from '#protocol/fold.ts'
import type { FoldEvent } from '#protocol/fold-events.ts'
import {
	annotate,
	closedOf,
	edit,
	idOf,
	pin,
	post,
	reaction,
	redact,
	skeletonOf,
	type RowWish,
} from '#tests/support/folding.ts'

const seed = 43
const now = 1_000_000
const runs = { seed, numRuns: 400 }

const people = ['Alice', 'Bob', 'Charlie']
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const name = fc.constantFrom(...names)
const where = fc.record({
	page: fc.integer({ min: 0, max: 1 }),
	part: fc.integer({ min: 0, max: 1 }),
	clientId: fc.integer({ min: 0, max: 2 }),
	clock: fc.integer({ min: 0, max: 3 }),
	recvSeq: fc.option(fc.integer({ min: 1, max: 9 })),
})

/** What an event is follows from its name, so that two rows of one name are one event. */
const said = fc.record({
	by: fc.constantFrom(...people),
	at: fc.integer({ min: 1_000, max: 1_005 }),
	expiresAt: fc.constantFrom(null, null, now, now + 10),
	role: fc.constantFrom('member', 'member', 'admin', 'owner', 'owner', 'reader'),
	was: fc.subarray(names, { maxLength: 2 }),
	of: fc.subarray(names, { minLength: 1, maxLength: 3 }),
	kind: fc.constantFrom('post', 'post', 'post', 'edit', 'reaction', 'unreaction', 'pin', 'redact', 'redact'),
	text: fc.constantFrom('x', 'y'),
} as const)
type Said = typeof said extends fc.Arbitrary<infer T> ? T : never

function eventOf(one: string, { by, kind, text, was, of, ...wish }: Said): FoldEvent {
	const says = { was: was.map(idOf).sort(Buffer.compare) }
	const facts = wish satisfies RowWish
	switch (kind) {
		case 'post':
			return post(one, by, { ...facts, says: { ...says, text } })
		case 'redact':
			return redact(one, by, { ...facts, expiresAt: null, of })
		case 'edit':
			return annotate(one, by, { ...facts, says, on: of[0]!, action: edit(text) })
		case 'pin':
			return annotate(one, by, { ...facts, says, on: of[0]!, action: pin(text === 'x') })
		default:
			return annotate(one, by, { ...facts, says, on: of[0]!, action: reaction('👍', kind === 'reaction') })
	}
}

const form = fc.constantFrom('open', 'open', 'open', 'duplicate', 'removed', 'redacted', 'fetching-key', 'invalid')
const rowOf = (event: FoldEvent, how: typeof form extends fc.Arbitrary<infer T> ? T : never): FoldEvent => {
	if (how === 'open') return event
	if (how === 'invalid') return { ...event, valid: false }
	return how === 'fetching-key' ? closedOf(event, how) : skeletonOf(event, how)
}

const rows = fc
	.tuple(
		fc.array(said, { minLength: names.length, maxLength: names.length }),
		fc.array(fc.tuple(name, where, form), { maxLength: 30, size: 'max' }),
	)
	.map(([events, placed]) =>
		placed.map(([one, place, how]) => rowOf({ ...eventOf(one, events[names.indexOf(one)] as Said), ...place }, how)),
	)
const shuffledRows = rows.chain((all) =>
	fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
)

describe(`the fold, seed ${seed}`, () => {
	test('[FOLD13] any order of arrival gives the same fold', () => {
		fc.assert(
			fc.property(shuffledRows, ([all, shuffled]) => {
				expect(foldEvents(shuffled, now)).toEqual(foldEvents(all, now))
			}),
			runs,
		)
	})

	test('[FOLD13] a row that comes twice changes nothing', () => {
		fc.assert(
			fc.property(shuffledRows, ([all, shuffled]) => {
				expect(foldEvents([...all, ...shuffled.slice(0, 5)], now)).toEqual(foldEvents(all, now))
			}),
			runs,
		)
	})

	test('[FOLD3] what is redacted stays redacted, whatever comes after', () => {
		let redactedSeen = 0
		fc.assert(
			fc.property(rows, rows, (before, after) => {
				const known = new Set(before.map(({ eventId }) => eventId.toString()))
				const news = after.filter(({ eventId }) => !known.has(eventId.toString()))
				const first = foldEvents(before, now).messages.filter(({ state }) => state.type === 'redacted')
				redactedSeen += first.length
				const named = new Set(before.filter((row) => row.kind === 'redact').flatMap((row) => row.targets.map(String)))
				const then = foldEvents([...before, ...news], now).messages
				for (const { eventId } of first.filter((message) => named.has(message.eventId.toString()))) {
					const found = then.find(({ ids }) => ids.some((id) => id.toString() === eventId.toString()))
					expect(found?.state.type).toBe('redacted')
				}
			}),
			runs,
		)
		expect(redactedSeen).toBeGreaterThan(50)
	})

	test('[FOLD2] every id stands in one message at most, ordered by page, hlc, eventId', () => {
		let shown = 0
		fc.assert(
			fc.property(rows, (all) => {
				const { messages } = foldEvents(all, now)
				shown += messages.length
				const mine = messages.map(({ eventId }) => eventId.toString())
				expect(new Set(mine).size).toBe(mine.length)
				messages.slice(1).forEach((message, i) => {
					const before = messages[i]!
					const order =
						before.page - message.page ||
						Number(before.hlc - message.hlc) ||
						Buffer.compare(before.eventId, message.eventId)
					expect(order).toBeLessThan(0)
				})
			}),
			runs,
		)
		expect(shown).toBeGreaterThan(200)
	})
})
