import { describe, expect, test } from 'vitest'
import { verdictOf } from '#protocol/admission.ts'
import type { Role } from '#protocol/conversation-log.ts'
import { encodeItem, toSkeleton, type Head, type Place } from '#protocol/envelope.ts'
import { judgeItem, verifyItems, type Candidate, type Judgment } from '#protocol/intrinsic.ts'
import { nodeHash, nodeVerify } from '#tests/support/crypto-ports.ts'
import { authorOf, candidateOf, eventOf, pageGuid, rowOf, viewOf, type World } from '#tests/support/events.ts'
import { bytesOf } from '#tests/support/log-actors.ts'

const alice = authorOf('Alice')
const bob = authorOf('Bob')
const authors = [alice, bob]
const redact: Partial<Head> = { kind: 'redact', targets: [bytesOf('target', 16)] }

interface Wish {
	readonly head?: Partial<Head>
	readonly place?: Partial<Place>
	readonly world?: Partial<World>
	readonly candidate?: Partial<Candidate>
	readonly guid?: string
}

function judge({ head, place, world, candidate, guid = pageGuid(0) }: Wish = {}): Judgment {
	const { row } = eventOf({ by: alice, guid, ...(head && { head }), ...(place && { place }) })
	return judgeItem(viewOf({ authors, ...world }), { ...candidateOf(row, guid), ...candidate })
}

const verified = async (judgment: Judgment) => (await verifyItems(nodeVerify, [judgment]))[0]
const roleOf = (role: Role | null) => ({ role: () => role })

