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
	/** So often a minute a device may say that it has something else in a page, and then have nothing that is new. */
	vainTimes: 32,
	vainWithinMs: 60 * second,
	/** Chunks of files asked of one device at a time: enough to keep a channel full across a slow way. */
	chunksAsked: 4,
	/** Chunks that a device may ask and wait for; an honest one waits for as many as above. */
	chunksOwed: 8,
	/** Pieces of files go while less than that is unsent: what is said waits behind no more. */
	unsentBelow: 128 * KiB,
	/** After a full channel it is looked at again so much later. */
	pumpMs: 10,
	/** What was asked for and does not begin to come is asked elsewhere. */
	pieceWithinMs: 20 * second,
	/** Files of which one device is told what is here, newest asked first. */
	blobsWatched: 64,
	/** … at most so often each. */
	tellChunksMs: 100,
	/** How often one device is given as much as the whole of one file. */
	timesGiven: 4,
	/** Devices that one asks about in a session, because they wrote and are in no log that it has. */
	devicesAsked: 64,
	/** Pages that a device may ask and wait for; an honest one waits for one. */
	pagesOwed: 4,
	/** A page that was asked for and has not come whole by then is asked of another, ms. */
	pageWithinMs: 10 * second,
	/** Items in one frame, in bytes: one item at its largest still fits. */
	itemsPerFrame: 128 * KiB,
} as const
