/**
 * Devices beside this one (SPEC PEER17): a person carries a code from screen to camera, twice, and no server has a part in it. Whoever
 * is met so shares what both may read: with an own device all, with a friend what both are in, with others the groups and rooms of both.
 */
import type { ConversationState } from '#protocol/conversation-state.ts'
import type { LinkListener, PeerAddress, PeerLink } from '#sync/peers/links.ts'
import { createNearbyLinks, type NearbyHeard } from '#sync/peers/nearby-links.ts'
import type { PeerTransport } from '#sync/peers/transport.ts'
import type { AccountId } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import { isAddress } from './session.ts'

export interface Nearby {
	readonly offer: () => Promise<string | null>
	readonly read: (code: string) => Promise<NearbyHeard>
	/** Who is met next; null: nobody came of it, or it was left. */
	readonly met: () => Promise<PeerAddress | null>
	readonly leave: () => void
	/** Met so, and still there: may this be shared? */
	readonly meets: (account: AccountId, state: ConversationState) => boolean
	/** A device has proven itself, on whatever way it came. */
	readonly proven: (peer: PeerAddress) => void
	readonly recheck: () => void
	readonly close: () => void
}

interface NearbyParts {
	readonly transport: PeerTransport
	readonly meet: (link: PeerLink) => LinkListener
	readonly hasEnded: (peer: PeerAddress) => boolean
}

export function createNearby(context: ConversationContext, { transport, meet, hasEnded }: NearbyParts): Nearby {
	const { self, accounts, friends, logs, timers, crypto } = context
	/** Links that stand. */
	const standing = new Set<PeerAddress>()
	const known = new WeakSet<PeerAddress>()
	const waiting = new Set<(peer: PeerAddress | null) => void>()

	function tell(peer: PeerAddress | null): void {
		for (const heard of [...waiting]) heard(peer)
		waiting.clear()
	}

	/** With a friend all that both are in; a group also with who is no friend. Nothing of two who are not friends any more. */
	const mayMeet = (account: AccountId, { kind, members }: ConversationState) =>
		members.has(account) &&
		members.has(self.account) &&
		friends.stateOf(account) !== 'blocked' &&
		(account === self.account || kind !== 'dm' || friends.stateOf(account) === 'accepted')

	const isAllowed = (peer: PeerAddress) =>
		isAddress(peer) &&
		!hasEnded(peer) &&
		accounts.known(peer.account) !== null &&
		logs.all().some((state) => mayMeet(peer.account, state))

	const links = createNearbyLinks({
		...{ transport, timers, random: crypto.random, isAllowed, load: accounts.load },
		self: { account: self.account, device: self.device },
		failed: () => tell(null),
		opened: (link) => {
			standing.add(link)
			const session = meet(link)
			return {
				received: session.received,
				closed: () => {
					standing.delete(link)
					session.closed()
					// Somebody else than the code said.
					if (!known.has(link)) tell(null)
				},
			}
		},
	})

	return {
		offer: links.offer,
		read: links.read,
		met: () => new Promise((resolve) => waiting.add(resolve)),
		leave: () => {
			links.leave()
			tell(null)
		},
		meets: (account, state) => [...standing].some((peer) => peer.account === account) && mayMeet(account, state),
		proven: (peer) => {
			const met = [...standing].find(({ device }) => device === peer.device)
			if (met === undefined) return
			known.add(met)
			tell(peer)
		},
		recheck: links.recheck,
		close: () => {
			links.close()
			tell(null)
		},
	}
}