describe('intrinsic checks', () => {
	test('[CHK13] a sound item comes out as an event and a claim that verifies', async () => {
		const { eventId, row } = eventOf({ by: alice })
		const judgment = judge()
		expect(judgment).toMatchObject({
			type: 'needs-signature',
			event: { eventId, author: alice.idHash, role: 'member', page: 0, part: 0, clock: 0, logMatches: true },
		})
		expect(judgment).toMatchObject({ event: { clientId: row.clientId, content: row.content } })
		expect(await verified(judgment)).toMatchObject({ type: 'valid', event: { eventId } })
	})

	test('[CHK1] an item over 64 KiB is refused before it is decoded', () => {
		const content = new Uint8Array(65_537)
		expect(judge({ candidate: { item: { clientId: 1, clock: 0, content } } })).toEqual({
			type: 'refuse',
			code: 'item-too-large',
		})
		const { row } = eventOf({ by: alice, ct: new Uint8Array(65_536 - 180) })
		expect(judge({ candidate: { item: row } }).type).toBe('needs-signature')
	})

	test('[CHK2] what is no item is refused', () => {
		const content = new Uint8Array(40)
		expect(judge({ candidate: { item: { clientId: 1, clock: 0, content } } })).toMatchObject({ code: 'item-malformed' })
	})

	test('[CHK14] a later version waits at clients and is refused by the server', () => {
		const { row } = eventOf({ by: alice })
		const content = row.content.slice()
		content[1] = 2
		const judgment = judge({ candidate: { item: { ...row, content } } })
		expect(judgment).toEqual({ type: 'hold', missing: { what: 'app' } })
		expect(verdictOf({ type: 'hold', missing: { what: 'app' } })).toEqual({ type: 'refuse', code: 'item-unknown-kind' })
	})

	test('[CHK3] an item counts at the clock that was signed', () => {
		const { row } = eventOf({ by: alice })
		expect(judge({ candidate: { item: { ...row, clock: 1 } } })).toMatchObject({ code: 'item-wrong-clock' })
	})

	test('[CHK4] the clientID follows from device, page and incarnation', () => {
		const { row } = eventOf({ by: alice })
		expect(judge({ candidate: { item: { ...row, clientId: row.clientId + 1 } } })).toMatchObject({
			code: 'item-wrong-stream',
		})
		expect(judge({ candidate: { guid: pageGuid(1) } })).toMatchObject({ code: 'item-wrong-stream' })
		expect(judge({ candidate: { guid: pageGuid(0, 1) } })).toMatchObject({ code: 'item-wrong-stream' })
	})

	test('[CHK5] a clientID belongs to the device whose item came first', () => {
		const holder = (deviceId = alice.device.deviceId, incarnation = 7) => ({ holder: { deviceId, incarnation } })
		expect(judge({ candidate: holder() }).type).toBe('needs-signature')
		expect(judge({ candidate: holder(bob.device.deviceId) })).toMatchObject({ code: 'item-stream-taken' })
		expect(judge({ candidate: holder(alice.device.deviceId, 8) }).type).toBe('needs-signature')
	})

	test('[CHK6] posts stand in pages, never in parts', () => {
		expect(judge({ guid: pageGuid(0, 1) })).toMatchObject({ code: 'item-page-closed' })
		expect(judge({ guid: pageGuid(0, 1), head: { kind: 'annotate' } }).type).toBe('needs-signature')
		expect(judge({ guid: pageGuid(0, 1), head: redact }).type).toBe('needs-signature')
	})

	test('[CHK7] waits for a device that no known log certifies', () => {
		expect(judge({ world: { authors: [bob] } })).toEqual({
			type: 'hold',
			missing: { what: 'device', deviceId: alice.device.deviceId },
		})
		expect(verdictOf({ type: 'hold', missing: { what: 'device', deviceId: alice.device.deviceId } })).toMatchObject({
			type: 'hold',
			code: 'hold-log',
		})
	})

	test('[CHK8] waits for a log position that is not known here', () => {
		expect(judge({ place: { logSeq: 6 } })).toEqual({ type: 'hold', missing: { what: 'log', seq: 6 } })
		expect(judge({ place: { logSeq: 5 } }).type).toBe('needs-signature')
	})

	test('[CHK8] another log head is a note, not a refusal', () => {
		expect(judge({ place: { logHash: bytesOf('another log', 16) } })).toMatchObject({ event: { logMatches: false } })
	})

	test('[CHK9] a device may author until an acc at or before logSeq names its end', () => {
		const acc = (_: unknown, seq: number) => (seq >= 3 ? 9 : 4)
		const at = (logSeq: number, endedAt: number | null) => judge({ place: { logSeq }, world: { acc, endedAt } })
		expect(at(2, 9).type).toBe('needs-signature')
		expect(at(3, 9)).toMatchObject({ code: 'item-device-ended' })
		expect(at(3, 10).type).toBe('needs-signature')
		expect(at(2, 4)).toMatchObject({ code: 'item-device-ended' })
		expect(at(5, null).type).toBe('needs-signature')
	})

	test('[CHK10] the role at logSeq decides, by kind', () => {
		for (const role of ['owner', 'admin', 'member'] as const) {
			expect(judge({ world: roleOf(role) }).type).toBe('needs-signature')
		}
		for (const head of [{}, { kind: 'annotate' } as const, redact]) {
			expect(judge({ world: roleOf('reader'), head })).toMatchObject({ code: 'item-no-right' })
			expect(judge({ world: roleOf(null), head })).toMatchObject({ code: 'item-no-right' })
		}
		const later: World['role'] = (_, seq) => (seq >= 3 ? 'member' : null)
		expect(judge({ place: { logSeq: 2 }, world: { role: later } })).toMatchObject({ code: 'item-no-right' })
		expect(judge({ place: { logSeq: 3 }, world: { role: later } }).type).toBe('needs-signature')
	})

	test('[CHK10] while archived only redactions stand', () => {
		const archived = (seq: number) => seq >= 2
		expect(judge({ place: { logSeq: 1 }, world: { archived } }).type).toBe('needs-signature')
		expect(judge({ place: { logSeq: 2 }, world: { archived } })).toMatchObject({ code: 'item-archived' })
		expect(judge({ place: { logSeq: 2 }, world: { archived }, head: redact }).type).toBe('needs-signature')
	})

	test('[CHK11] the epoch is one that the log knew at logSeq', () => {
		const epoch = (seq: number) => (seq >= 4 ? 2 : 1)
		const at = (logSeq: number, n: number) => judge({ place: { logSeq }, head: { epoch: n }, world: { epoch } })
		expect(at(4, 2).type).toBe('needs-signature')
		expect(at(4, 1).type).toBe('needs-signature')
		expect(at(3, 2)).toMatchObject({ code: 'item-bad-epoch' })
		expect(at(4, 0)).toMatchObject({ code: 'item-bad-epoch' })
	})

	test('[CHK12] a cut judges items before it, by its list', () => {
		const { row } = eventOf({ by: alice })
		const cut = (next: number) => ({
			cuts: [{ seq: 3, nextClock: (_: unknown, clientId: number) => (clientId === row.clientId ? next : 0) }],
		})
		expect(judge({ world: cut(1) }).type).toBe('needs-signature')
		expect(judge({ world: cut(0) })).toMatchObject({ code: 'item-cut' })
		expect(judge({ place: { logSeq: 3 }, world: cut(0) }).type).toBe('needs-signature')
		expect(judge({ place: { incarnation: 8 }, world: cut(1) })).toMatchObject({ code: 'item-cut' })
	})

	test('[CHK12] waits for a cut list that is not here', () => {
		expect(judge({ world: { cuts: [{ seq: 3, nextClock: null }] } })).toEqual({
			type: 'hold',
			missing: { what: 'cut-list', seq: 3 },
		})
	})

	test('[CHK13] a signature for another page, place, event or by another device is refused', async () => {
		const { item, row } = eventOf({ by: alice })
		const forged = [
			{ ...item, signature: bob.device.sign('ev', new Uint8Array(0)) },
			{ ...item, head: { ...item.head, epoch: 1, hlc: item.head.hlc + 1n } },
			{ ...item, ct: bytesOf('other text', 64) },
			{ ...item, place: { ...item.place, logSeq: 2, logHash: bytesOf('log 2', 16) } },
		].map((one) => rowOf(one, pageGuid(0)))
		for (const one of forged) {
			expect(await verified(judge({ candidate: { item: one } }))).toEqual({
				type: 'refuse',
				code: 'item-bad-signature',
			})
		}
		expect(await verified(judge({ candidate: { item: row } }))).toMatchObject({ type: 'valid' })
	})

	test('[DEL1] a skeleton is judged like the item itself', async () => {
		const { item, row, eventId } = eventOf({ by: alice })
		const skeleton = toSkeleton(nodeHash, item, { why: 'removed' })
		const judged = await verified(judge({ candidate: { item: { ...row, content: encodeItem(skeleton) } } }))
		expect(judged).toMatchObject({ type: 'valid', event: { eventId, item: { form: 'skeleton' } } })
	})

	test('another conversation’s page is a bug of the caller', () => {
		expect(() => judge({ candidate: { guid: 'c/AAAAAAAAAAAAAAAAAAAAAA/0' } })).toThrow(RangeError)
		expect(() => judge({ candidate: { guid: 'nonsense' } })).toThrow(RangeError)
	})
})

describe('batches', () => {
	test('[CHK13] claims are verified 64 at a time, answers keep their order', async () => {
		const sizes: number[] = []
		const judgments = Array.from({ length: 130 }, (_, i) => (i % 10 === 3 ? judge({ world: roleOf(null) }) : judge()))
		const settled = await verifyItems(async (claims) => {
			sizes.push(claims.length)
			return claims.map((_, i) => i !== 0)
		}, judgments)
		expect(sizes).toEqual([64, 53])
		expect(settled.map(({ type }) => type).filter((type) => type === 'refuse').length).toBe(13 + 2)
		expect(settled[0]).toEqual({ type: 'refuse', code: 'item-bad-signature' })
		expect(settled[3]).toEqual({ type: 'refuse', code: 'item-no-right' })
		expect(await verifyItems(nodeVerify, [])).toEqual([])
	})

	test('[CHK13] an answer that is missing counts as bad', async () => {
		expect(await verifyItems(async () => [], [judge()])).toEqual([{ type: 'refuse', code: 'item-bad-signature' }])
	})
})
