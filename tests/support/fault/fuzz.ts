/**
 * Frames that were right once: bytes flipped, cut, doubled, spliced; and frames that are well-formed but for one value of
 * their message. What of it is right by chance is right.
 */
import { bytesToUtf8, utf8ToBytes } from '#protocol/bytes.ts'
import { decodeFrame, encodeFrame, hubChannel } from '#protocol/frames.ts'
import type { Chance } from '../model/chance.ts'

function flip(frame: Uint8Array, chance: Chance): Uint8Array {
	const out = frame.slice()
	for (let flips = 1 + chance.below(4); flips > 0; flips--) out[chance.below(out.length)] = chance.below(256)
	return out
}

function splice(frame: Uint8Array, other: Uint8Array, chance: Chance): Uint8Array {
	const [at, from] = [chance.below(frame.length), chance.below(other.length)]
	return Uint8Array.from([...frame.subarray(0, at), ...other.subarray(from)])
}

/** A length, a count or a clock that is far too large: varuints grow by their first bit. */
function inflate(frame: Uint8Array, chance: Chance): Uint8Array {
	const at = chance.below(frame.length)
	const huge = Array.from({ length: 1 + chance.below(8) }, () => 0x80 + chance.below(128))
	return Uint8Array.from([...frame.subarray(0, at), ...huge, ...frame.subarray(at + 1)])
}

function damaged(frames: readonly Uint8Array[], chance: Chance): Uint8Array {
	const frame = chance.pick(frames)
	switch (chance.below(6)) {
		case 0:
			return frame.slice(0, chance.below(frame.length + 1))
		case 1:
			return splice(frame, chance.pick(frames), chance)
		case 2:
			return inflate(frame, chance)
		default:
			return flip(frame, chance)
	}
}

const strange: readonly unknown[] = [
	...[null, true, -1, 0.5, 2 ** 53, 1e308, '', 'A'.repeat(5000), 'c/AAAAAAAAAAAAAAAAAAAAAA/4294967295.16'],
	...[[], {}, [[[[]]]], { t: 'hello' }, '\u0000', '__proto__', 'ﷺ'],
]

/** A message of the hub with one member exchanged, left out, or added. */
function retold(frame: Uint8Array, chance: Chance): Uint8Array | null {
	const decoded = decodeFrame(frame.slice())
	if (!decoded.ok || decoded.value.channel !== hubChannel) return null
	const message = JSON.parse(bytesToUtf8(decoded.value.payload)) as Record<string, unknown>
	const name = chance.pick([...Object.keys(message), 'more', 'constructor'])
	if (chance.below(4) === 0) delete message[name]
	else message[name] = chance.pick(strange)
	return encodeFrame({ channel: hubChannel, recv: [], payload: utf8ToBytes(JSON.stringify(message)) })
}

/** The same payload, in other numbers. */
function readdressed(frame: Uint8Array, chance: Chance): Uint8Array {
	const decoded = decodeFrame(frame.slice())
	if (!decoded.ok) return frame
	const channel = chance.pick([0, 1, decoded.value.channel, decoded.value.channel + 1, 2 ** 31, 2 ** 52])
	const recv = Array.from({ length: chance.below(4) }, () => chance.below(2 ** 30))
	return encodeFrame({ ...decoded.value, channel, recv })
}

function noise(chance: Chance): Uint8Array {
	return Uint8Array.from({ length: chance.below(400) }, () => chance.below(256))
}

/** One frame that is not quite right. */
export function spoilt(frames: readonly Uint8Array[], chance: Chance): Uint8Array {
	switch (chance.below(8)) {
		case 0:
			return noise(chance)
		case 1:
			return readdressed(chance.pick(frames), chance)
		case 2:
		case 3:
			return retold(chance.pick(frames), chance) ?? damaged(frames, chance)
		default:
			return damaged(frames, chance)
	}
}
