/**
 * By which servers devices find a way to each other: those that the own server names, with passwords that hold for a while (decision
 * 0421), and whether only relays may be used, so that friends learn no address of this device.
 */
import type { PeerWays } from '#sync/peers/transport.ts'
import type { ConversationContext } from '../context.ts'

export interface Ways {
	/** Null: not known yet, or there is none that this person allows. */
	readonly now: () => PeerWays | null
	/** Asks the server. Never rejects. */
	readonly refresh: () => Promise<void>
	readonly close: () => void
}

const minute = 60_000
export const wayLimits = {
	/** More are not tried: each is asked by every connection. */
	servers: 8,
	/** Asked anew when half of the time is over, but no sooner and no later, ms. */
	againMs: { least: minute, most: 24 * 60 * minute },
} as const

const isRelay = ({ urls }: PeerWays['servers'][number]) => urls.some((url) => /^turns?:/i.test(url))

export function createWays({
	http,
	privacy,
	timers,
	time,
}: Pick<ConversationContext, 'http' | 'privacy' | 'timers' | 'time'>): Ways {
	let servers: PeerWays['servers'] | null = null
	let cancel = () => {}

	async function refresh(): Promise<void> {
		const answer = await http.call((api) => api.accounts.iceServers())
		// A server of 0.2.0 knows none; what was known before may hold still.
		if (!answer.ok) return void (servers ??= [])
		servers = answer.value.servers.slice(0, wayLimits.servers)
		const { least, most } = wayLimits.againMs
		cancel()
		if (servers.length === 0) return
		const half = (answer.value.until - time.now()) / 2
		cancel = timers.after(Math.min(Math.max(half, least), most), () => void refresh())
	}

	return {
		now: () => {
			const { relayed } = privacy.now()
			if (servers === null || (relayed && !servers.some(isRelay))) return null
			return { servers, relayed }
		},
		refresh,
		close: () => cancel(),
	}
}
