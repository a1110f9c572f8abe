/** The line about the connection while devices talk without a server. */
import type { ConnectionView } from '../state/views.ts'
import { m } from './catalogue.ts'

export function directWords({ peers, waiting }: Pick<ConnectionView, 'peers' | 'waiting'>): string {
	return waiting > 0 ? m.connection_direct_waiting({ peers, waiting }) : m.connection_direct({ count: peers })
}
