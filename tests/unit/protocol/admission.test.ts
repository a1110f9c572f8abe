import { describe, expect, test } from 'vitest'
import {
	admissionRules,
	admit,
	incarnationsUsedUp,
	mustVerify,
	peerHold,
	verdictOf,
	type AdmissionFacts,
	type Verdict,
} from '#protocol/admission.ts'
import { toSkeleton, type Head } from '#protocol/envelope.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { judgeItem, type JudgedEvent } from '#protocol/intrinsic.ts'
import { emptyTally } from '#protocol/page-book.ts'
import { nodeHash } from '#tests/support/crypto-ports.ts'
import { authorOf, candidateOf, eventOf, startOfTime as now, viewOf } from '#tests/support/events.ts'
import { bytesOf } from '#tests/support/log-actors.ts'

const alice = authorOf('Alice')
const day = 86_400_000
const redact: Partial<Head> = { kind: 'redact', targets: [bytesOf('target', 16)] }

function event(head: Partial<Head> = {}, wish: Partial<JudgedEvent> = {}): JudgedEvent {
	const { row } = eventOf({ by: alice, head })
	const judgment = judgeItem(viewOf({ authors: [alice] }), candidateOf(row))
	if (judgment.type !== 'needs-signature') throw new Error(judgment.type)
	return { ...judgment.event, ...wish }
}

const facts = (wish: Partial<AdmissionFacts> = {}): AdmissionFacts => ({
	now,
	kind: 'dm',
	author: { role: 'member', deviceEnded: false, ownConnection: true, friends: true, blocked: false },
	archived: false,
	epoch: { endedAt: null, rotateFirst: false },
	lifetimes: [null],
	pages: { current: 0, currentSince: 0, here: emptyTally, newestPart: 0, newestPartBytes: 0 },
	stream: { nextClock: 0, newToday: 0, newEver: 0, newestPartUsedUp: false },
	stored: null,
	first: null,
	rateWaitMs: null,
	quotaWaitMs: null,
	...wish,
})
const author = (wish: Partial<AdmissionFacts['author']>) => ({ author: { ...facts().author, ...wish } })
const stream = (wish: Partial<AdmissionFacts['stream']>) => ({ stream: { ...facts().stream, ...wish } })

const accept: Verdict = { type: 'accept', fills: false }
const refusal = (code: string) => ({ type: 'refuse', code })
const first = { guid: 'c/x/0', clientId: 5, clock: 6, recv: 7 }

