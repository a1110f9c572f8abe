/** Bounds of what a connected device may do, each with what it stops. Times in ms, sizes in bytes. */
const KiB = 1024
const second = 1000

export const peerLimits = {
	/** From an open channel to two proofs: nobody sits on a link. */
	proveWithinMs: 15 * second,
	/** Whoever said what no honest device says is not connected to again for so long. */
	barMs: 10 * 60 * second,
	/** Received and not worked off yet; an honest device waits for answers. */
	waitingMax: 8 * 1024 * KiB,
	/** Frames: as many a second, and at once after a pause. */
	framesPerSecond: 200,
	framesBurst: 2000,
	/** Bytes: the same. */
	bytesPerSecond: 2 * 1024 * KiB,
	bytesBurst: 32 * 1024 * KiB,
	/** Unsent; beyond, what is new is left to the next comparison of heads. */
	unsentMax: 4 * 1024 * KiB,
	/** Items in one frame, in bytes: one item at its largest still fits. */
	itemsPerFrame: 128 * KiB,
} as const
