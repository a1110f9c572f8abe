/** Whether somebody is here, in words. */
import type { PresenceView } from '../state/views.ts'
import { m } from './catalogue.ts'
import { ago, type Calendar } from './times.ts'

/** Null: there is nothing to say. */
export function presenceWords(presence: PresenceView | null, calendar: Calendar): string | null {
	switch (presence?.type) {
		case undefined:
			return null
		case 'online':
			return m.presence_online()
		case 'away':
			return m.presence_away()
		case 'offline':
			return presence.lastSeen === null
				? m.presence_offline()
				: m.presence_last_seen({ ago: ago(presence.lastSeen, calendar) })
	}
}
