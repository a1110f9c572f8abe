import { describe, expect, test } from 'vitest'
import { concatBytes } from '#protocol/bytes.ts'
import {
	bodyCore,
	decodeBody,
	decodePlaintext,
	encodeBody,
	encodePlaintext,
	paddedLength,
	type Body,
} from '#protocol/plaintext.ts'
import { annotateBody, bodies, postBody } from '#tests/support/bodies.ts'
import { bytesOf } from '#tests/support/log-actors.ts'

describe('padding', () => {
	test('[EV13] steps of 32 bytes up to 256, then Padmé', () => {
		const known: readonly (readonly [number, number])[] = [
			[4, 32],
			[32, 32],
			[33, 64],
			[256, 256],
			[257, 272],
			[272, 272],
			[273, 288],
			[512, 512],
			[513, 544],
			[1025, 1088],
			[10_000, 10_240],
			[65_000, 65_536],
		]
		for (const [length, padded] of known) expect([length, paddedLength(length)]).toEqual([length, padded])
	})

	test('[EV13] never shorter, never falling, at most 12 % more above 256', () => {
		const wrong: number[] = []
		let before = 0
		for (let length = 1; length <= 70_000; length++) {
			const padded = paddedLength(length)
			const fits = padded >= length && padded >= before && paddedLength(padded) === padded
			if (!fits || (length > 256 && padded / length >= 1.12)) wrong.push(length)
			before = padded
		}
		expect(wrong).toEqual([])
	})

	test('[EV13] refuses another length, padding that is not zero, and a length beyond the bytes', () => {
		const plaintext = encodePlaintext(postBody())
		expect(plaintext.length % 32).toBe(0)
		const dirty = plaintext.slice()
		dirty[dirty.length - 1] = 1
		const lying = plaintext.slice()
		lying.fill(255, 0, 4)
		const wrong = [
			new Uint8Array(0),
			new Uint8Array(3),
			plaintext.slice(0, -1),
			concatBytes(plaintext, new Uint8Array(32)),
			dirty,
			lying,
		]
		for (const bytes of wrong) expect(decodePlaintext('post', bytes)).toMatchObject({ error: { type: 'malformed' } })
	})

	test('[EV13] short messages of different length look alike', () => {
		const lengths = ['no', 'yes', 'maybe tomorrow'].map((text) => encodePlaintext(postBody({ text })).length)
		expect(new Set(lengths).size).toBe(1)
	})
})

describe('bodies', () => {
	for (const [name, body] of Object.entries(bodies)) {
		test(`[EV16] comes back as it was: ${name}`, () => {
			expect(decodePlaintext(body.kind, encodePlaintext(body))).toEqual({ ok: true, value: body })
		})
	}

	test('[EV14] a later version is unknown, not damaged', () => {
		const bytes = encodeBody(postBody())
		bytes[0] = 2
		expect(decodeBody('post', bytes)).toEqual({ ok: false, error: { type: 'unknown', what: 'version' } })
		expect(decodeBody('post', new Uint8Array(0))).toMatchObject({ error: { type: 'malformed' } })
	})

	test('[EV14] the body of one kind is not read as another', () => {
		const post = encodeBody(postBody({ text: 'some words that are long enough' }))
		expect(decodeBody('annotate', post).ok).toBe(false)
		expect(decodeBody('redact', post).ok).toBe(false)
	})

	test('[EV15] prev and was are no part of what two sealings have in common', () => {
		const first = postBody({ text: 'x' })
		const again = postBody({
			text: 'x',
			prev: { page: 1, part: 0, eventId: bytesOf('p', 16) },
			was: [bytesOf('w', 16)],
		})
		expect(bodyCore(again)).toEqual(bodyCore(first))
		expect(bodyCore(postBody({ text: 'y' }))).not.toEqual(bodyCore(first))
		expect(bodyCore(postBody({ text: 'x', writtenAt: 1 }))).not.toEqual(bodyCore(first))
	})

	test('[EV16] a set twice, too many mentions and too long a text are not written', () => {
		const bob = bytesOf('Bob')
		const wrong: Body[] = [
			postBody({ mentions: [bob, bob] }),
			postBody({ mentions: Array.from({ length: 257 }, (_, i) => bytesOf(`member ${i}`)) }),
			postBody({ text: 'x'.repeat(49_153) }),
			postBody({ was: Array.from({ length: 17 }, (_, i) => bytesOf(`was ${i}`, 16)) }),
		]
		for (const body of wrong) expect(() => encodeBody(body)).toThrow(RangeError)
	})

	test('[EV17] a reaction names an emoji', () => {
		const nothing = annotateBody({ target: bytesOf('t', 16), action: { type: 'reaction', emoji: '', on: true } })
		expect(() => encodeBody(nothing)).toThrow(RangeError)
	})
})
