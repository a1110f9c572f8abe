/** Commands of `KithApi` for devices beside this one (peers/nearby.ts). */
import { ok, type Result } from '#protocol/result.ts'
import type { KithError } from './api.ts'
import type { NearbyCommands } from './api-nearby.ts'
import type { Nearby } from './peers/nearby.ts'
import type { SignedIn, SignedInSession } from './signed-in.ts'

export function nearbyCommands(signedIn: SignedIn): NearbyCommands {
	/** `none`: what to answer where devices are not reached. */
	const withNearby = <T>(none: T, work: (nearby: Nearby, session: SignedInSession) => Promise<T>) =>
		signedIn<T>(async (session): Promise<Result<T, KithError>> => {
			const nearby = await session.peers.nearby()
			return ok(nearby === null ? none : await work(nearby, session))
		})

	return {
		nearbyOffer: () => withNearby({ code: null }, async (nearby) => ({ code: await nearby.offer() })),
		nearbyRead: ({ code }) => withNearby({ type: 'refused', why: 'no-way' }, (nearby) => nearby.read(code)),
		nearbyMet: () =>
			withNearby(null, async (nearby, { self, accounts }) => {
				const peer = await nearby.met()
				if (peer === null) return null
				return { person: peer.account === self.account ? null : accounts.person(peer.account) }
			}),
		nearbyLeave: () =>
			withNearby(null, async (nearby) => {
				nearby.leave()
				return null
			}),
	}
}
