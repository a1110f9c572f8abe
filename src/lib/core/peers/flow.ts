/** Messages of one device, one after the other, and no more than an honest one sends. */
import type { Bytes } from '#protocol/bytes.ts'
import { peerLimits } from './limits.ts'

export interface Flow {
	readonly received: (message: Bytes) => void
	/** In turn with what was received. */
	readonly run: (work: () => Promise<void>) => void
	/** So much was asked for: it is no flood when it comes. */
	readonly expect: (bytes: number, frames: number) => void
}

export interface FlowDeps {
	/** ms */
	readonly now: () => number
	readonly work: (message: Bytes) => Promise<void>
	/** What is thrown by any of it. */
	readonly failed: (error: unknown) => void
	readonly flooded: () => void
}

interface Bucket {
	readonly perSecond: number
	readonly burst: number
	level: number
	/** Asked for, whenever it comes. */
	expected: number
}

export function createFlow({ now, work, failed, flooded }: FlowDeps): Flow {
	const { framesPerSecond, framesBurst, bytesPerSecond, bytesBurst } = peerLimits
	const frames: Bucket = { perSecond: framesPerSecond, burst: framesBurst, level: framesBurst, expected: 0 }
	const bytes: Bucket = { perSecond: bytesPerSecond, burst: bytesBurst, level: bytesBurst, expected: 0 }
	let at = now()
	let waiting = 0
	let last = Promise.resolve()
	let isOver = false

	function takes(bucket: Bucket, cost: number, elapsedMs: number): boolean {
		const filled = Math.min(bucket.burst, bucket.level + (Math.max(0, elapsedMs) / 1000) * bucket.perSecond)
		const unasked = Math.max(0, cost - bucket.expected)
		bucket.expected -= cost - unasked
		bucket.level = filled - unasked
		return bucket.level >= 0
	}

	function isFlood(size: number): boolean {
		const elapsed = now() - at
		at += Math.max(0, elapsed)
		const isRated = [takes(frames, 1, elapsed), takes(bytes, size, elapsed)].every(Boolean)
		return !isRated || waiting + size > peerLimits.waitingMax
	}

	function run(work: () => Promise<void>): void {
		last = last.then(async () => {
			if (!isOver) await work().catch(failed)
		})
	}

	return {
		run,
		expect: (size, count) => {
			bytes.expected += size
			frames.expected += count
		},
		received: (message) => {
			if (isOver) return
			if (isFlood(message.length)) {
				isOver = true
				return flooded()
			}
			waiting += message.length
			run(async () => {
				waiting -= message.length
				await work(message)
			})
		},
	}
}
