/**
 * Which devices this one is connected to directly, and how it comes to that: `here` over the hub, an offer by the device with the
 * lower id, an answer, and the transport. A link that does not open, or breaks, is tried again after a pause that grows.
 *
 *   here → (lower id) offer → (higher id) answer → open
 *
 * Nobody waits for an end that is gone: who gives up says so (`ended`), and who has begun anew shows it by another run in `here`.
 *
 * Who may be connected, and what is said then, is for core to say.
 */
import {
	base64urlToBytes,
	bytesToBase64url,
	compareBytes,
	concatBytes,
	equalBytes,
	type Bytes,
} from '#protocol/bytes.ts'
import { decodePeerSignal, encodePeerSignal, runMark, type PeerSignal } from '#protocol/peer-signals.ts'
import type { RandomBytes, Timers } from '#protocol/ports.ts'
import type { Connection } from '../connection.ts'
import type { PeerChannel, PeerConnection, PeerListener, PeerTransport, PeerWays } from './transport.ts'

/** Ids in base64url, as the hub names them. */
export interface PeerAddress {
	readonly account: string
	readonly device: string
}

export interface PeerLink extends PeerAddress {
	readonly channel: PeerChannel
	/** Did this device make the offer? */
	readonly offered: boolean
	/** Tried again after a while. */
	readonly close: () => void
	/** Ended, and no signal of this device is heard for so long. */
	readonly bar: (forMs: number) => void
}

export interface LinkListener {
	readonly received: (message: Bytes) => void
	readonly closed: () => void
}

export interface PeerLinks {
	/** Tells all devices of an account that this one is here. */
	readonly call: (account: string) => void
	/** A `signal` of the hub. */
	readonly heard: (from: PeerAddress, signal: string) => void
	/** Ends links that may not be any more. */
	readonly recheck: () => void
	/** Ends all: what is connected from now on goes another way. */
	readonly reset: () => void
	readonly close: () => void
}

export interface PeerLinksDeps {
	readonly transport: PeerTransport
	readonly timers: Timers
	readonly random: RandomBytes
	readonly send: Connection['send']
	readonly self: PeerAddress
	readonly isAllowed: (peer: PeerAddress) => boolean
	/** Null: in no way, so that nobody is. */
	readonly ways: () => PeerWays | null
	readonly opened: (link: PeerLink) => LinkListener
}

export const linkLimits = {
	/** Devices at a time, with those that are being connected. */
	links: 24,
	/** From the offer or answer to an open channel, ms. */
	openWithinMs: 20_000,
	/** After a link that broke or did not open, ms: at first, and at most. */
	againMs: 2_000,
	againMaxMs: 5 * 60_000,
} as const

interface Attempt {
	readonly session: Bytes
	readonly peer: PeerAddress
	readonly connection: PeerConnection
	/** Of the other device's run. */
	readonly mark: Bytes
	cancelDeadline: () => void
	listener: LinkListener | null
}

