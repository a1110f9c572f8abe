/** Question and answer over the hub: which item the server holds last in an own stream. */
import type { HubFromServer } from '#protocol/hub.ts'
import type { Timers } from '#protocol/ports.ts'
import type { Connection } from '#sync/connection.ts'
import type { ServerStream } from './streams.ts'

export interface AskStream {
	/** Null when there is no connection, or it breaks, or no answer comes within ten seconds. */
	readonly ask: (guid: string, clientId: number) => Promise<ServerStream | null>
	readonly answered: (answer: Extract<HubFromServer, { t: 'stream' }>) => void
}

const timeout = 10_000

export function createAskStream(connection: Connection, timers: Timers): AskStream {
	const waiting = new Map<string, (stream: ServerStream | null) => void>()
	const key = (guid: string, clientId: number) => `${guid} ${clientId}`

	function settle(name: string, stream: ServerStream | null): void {
		waiting.get(name)?.(stream)
		waiting.delete(name)
	}

	// An answer to what was asked before does not come over the next connection.
	connection.listen({
		status: ({ type }) => {
			if (type !== 'online') for (const name of [...waiting.keys()]) settle(name, null)
		},
	})

	return {
		ask: (guid, clientId) =>
			new Promise((resolve) => {
				const name = key(guid, clientId)
				settle(name, null)
				const cancel = timers.after(timeout, () => settle(name, null))
				waiting.set(name, (stream) => {
					cancel()
					resolve(stream)
				})
				if (!connection.send({ t: 'stream', guid, clientId })) settle(name, null)
			}),
		answered: ({ guid, clientId, next, lastEventId }) => settle(key(guid, clientId), { next, lastEventId }),
	}
}
