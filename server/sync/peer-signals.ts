/**
 * Signalling between devices that would be connected directly (SPEC WIRE16): from a device to one of the same account or of a
 * friend, on whatever node it is. Nothing of it is kept, and nobody is told whether anybody heard it.
 */
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import { textToId } from '#protocol/ids.ts'
import type { HubFromClient } from '#protocol/hub.ts'
import type { Signals } from '#server/domain/signals.ts'
import type { Connection } from './connection.ts'
import type { SyncNode } from './node.ts'

type Signal = Extract<HubFromClient, { t: 'signal' }>

/** The answer stops listening. */
export function listenToPeerSignals(node: SyncNode): () => void {
	return node.domain.cluster.subscribe('peer-signal', ({ from, to, signal }: Signals['peer-signal']) => {
		for (const connection of node.live.of(to.account)) {
			const isMeant = to.device === null ? connection.device !== from.device : connection.device === to.device
			if (isMeant && connection.isLive) connection.tell({ t: 'signal', ...from, signal })
		}
	})
}

export async function passOn(connection: Connection, { account, device, signal }: Signal): Promise<void> {
	const { node, device: sender } = connection
	if (node.signalRates.wait(sender, 1) !== null)
		return connection.tell({ t: 'error', code: 'rate-limited', about: 'signal' })
	node.signalRates.take(sender, 1)
	if (!(await mayReach(connection, account)))
		return connection.tell({ t: 'error', code: 'not-friends', about: account })
	if (!connection.isLive) return
	const from = { account: connection.account, device: sender }
	node.domain.cluster.publish('peer-signal', { from, to: { account, device }, signal })
}

async function mayReach({ node, account }: Connection, to: string): Promise<boolean> {
	const other = textToId('account', to)
	if (other === null) return false
	if (to === account) return true
	const { friends } = node.domain
	const self = base64urlToBytes(account) as Bytes
	return (await friends.areFriends(self, other)) && !(await friends.areBlocked(self, other))
}
