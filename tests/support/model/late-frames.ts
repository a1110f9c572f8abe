/**
 * Frames that were held back, in another order in which they could have come: each channel keeps its own order and never
 * overtakes what announced it; acks and markers may be late, never early.
 */
import { decodeFrame } from '#protocol/frames.ts'
import { copyBytes } from '#protocol/bytes.ts'
import { readHub } from '../socket-tap.ts'
import type { Chance } from './chance.ts'

/** Null: a barrier, which nothing passes in either direction. */
function laneOf(bytes: Uint8Array): string | null {
	const frame = decodeFrame(copyBytes(bytes))
	if (!frame.ok) return null
	const message = readHub(frame.value)
	if (message === null) return `page ${frame.value.channel}`
	return message.t === 'acks' || message.t === 'marker' ? message.t : null
}

function merge<T>(lanes: ReadonlyMap<string, readonly T[]>, chance: Chance): T[] {
	const merged: T[] = []
	const left = new Map([...lanes].map(([lane, values]) => [lane, [...values]]))
	while (left.size > 0) {
		const lane = chance.pick([...left.keys()])
		const waiting = left.get(lane) as T[]
		merged.push(waiting.shift() as T)
		if (waiting.length === 0) left.delete(lane)
	}
	return merged
}

/** `bytesOf`: what a value carries; null for what is no frame, which is a barrier too. */
export function inOtherOrder<T>(
	values: readonly T[],
	bytesOf: (value: T) => Uint8Array | null,
	chance: Chance,
): readonly T[] {
	const ordered: T[] = []
	const lanes = new Map<string, T[]>()
	let come: T[] = []
	const flush = () => {
		const merged = merge(lanes, chance)
		const isAsCome = merged.every((value, i) => value === come[i])
		// Chance has left it as it was: then what came last is heard first.
		ordered.push(...(isAsCome ? [...lanes.values()].reverse().flat() : merged))
		lanes.clear()
		come = []
	}
	for (const value of values) {
		const bytes = bytesOf(value)
		const lane = bytes === null ? null : laneOf(bytes)
		if (lane === null) {
			flush()
			ordered.push(value)
		} else {
			lanes.set(lane, [...(lanes.get(lane) ?? []), value])
			come.push(value)
		}
	}
	flush()
	return ordered
}
