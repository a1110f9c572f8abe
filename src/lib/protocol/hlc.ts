/**
 * Hybrid logical clock (SPEC EV12; Kulkarni et al., "Logical Physical Clocks", 2014): u64 = 48-bit ms ‖ 16-bit counter.
 * Pure: the caller keeps `last` (durable, per device) and gives the time, corrected to the server's clock.
 *
 * The counter carries into the milliseconds: 65,536 events in one millisecond simply use the next one.
 */
import { HLC_AHEAD_MAX } from './limits.ts'

const counterBits = 16n
const hlcMax = (1n << 64n) - 1n
const msMax = 2 ** 48 - 1

/** Throws RangeError for what does not fit: a bug. */
export function hlcOf(ms: number, counter = 0): bigint {
	if (!Number.isInteger(ms) || ms < 0 || ms > msMax) throw new RangeError(`${ms} ms do not fit into 48 bits`)
	if (!Number.isInteger(counter) || counter < 0 || counter > 0xffff) throw new RangeError(`${counter} is no counter`)
	return (BigInt(ms) << counterBits) | BigInt(counter)
}

/** ms since the Unix epoch. */
export function hlcTime(hlc: bigint): number {
	return Number(hlc >> counterBits)
}

export function hlcCounter(hlc: bigint): number {
	return Number(hlc & 0xffffn)
}

/** The hlc of a new event: later than `last`, and not before `now` (ms). */
export function tick(last: bigint, now: number): bigint {
	const fromTime = hlcOf(Math.trunc(now))
	const next = last + 1n > fromTime ? last + 1n : fromTime
	if (next > hlcMax) throw new RangeError('the clock is at its end')
	return next
}

/**
 * `last` after an event with `seen` was taken in, so that an answer sorts after what it answers.
 * What lies more than 60 s ahead moves nothing: else one bad clock would drag every clock along.
 */
export function observe(last: bigint, seen: bigint, now: number): bigint {
	return seen > last && !isAhead(seen, now) ? seen : last
}

/** More than 60 s beyond `now` (ms)? The server holds such an item, peers too (ADM15). */
export function isAhead(hlc: bigint, now: number): boolean {
	return hlcTime(hlc) > now + HLC_AHEAD_MAX
}
