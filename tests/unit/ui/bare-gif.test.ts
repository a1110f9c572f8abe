import { describe, expect, test } from 'vitest'
import { bareGif } from '#ui/components/conversation/bare-gif.ts'

const place = 'GPSLatitude 51.4769'
const latin = (text: string) => [...Buffer.from(text, 'latin1')]
const part = (text: string) => [text.length, ...latin(text)]

/** One pixel in two colours, over and over. */
const start = [...latin('GIF89a'), 1, 0, 1, 0, 0x80, 0, 0, ...[0, 0, 0, 255, 255, 255]]
const runs = [0x21, 0xff, ...part('NETSCAPE2.0'), 3, 1, 0, 0, 0]
const control = [0x21, 0xf9, 4, 4, 10, 0, 0, 0]
const frame = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]
const ownColours = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0x80, 9, 9, 9, 8, 8, 8, 2, 2, 0x44, 1, 0]
const end = [0x3b]
const film = [...start, ...runs, ...control, ...frame, ...control, ...ownColours, ...end]

const comment = [0x21, 0xfe, ...part(place), ...part('and more'), 0]
const xmp = [0x21, 0xff, ...part('XMP DataXMP'), ...latin(`<x:xmpmeta ${place}/>`).flatMap((byte) => [1, byte]), 0]

const bare = (bytes: readonly number[]) => {
	const made = bareGif(Uint8Array.from(bytes))
	return made === null ? null : [...made]
}

describe('a film of pictures', () => {
	test('stays as it is, with how often it runs', () => {
		expect(bare(film)).toEqual(film)
	})

	test('loses what cameras and programs wrote beside the pictures, wherever that stands, and what follows its end', () => {
		const told = [...start, ...comment, ...runs, ...xmp, ...control, ...frame, ...comment, ...control, ...ownColours]
		expect(bare([...told, ...xmp, ...end, ...latin(place)])).toEqual(film)
	})

	test('that is none, or is cut off anywhere, is none', () => {
		expect(bare(latin('GIF88a and so on'))).toBeNull()
		expect(bare([...start, 7, ...end])).toBeNull()
		for (let length = 0; length < film.length; length++) expect(bare(film.slice(0, length)), `${length}`).toBeNull()
	})
})
