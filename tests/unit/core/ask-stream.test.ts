import { expect, it } from 'vitest'
import { createAskStream } from '#core/ask-stream.ts'
import type { Connection, ConnectionListener } from '#sync/connection.ts'
import type { ConnectionState } from '#sync/connection-state.ts'
import { fakeTime } from '../../support/fake-timers.ts'

function setup() {
	const listeners = new Set<ConnectionListener>()
	const status = (state: ConnectionState) => {
		for (const listener of listeners) listener.status?.(state)
	}
	const connection = { send: () => true, listen: (one: ConnectionListener) => listeners.add(one) }
	return { status, streams: createAskStream(connection as unknown as Connection, fakeTime().timers) }
}

it('waits for no answer over a connection that broke, and asks again over the next', async () => {
	const { streams, status } = setup()
	const lost = streams.ask('page', 7)
	status({ type: 'waiting', attempt: 1 })
	expect(await lost).toBeNull()
	status({ type: 'online' })
	const asked = streams.ask('page', 7)
	streams.answered({ t: 'stream', guid: 'page', clientId: 7, next: 3, lastEventId: null })
	expect(await asked).toEqual({ next: 3, lastEventId: null })
})