export function createPeerLinks(deps: PeerLinksDeps): PeerLinks {
	const { transport, timers, self } = deps
	/** By device, as everything here. */
	const attempts = new Map<string, Attempt>()
	const failures = new Map<string, number>()
	/** How to end waiting: for the next try, and for the end of a bar. */
	const retries = new Map<string, () => void>()
	const bars = new Map<string, () => void>()
	const run = deps.random(16)
	const ownId = idOf(self.device)

	const offers = ({ device }: PeerAddress) => compareBytes(ownId, idOf(device)) < 0

	function tell({ account, device }: { account: string; device: string | null }, signal: PeerSignal): void {
		deps.send({ t: 'signal', account, device, signal: bytesToBase64url(encodePeerSignal(signal)) })
	}

	const tellHere = (peer: PeerAddress) => tell(peer, { t: 'here', run, lost: !attempts.has(peer.device) })

	function end({ peer, connection, cancelDeadline, listener }: Attempt): void {
		attempts.delete(peer.device)
		cancelDeadline()
		connection.close()
		listener?.closed()
	}

	/** The other end need not find out by waiting. */
	function giveUp(attempt: Attempt): void {
		end(attempt)
		tell(attempt.peer, { t: 'ended', session: attempt.session })
	}

	/** What broke is tried again; the more often it did, the later. */
	function broke(attempt: Attempt): void {
		const { peer } = attempt
		if (attempts.get(peer.device) !== attempt) return
		giveUp(attempt)
		const before = failures.get(peer.device) ?? 0
		failures.set(peer.device, before + 1)
		const again = () => {
			retries.delete(peer.device)
			if (!attempts.has(peer.device) && deps.isAllowed(peer)) tellHere(peer)
		}
		retries.get(peer.device)?.()
		retries.set(peer.device, timers.after(Math.min(linkLimits.againMs * 2 ** before, linkLimits.againMaxMs), again))
	}

	/** Whoever said what no honest device says is not heard for a while. */
	function bar(attempt: Attempt, forMs: number): void {
		const { device } = attempt.peer
		if (attempts.get(device) !== attempt) return
		end(attempt)
		bars.set(
			device,
			timers.after(forMs, () => void bars.delete(device)),
		)
	}

	function begin(peer: PeerAddress, by: Pick<Attempt, 'session' | 'mark'> & { readonly offer: Bytes | null }): void {
		const ways = deps.ways()
		if (attempts.size >= linkLimits.links || ways === null) return
		const { session, offer } = by
		const listener: PeerListener = {
			described: (description) => {
				if (attempts.get(peer.device) !== attempt) return
				tell(peer, { t: offer === null ? 'offer' : 'answer', session, description })
			},
			opened: (channel) => {
				if (attempts.get(peer.device) !== attempt) return
				attempt.cancelDeadline()
				failures.delete(peer.device)
				const link = { ...peer, channel, offered: offer === null }
				attempt.listener = deps.opened({
					...link,
					close: () => broke(attempt),
					bar: (forMs) => bar(attempt, forMs),
				})
			},
			received: (message) => attempt.listener?.received(message),
			closed: () => broke(attempt),
		}
		const connection = transport.connect(offer, listener, ways)
		const attempt: Attempt = { session, mark: by.mark, peer, connection, cancelDeadline: () => {}, listener: null }
		attempt.cancelDeadline = timers.after(linkLimits.openWithinMs, () => broke(attempt))
		attempts.set(peer.device, attempt)
	}

	function heardHere(peer: PeerAddress, { run: theirs, lost }: Extract<PeerSignal, { t: 'here' }>): void {
		const before = attempts.get(peer.device)
		const isSame = before !== undefined && equalBytes(before.mark, runMark(theirs))
		// It has begun anew: nothing is left there of what stands here.
		if (before !== undefined && !isSame) end(before)
		if (!offers(peer)) return tellHere(peer)
		// Ours is on its way, or stands.
		if (isSame && (before.listener === null || !lost)) return
		if (isSame) end(before)
		begin(peer, { session: concatBytes(runMark(run), deps.random(8)), mark: runMark(theirs), offer: null })
	}

	function heardOffer(peer: PeerAddress, { session, description }: Extract<PeerSignal, { t: 'offer' }>): void {
		if (offers(peer)) return
		const before = attempts.get(peer.device)
		if (before !== undefined) end(before)
		begin(peer, { session, mark: runMark(session), offer: description })
	}

	function heardEnded({ device }: PeerAddress, { session }: Extract<PeerSignal, { t: 'ended' }>): void {
		const attempt = attempts.get(device)
		if (attempt !== undefined && equalBytes(attempt.session, session)) broke(attempt)
	}

	function heardAnswer(peer: PeerAddress, { session, description }: Extract<PeerSignal, { t: 'answer' }>): void {
		const attempt = attempts.get(peer.device)
		if (attempt === undefined || !offers(peer) || !equalBytes(attempt.session, session)) return
		if (attempt.listener === null) attempt.connection.accept(description)
	}

	function endAll(): void {
		for (const attempt of [...attempts.values()]) giveUp(attempt)
	}

	function heardSignal(peer: PeerAddress, said: PeerSignal): void {
		switch (said.t) {
			case 'here':
				return heardHere(peer, said)
			case 'offer':
				return heardOffer(peer, said)
			case 'answer':
				return heardAnswer(peer, said)
			case 'ended':
				return heardEnded(peer, said)
		}
	}

	return {
		call: (account) => tell({ account, device: null }, { t: 'here', run, lost: false }),
		heard: (peer, text) => {
			const raw = base64urlToBytes(text)
			const signal = raw === null ? null : decodePeerSignal(raw)
			if (signal?.ok !== true || idOf(peer.device).length !== 16 || peer.device === self.device) return
			if (bars.has(peer.device) || !deps.isAllowed(peer)) return
			heardSignal(peer, signal.value)
		},
		recheck: () => {
			for (const attempt of [...attempts.values()]) if (!deps.isAllowed(attempt.peer)) giveUp(attempt)
		},
		reset: endAll,
		close: () => {
			for (const cancel of [...retries.values(), ...bars.values()]) cancel()
			retries.clear()
			bars.clear()
			endAll()
		},
	}
}

function idOf(device: string): Bytes {
	return base64urlToBytes(device) ?? (new Uint8Array() as Bytes)
}
