/** Bounds of the socket edge, each with what it stops. Times in ms, sizes in bytes. */
import type { Rate } from '#server/domain/events/rates.ts'
import type { AddressLimits } from './addresses.ts'

const KiB = 1024
const second = 1000

export const socketLimits = {
	/** From the upgrade to a proven device: strangers do not sit on sockets. */
	handshakeMs: 10 * second,
	/** All that a stranger may send: hello and auth are 3 KiB together. */
	strangerBytes: 16 * KiB,
	/** Sockets that have not proven themselves yet, on this node. */
	strangers: 2000,
	/** Open sockets of one device; the newest stays out. */
	perDevice: 16,
	/** Stock clients of one device, each on one page; the newest stays out. */
	stockPerDevice: 64,
	/** Between two looks at whether a stock client's session still lives: it brings no tokens. */
	stockCheckMs: 60 * second,
	/** Refused ids of a stock client that are remembered, so that each is refused once. */
	stockRefusals: 4096,
	/** A token that ran out is renewed within this time. */
	tokenGraceMs: 30 * second,
	/** More than this unsent, and the reader is too slow: closed, it resyncs when it comes back. */
	sendBufferMax: 4096 * KiB,
	/** Answers to state vectors wait until less than this is unsent, so that a resync never makes a reader slow. */
	sendBufferLow: 256 * KiB,
	/** One update within an answer: the frame around it stays below FRAME_MAX. */
	answerBytes: 512 * KiB,
	/** Verdicts in one frame: at 200 bytes each far below FRAME_MAX. */
	acksPerFrame: 2048,
	/** Answers asked for and not given. */
	answersWaiting: 512,
	/** Items on their way to a verdict; beyond, the socket is not read. */
	uploadsUnderWay: 2048 * KiB,
	/** Awareness clientIDs of one connection in one page. */
	awarenessIds: 4,
	/** Remembered awareness clientIDs of a page whose connection is gone, so that echoes do not bring them back. */
	awarenessGone: 256,
	/** Between two words about one's presence that count: each is told to every friend. */
	presencePauseMs: second,
	/** Between two words about the directory: each makes all who look at it ask. */
	directoryPauseMs: 5 * second,
	/** Back within this time, nobody has left: a reload is no going away. */
	presenceGraceMs: 10 * second,
	/** Groups and rooms of which one connection is told who is online. */
	watchedRooms: 16,
	/** Channels of pages other than the newest that followers of a conversation keep open. */
	followedPages: 32,
	/** Nothing heard for this long, pings included, and the socket is dead. */
	silenceMs: 65 * second,
} as const

/**
 * Of one address (IPv6: one /64), before anybody has proven anything: so that one does not take all places of strangers,
 * nor wear the server out with handshakes. Behind a proxy addresses are right only with KITH_PROXY_HOPS.
 */
export const addressLimits: AddressLimits = {
	sockets: 8192,
	strangers: 500,
	attempts: { perSecond: 10, burst: 1000 },
}

/** What one device may send over all its connections: a frame costs 1 and 1 per 16 KiB. Beyond, it is read more slowly. */
export const deviceRate: Rate = { perSecond: 200, burst: 2000 }

/** What one device may have passed on to other devices: to connect to all friends at once, and to try again. */
export const signalRate: Rate = { perSecond: 4, burst: 240 }

export function frameCost(bytes: number): number {
	return 1 + bytes / (16 * KiB)
}