describe('admission', () => {
	test('[ADM1] takes a sound item of a friend', () => {
		expect(admit(event(), facts())).toEqual(accept)
	})

	test('every rule has its own id and sentence', () => {
		expect(admissionRules.map(({ id }) => id)).toEqual(admissionRules.map((_, i) => `ADM${i + 1}`))
		expect(new Set(admissionRules.map(({ says }) => says)).size).toBe(admissionRules.length)
	})

	test('[ADM1] refuses more than 64 KiB', () => {
		expect(admit(event({}, { content: new Uint8Array(65_536) }), facts())).toEqual(accept)
		expect(admit(event({}, { content: new Uint8Array(65_537) }), facts())).toEqual(refusal('item-too-large'))
	})

	test('[ADM2] acks again what is stored at the place, whatever has changed since', () => {
		const stored = { eventId: event().eventId, fillable: false }
		const changed = {
			...author({ role: null, friends: false }),
			archived: true,
			rateWaitMs: 5,
			...stream({ nextClock: 9 }),
		}
		expect(admit(event(), facts({ stored, ...changed }))).toEqual({ type: 'have' })
	})

	test('[ADM2] never lets another event take a place', () => {
		const stored = { eventId: bytesOf('other', 16), fillable: true }
		expect(admit(event(), facts({ stored }))).toEqual(refusal('item-wrong-clock'))
	})

	test('[ADM2] a text fills a skeleton that is neither redacted nor expired', () => {
		const stored = { eventId: event().eventId, fillable: true }
		expect(admit(event(), facts({ stored }))).toEqual({ type: 'accept', fills: true })
		const { item } = eventOf({ by: alice })
		const skeleton = toSkeleton(nodeHash, item, { why: 'removed' })
		expect(admit(event({}, { item: skeleton }), facts({ stored }))).toEqual({ type: 'have' })
	})

	test('[ADM3] takes the next clock, waits behind a gap, refuses one that passed', () => {
		expect(admit(event({}, { clock: 3 }), facts(stream({ nextClock: 3 })))).toEqual(accept)
		expect(admit(event({}, { clock: 4 }), facts(stream({ nextClock: 3 })))).toMatchObject({
			type: 'hold',
			code: 'hold-gap',
		})
		expect(admit(event({}, { clock: 2 }), facts(stream({ nextClock: 3 })))).toEqual(refusal('item-wrong-clock'))
	})

	test('[ADM4] holds what comes too fast or over quota, for the longer wait', () => {
		expect(admit(event(), facts({ rateWaitMs: 700 }))).toEqual({ type: 'hold', code: 'hold-rate', retryAfterMs: 700 })
		expect(admit(event(), facts({ rateWaitMs: 700, quotaWaitMs: 9_000 }))).toMatchObject({ retryAfterMs: 9_000 })
		expect(admit(event(), facts({ rateWaitMs: 700, first }))).toMatchObject({ type: 'hold' })
	})

	test('[ADM5] after 8 new incarnations in a day posts wait and the rest goes to the next part', () => {
		expect(admit(event(), facts(stream({ newToday: 7, newEver: 63 })))).toEqual(accept)
		for (const used of [stream({ newToday: 8 }), stream({ newEver: 64 })]) {
			expect(admit(event(), facts(used))).toMatchObject({ type: 'hold', code: 'item-too-many-incarnations' })
			expect(admit(event({ kind: 'annotate' }), facts(used))).toEqual(refusal('item-too-many-incarnations'))
		}
		expect(admit(event({}, { clock: 1 }), facts(stream({ nextClock: 1, newToday: 8 })))).toEqual(accept)
		expect(incarnationsUsedUp({ newToday: 8, newEver: 8 })).toBe(true)
	})

	test('[ADM5] a device that used them up opens the next part', () => {
		const inPart = event({ kind: 'annotate' }, { part: 1 })
		expect(admit(inPart, facts())).toMatchObject({ type: 'hold', code: 'hold-page' })
		expect(admit(inPart, facts(stream({ newestPartUsedUp: true })))).toEqual(accept)
	})

	test('[ADM6] refuses a closed page and holds one that is not open yet', () => {
		expect(admit(event({}, { page: 1 }), facts())).toMatchObject({ type: 'hold', code: 'hold-page' })
		const later = { ...facts().pages, current: 2 }
		expect(admit(event(), facts({ pages: later }))).toEqual(refusal('item-page-closed'))
	})

	test('[ADM7] answers a second placing with the first, also to who has lost the right since', () => {
		expect(admit(event(), facts({ first }))).toEqual({ type: 'duplicate', first })
		expect(admit(event(), facts({ first, ...author({ friends: false, role: null }) }))).toEqual({
			type: 'duplicate',
			first,
		})
		expect(admit(event({}, { clock: 1 }), facts({ first }))).toMatchObject({ code: 'hold-gap' })
	})

	test('[ADM8] refuses an ended device at once over its own connection; relayed, the log decides', () => {
		expect(admit(event(), facts(author({ deviceEnded: true })))).toEqual(refusal('item-device-ended'))
		expect(admit(event(), facts(author({ deviceEnded: true, ownConnection: false })))).toEqual(accept)
	})

	test('[ADM9] refuses who is no member now, and readers', () => {
		for (const role of [null, 'reader'] as const) {
			expect(admit(event(), facts(author({ role })))).toEqual(refusal('item-no-right'))
			expect(admit(event(redact), facts(author({ role })))).toEqual(refusal('item-no-right'))
		}
	})

	test('[ADM10] refuses in a direct conversation without friendship or with a block, and only there', () => {
		for (const wish of [author({ friends: false }), author({ blocked: true })]) {
			expect(admit(event(), facts(wish))).toEqual(refusal('item-not-friends'))
			expect(admit(event(), facts({ ...wish, kind: 'group' }))).toEqual(accept)
		}
	})

	test('[ADM11] an archived conversation takes redactions only', () => {
		expect(admit(event(), facts({ archived: true }))).toEqual(refusal('item-archived'))
		expect(admit(event({ kind: 'annotate' }), facts({ archived: true }))).toEqual(refusal('item-archived'))
		expect(admit(event(redact), facts({ archived: true }))).toEqual(accept)
	})

	test('[ADM12] refuses an item placed under another log', () => {
		expect(admit(event({}, { logMatches: false }), facts())).toEqual(refusal('item-bad-log-hash'))
	})

	test('[ADM13] an epoch that ended stays good for 7 days, whoever brings the item', () => {
		const ended = (ago: number) =>
			facts({ epoch: { endedAt: now - ago, rotateFirst: false }, ...author({ ownConnection: false }) })
		expect(admit(event(), ended(7 * day))).toEqual(accept)
		expect(admit(event(), ended(7 * day + 1))).toEqual(refusal('item-bad-epoch'))
	})

	test('[ADM14] who can make an overdue rotation makes it first', () => {
		expect(admit(event(), facts({ epoch: { endedAt: null, rotateFirst: true } }))).toMatchObject({
			type: 'hold',
			code: 'hold-rotation',
		})
	})

	test('[ADM15] holds an hlc more than 60 s ahead until it no longer is', () => {
		expect(admit(event({ hlc: hlcOf(now + 60_000) }), facts())).toEqual(accept)
		expect(admit(event({ hlc: hlcOf(now + 90_000) }), facts())).toEqual({
			type: 'hold',
			code: 'hold-ahead',
			retryAfterMs: 30_000,
		})
		expect(admit(event({ hlc: hlcOf(0) }), facts())).toEqual(accept)
	})

	test('[ADM16] a post lives as long as the policy says now, or said before', () => {
		const week = facts({ lifetimes: [7 * day, null] })
		expect(admit(event({ expiresAt: now + 7 * day }), week)).toEqual(accept)
		expect(admit(event(), week)).toEqual(accept)
		expect(admit(event({ expiresAt: now + day }), week)).toEqual(refusal('item-bad-expiry'))
		expect(admit(event({ expiresAt: now + day }), facts())).toEqual(refusal('item-bad-expiry'))
		expect(admit(event({ kind: 'annotate', expiresAt: now + day }), facts())).toEqual(accept)
	})
})

