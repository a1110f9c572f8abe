/**
 * Devices that are connected by codes which their people carry from screen to camera (SPEC PEER17), with no server anywhere:
 *
 *   offer shown → (the other scans) answer shown → (this one scans) open
 *
 * Both may show an offer, and both may scan first: whoever scans an offer answers it, and the first channel that opens is the one.
 */
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decodeNearbyCode, encodeNearbyCode, type NearbyCode } from '#protocol/nearby-code.ts'
import type { RandomBytes, Timers } from '#protocol/ports.ts'
import type { LinkListener, PeerAddress, PeerLink } from './links.ts'
import { lengthened, shortened } from './short-description.ts'
import type { PeerChannel, PeerConnection, PeerTransport } from './transport.ts'

export type NearbyRefusal =
	/** No code of a device. */
	| 'unreadable'
	/** Shown by this device itself. */
	| 'own'
	/** Of a person with whom nothing is shared. */
	| 'stranger'
	/** The answer to an offer that is not shown any more. */
	| 'stale'
	/** This device has no way to be connected directly. */
	| 'no-way'

export type NearbyHeard =
	/** For the other to scan. */
	| { readonly type: 'answer'; readonly code: string }
	| { readonly type: 'connecting' }
	| { readonly type: 'refused'; readonly why: NearbyRefusal }

export interface NearbyLinks {
	/** The code of an offer, the same while it holds; null: there is no way. */
	readonly offer: () => Promise<string | null>
	/** What the camera read. The same read twice does nothing twice. */
	readonly read: (code: string) => Promise<NearbyHeard>
	/** Ends what is not connected yet. */
	readonly leave: () => void
	readonly recheck: () => void
	readonly close: () => void
}

export interface NearbyLinksDeps {
	readonly transport: PeerTransport
	readonly timers: Timers
	readonly random: RandomBytes
	readonly self: PeerAddress
	/** Reads from the store who this is. */
	readonly load: (account: string) => Promise<unknown>
	readonly isAllowed: (peer: PeerAddress) => boolean
	readonly opened: (link: PeerLink) => LinkListener
	/** None is on its way any more, and none was connected. */
	readonly failed: () => void
}

export const nearbyLimits = {
	/** From a code on the screen to an open channel, ms: two people with two phones. */
	openWithinMs: 10 * 60_000,
	/** The same once the answer is scanned. */
	meetWithinMs: 30_000,
	/** Offers and answers that wait; the oldest goes. */
	waiting: 8,
} as const

/** In the own network alone, whatever the server named: no relay is asked, for there may be none. */
const ways = { servers: [], relayed: false, patient: true } as const

interface Attempt {
	readonly session: Bytes
	readonly offered: boolean
	/** Who answered, or whose offer it is. */
	peer: PeerAddress | null
	connection: PeerConnection | null
	/** Null: no way, or ended before there was one. */
	readonly code: Promise<string | null>
	readonly tellCode: (code: string | null) => void
	cancelDeadline: () => void
	isAccepted: boolean
	listener: LinkListener | null
}

export function createNearbyLinks(deps: NearbyLinksDeps): NearbyLinks {
	const { transport, timers, self } = deps
	const attempts = new Set<Attempt>()
	const isWaiting = ({ listener }: Attempt) => listener === null

	function end(attempt: Attempt): void {
		if (!attempts.delete(attempt)) return
		attempt.cancelDeadline()
		attempt.connection?.close()
		attempt.tellCode(null)
		attempt.listener?.closed()
	}

	/** By itself, and not because somebody left. */
	function broke(attempt: Attempt): void {
		const wasMeeting = isWaiting(attempt) && (attempt.isAccepted || !attempt.offered)
		end(attempt)
		if (wasMeeting && ![...attempts].some(isWaiting)) deps.failed()
	}

	function endWithin(attempt: Attempt, ms: number): void {
		attempt.cancelDeadline()
		attempt.cancelDeadline = timers.after(ms, () => broke(attempt))
	}

	function begin(session: Bytes, from: { readonly peer: PeerAddress; readonly offer: Bytes } | null): Attempt {
		for (const oldest of [...attempts].filter(isWaiting).slice(0, 1 - nearbyLimits.waiting)) end(oldest)
		const { promise: code, resolve: tellCode } = Promise.withResolvers<string | null>()
		const kind = from === null ? 'offer' : 'answer'
		const attempt: Attempt = {
			...{ session, offered: from === null, peer: from?.peer ?? null },
			...{ connection: null, code, tellCode, isAccepted: false, listener: null },
			cancelDeadline: () => {},
		}
		attempts.add(attempt)
		endWithin(attempt, nearbyLimits.openWithinMs)
		attempt.connection = transport.connect(
			from?.offer ?? null,
			{
				described: (sdp) => {
					const description = shortened(sdp)
					const [idHash, device] = [base64urlToBytes(self.account), base64urlToBytes(self.device)] as [Bytes, Bytes]
					tellCode(description === null ? null : encodeNearbyCode({ t: kind, session, idHash, device, description }))
				},
				opened: (channel) => opened(attempt, channel),
				received: (message) => attempt.listener?.received(message),
				closed: () => broke(attempt),
			},
			ways,
		)
		return attempt
	}

	function opened(attempt: Attempt, channel: PeerChannel): void {
		const { peer, offered } = attempt
		if (peer === null || !attempts.has(attempt)) return end(attempt)
		attempt.cancelDeadline()
		const close = () => end(attempt)
		attempt.listener = deps.opened({ ...peer, channel, offered, close, bar: close })
	}

	async function readOffer({ session, ...code }: NearbyCode, peer: PeerAddress): Promise<NearbyHeard> {
		const before = [...attempts].find((one) => !one.offered && equalBytes(one.session, session))
		const attempt = before ?? begin(session, { peer, offer: lengthened(code.description, 'offer') })
		const answer = await attempt.code
		return answer === null ? { type: 'refused', why: 'no-way' } : { type: 'answer', code: answer }
	}

	function readAnswer({ session, description }: NearbyCode, peer: PeerAddress): NearbyHeard {
		const attempt = [...attempts].find((one) => one.offered && equalBytes(one.session, session))
		if (attempt === undefined) return { type: 'refused', why: 'stale' }
		if (attempt.isAccepted) return { type: 'connecting' }
		attempt.isAccepted = true
		attempt.peer = peer
		endWithin(attempt, nearbyLimits.meetWithinMs)
		attempt.connection?.accept(lengthened(description, 'answer'))
		return { type: 'connecting' }
	}

	async function read(said: string): Promise<NearbyHeard> {
		const code = decodeNearbyCode(said)
		if (code === null) return { type: 'refused', why: 'unreadable' }
		const peer = { account: bytesToBase64url(code.idHash), device: bytesToBase64url(code.device) }
		if (peer.device === self.device) return { type: 'refused', why: 'own' }
		await deps.load(peer.account)
		if (!deps.isAllowed(peer)) return { type: 'refused', why: 'stranger' }
		return code.t === 'offer' ? readOffer(code, peer) : readAnswer(code, peer)
	}

	const leave = () => [...attempts].filter(isWaiting).forEach(end)

	return {
		offer: () => {
			const shown = [...attempts].find((one) => one.offered && isWaiting(one) && !one.isAccepted)
			return (shown ?? begin(deps.random(8), null)).code
		},
		read,
		leave,
		recheck: () => {
			for (const attempt of [...attempts]) if (attempt.peer !== null && !deps.isAllowed(attempt.peer)) end(attempt)
		},
		close: () => [...attempts].forEach(end),
	}
}
