/** The one quiet line about the connection. */
import type { ConnectionView } from '../state/views.ts'
import { m } from './catalogue.ts'

/** Null while there is nothing to say. */
export function connectionWords({ type, waiting }: ConnectionView): string | null {
	switch (type) {
		case 'online':
			return null
		case 'connecting':
			return waiting > 0 ? m.connection_sending({ count: waiting }) : m.connection_connecting()
		case 'offline':
			return waiting > 0 ? m.connection_offline_waiting({ count: waiting }) : m.connection_offline()
	}
}