describe('beside the table', () => {
	test('[ADM17] verifies redactions, relayed items and suspects always, else one in 16', () => {
		const own = { ownConnection: true, suspect: false, draw: 5 }
		expect(mustVerify(event(), own)).toBe(false)
		expect(mustVerify(event({ kind: 'annotate' }), own)).toBe(false)
		expect(mustVerify(event(redact), own)).toBe(true)
		expect(mustVerify(event(), { ...own, ownConnection: false })).toBe(true)
		expect(mustVerify(event(), { ...own, suspect: true })).toBe(true)
		const drawn = Array.from({ length: 160 }, (_, draw) => mustVerify(event(), { ...own, draw }))
		expect(drawn.filter(Boolean).length).toBe(10)
	})

	test('[ADM18] peers hold what is ahead of the best known time, or beyond the next page', () => {
		const known = { serverTime: now, newestPage: 0 }
		expect(peerHold(event(), known)).toBe(null)
		expect(peerHold(event({}, { page: 1 }), known)).toBe(null)
		expect(peerHold(event({}, { page: 2 }), known)).toMatchObject({ code: 'hold-page' })
		expect(peerHold(event({ hlc: hlcOf(now + 60_001) }), known)).toMatchObject({ code: 'hold-ahead', retryAfterMs: 1 })
	})

	test('[CHK14] what intrinsic checks found is said in the same words', () => {
		expect(verdictOf({ type: 'refuse', code: 'item-cut' })).toEqual(refusal('item-cut'))
		expect(verdictOf({ type: 'hold', missing: { what: 'cut-list', seq: 3 } })).toMatchObject({ code: 'hold-log' })
	})
})
