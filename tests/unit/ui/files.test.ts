import { describe, expect, test } from 'vitest'
import { durationWords, fileWords } from '#ui/messages/files.ts'
import { pixelsOfThumbHash, thumbHashOf } from '#ui/state/thumb-hash.ts'
import { barsOf } from '#ui/state/waveform.ts'

function pixels(width: number, height: number, colour: (x: number, y: number) => readonly number[]) {
	const rgba = new Uint8ClampedArray(4 * width * height)
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++) rgba.set([...colour(x / width, y / height), 255], 4 * (x + y * width))
	return { width, height, rgba }
}

const average = ({ rgba }: { rgba: ArrayLike<number> }, part: number) => {
	let sum = 0
	for (let i = part; i < rgba.length; i += 4) sum += rgba[i] as number
	return sum / (rgba.length / 4)
}

describe('a ThumbHash', () => {
	test.each([
		[64, 48, [200, 30, 60]],
		[30, 64, [10, 120, 240]],
		[50, 50, [255, 255, 255]],
	])('of %i × %i in one colour gives back shape and colour', (width, height, colour) => {
		const hash = thumbHashOf(pixels(width, height, () => colour))
		const back = pixelsOfThumbHash(hash)
		if (back === null) throw new Error('no hash')
		expect(Math.abs(back.width / back.height - width / height)).toBeLessThan(0.2)
		colour.forEach((value, part) => expect(Math.abs(average(back, part) - value)).toBeLessThan(14))
	})

	test('tells light from dark by side, in under 64 bytes', () => {
		const hash = thumbHashOf(pixels(64, 40, (x) => (x < 0.5 ? [240, 240, 240] : [20, 20, 20])))
		expect(hash.length).toBeLessThanOrEqual(64)
		const { width, rgba } = pixelsOfThumbHash(hash) as NonNullable<ReturnType<typeof pixelsOfThumbHash>>
		expect(rgba[4 * 2] as number).toBeGreaterThan((rgba[4 * (width - 3)] as number) + 100)
	})

	test('of anything else is none', () => {
		expect(pixelsOfThumbHash(new Uint8Array(0))).toBeNull()
		expect(pixelsOfThumbHash(Uint8Array.of(0, 0, 128, 0, 0))).toBeNull()
		expect(pixelsOfThumbHash(new Uint8Array(5))).not.toBeNull()
	})
})

test('a waveform has at most 64 bars, each as loud as its loudest moment', () => {
	expect([...barsOf([])]).toEqual([])
	expect([...barsOf([0, 0.5, 1])]).toEqual([0, 128, 255])
	const long = Array.from({ length: 640 }, (_, i) => (i === 639 ? 1 : 0))
	expect([...barsOf(long)]).toEqual([...Array<number>(63).fill(0), 255])
})

test('words for what has no words', () => {
	const plain = { name: 'a.pdf', picture: null, sound: null }
	const picture = { width: 1, height: 1, thumbhash: new Uint8Array() }
	expect(fileWords(plain)).toBe('a.pdf')
	expect(fileWords({ ...plain, picture })).toBe('Picture')
	expect(fileWords({ ...plain, sound: { durationMs: 1, waveform: new Uint8Array() } })).toBe('Voice message')
	expect([0, 999, 83_000, 600_000].map(durationWords)).toEqual(['0:00', '0:01', '1:23', '10:00'])
})
