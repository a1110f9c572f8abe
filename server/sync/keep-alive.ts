/**
 * Every 20 s and connection: a ping, so that dead sockets are found, and an empty awareness frame for each page that the
 * client opened, because a stock provider reconnects after 30 s without a message. Spread over the interval.
 */
import { KEEPALIVE_INTERVAL } from '#protocol/limits.ts'
import { pageFrame } from './frames.ts'
import type { SyncNode } from './node.ts'
import type { Listener } from './rooms.ts'

const slots = 20

/** Whoever is looked after. */
interface Tended extends Listener {
	readonly number: number
	readonly isLive: boolean
	checkUp(now: number): void
}

/** The answer stops it. */
export function keepAlive(node: SyncNode): () => void {
	let slot = 0
	const beat = (): (() => void) =>
		node.timers.after(KEEPALIVE_INTERVAL / slots, () => {
			slot = (slot + 1) % slots
			const now = node.domain.clock()
			const all: Tended[] = [...node.connections, ...node.stockClients]
			for (const tended of all) if (tended.number % slots === slot) tend(node, tended, now)
			cancel = beat()
		})
	let cancel = beat()
	return () => cancel()
}

function tend(node: SyncNode, tended: Tended, now: number): void {
	if (!tended.isLive) return
	tended.checkUp(now)
	for (const { number } of node.rooms.openedBy(tended))
		tended.hear(pageFrame(number, { type: 'awareness', states: [] }))
}
