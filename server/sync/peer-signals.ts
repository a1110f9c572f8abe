/**
 * Signalling between devices that would be connected directly (SPEC WIRE16): from a device to one of the same account, of a friend,
 * or of a fellow member where both devices may be reached in a small group; on whatever node it is. Nothing of it is kept, and nobody
 * is told whether anybody heard it.
 */
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import { areFellows } from '#protocol/conversation-lookups.ts'
import { textToId } from '#protocol/ids.ts'
import type { HubFromClient } from '#protocol/hub.ts'
import type { Signals } from '#server/domain/signals.ts'
import type { Connection } from './connection.ts'
import type { SyncNode } from './node.ts'

type Signal = Extract<HubFromClient, { t: 'signal' }>

/** The answer stops listening. */
export function listenToPeerSignals(node: SyncNode): () => void {
	return node.domain.cluster.subscribe('peer-signal', ({ from, to, within, signal }: Signals['peer-signal']) => {
		for (const connection of node.live.of(to.account)) {
			const isMeant = to.device === null ? connection.device !== from.device : connection.device === to.device
			const isReached = within?.some((group) => connection.fellowGroups.has(group)) ?? true
			if (isMeant && isReached && connection.isLive) connection.tell({ t: 'signal', ...from, signal })
		}
	})
}

export async function passOn(connection: Connection, { account, device, signal }: Signal): Promise<void> {
	const { node, device: sender } = connection
	if (node.signalRates.wait(sender, 1) !== null)
		return connection.tell({ t: 'error', code: 'rate-limited', about: 'signal' })
	node.signalRates.take(sender, 1)
	const reach = await reachOf(connection, account)
	if (reach.type === 'none') return connection.tell({ t: 'error', code: 'not-friends', about: account })
	if (!connection.isLive) return
	const from = { account: connection.account, device: sender }
	const within = reach.type === 'fellows' ? reach.within : null
	node.domain.cluster.publish('peer-signal', { from, to: { account, device }, within, signal })
}

type Reach =
	| { readonly type: 'none' }
	/** The same account, or friends. */
	| { readonly type: 'all' }
	/** Both are members of these groups, in which the sender may be reached too. */
	| { readonly type: 'fellows'; readonly within: readonly string[] }

async function reachOf({ node, account, fellowGroups }: Connection, to: string): Promise<Reach> {
	const other = textToId('account', to)
	if (other === null) return { type: 'none' }
	if (to === account) return { type: 'all' }
	const { friends, conversationStates } = node.domain
	const self = base64urlToBytes(account) as Bytes
	if (await friends.areBlocked(self, other)) return { type: 'none' }
	if (await friends.areFriends(self, other)) return { type: 'all' }
	const within: string[] = []
	for (const group of fellowGroups) {
		const id = textToId('conversation', group)
		const state = id === null ? null : await conversationStates.get(id)
		if (state != null && areFellows(state, account, to)) within.push(group)
	}
	return within.length === 0 ? { type: 'none' } : { type: 'fellows', within }
}
