/**
 * Who looks at the directory of open rooms is told when it changes: rooms, members, who is online (product C4). At once, and what
 * comes within some seconds after, together at their end. What it says now is asked for over HTTP, which counts each person once.
 */
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import type { Connection } from './connection.ts'
import { socketLimits } from './limits.ts'
import type { SyncNode } from './node.ts'

export class DirectoryWatch {
	readonly #node: Pick<SyncNode, 'domain' | 'timers'>
	readonly #watching = new Set<Connection>()
	#isPausing = false
	#isStale = false

	constructor(node: Pick<SyncNode, 'domain' | 'timers'>) {
		this.#node = node
	}

	/** Signals of all nodes; the answer stops listening. */
	listen(): () => void {
		const { cluster, conversationStates, log } = this.#node.domain
		const stops = [
			cluster.subscribe('room-listed', () => this.moved()),
			cluster.subscribe('presence-shown', () => this.moved()),
			cluster.subscribe('conversation-log', ({ conversation }) => {
				if (this.#watching.size === 0) return
				conversationStates.get(base64urlToBytes(conversation) as Bytes).then(
					(state) => state?.kind === 'room-open' && this.moved(),
					(error: unknown) => log.error('directory-not-told', { error }),
				)
			}),
		]
		return () => stops.forEach((stop) => stop())
	}

	watch(connection: Connection): void {
		this.#watching.add(connection)
		// What changed between its first question and this one.
		connection.tell({ t: 'rooms' })
	}

	unwatch(connection: Connection): void {
		this.#watching.delete(connection)
	}

	moved(): void {
		if (this.#isPausing) {
			this.#isStale = true
			return
		}
		if (this.#watching.size === 0) return
		this.#isPausing = true
		this.#node.timers.after(socketLimits.directoryPauseMs, () => {
			this.#isPausing = false
			if (this.#isStale) this.moved()
		})
		this.#isStale = false
		for (const connection of this.#watching) connection.tell({ t: 'rooms' })
	}
}
