/** What an alert says: one sentence, and what stands below it. */
import type { AlertView } from '../state/views.ts'
import { m } from './catalogue.ts'
import { deviceName } from './devices.ts'

export function alertSentence(alert: AlertView): string {
	switch (alert.type) {
		case 'request':
			return m.alerts_request({ name: alert.person.displayName })
		case 'accepted':
			return m.alerts_accepted({ name: alert.person.displayName })
		case 'added':
			return inPlace(alert.place.title, alert.by.displayName, m.alerts_added, m.alerts_added_unnamed)
		case 'knock':
			return inPlace(alert.place.title, alert.person.displayName, m.alerts_knock, m.alerts_knock_unnamed)
		case 'mention':
			if (alert.place.kind === 'direct') return m.alerts_mention({ name: alert.by.displayName })
			return inPlace(alert.place.title, alert.by.displayName, m.alerts_mention_in, m.alerts_mention)
		case 'messages':
			return messagesSentence(alert)
		case 'notice':
			return m.alerts_notice({ name: alert.by.displayName })
		case 'identity': {
			const words = alert.why === 'forked' ? m.alerts_forked : m.alerts_new_identity
			return words({ name: alert.person.displayName })
		}
		case 'device':
			return alert.here ? m.alerts_device_here() : m.alerts_device({ device: deviceName(alert) })
	}
}

/** Null: nothing. */
export function alertDetail(alert: AlertView): string | null {
	switch (alert.type) {
		case 'request':
			return alert.warning ? m.friends_warning_new_identity() : null
		case 'identity':
			return alert.why === 'forked'
				? m.friends_warning_forked({ name: alert.person.displayName })
				: m.friends_warning_new_identity()
		case 'device':
			return alert.here ? null : m.alerts_device_text()
		default:
			return null
	}
}

function messagesSentence({ place, by, count }: Extract<AlertView, { type: 'messages' }>): string {
	const isNamed = place.kind === 'group' && place.title !== ''
	return isNamed
		? m.alerts_messages_in({ count, place: place.title })
		: m.alerts_messages({ count, name: by.displayName })
}

/** A group whose name is not here yet is spoken of without one. */
function inPlace(
	place: string,
	name: string,
	named: (values: { name: string; place: string }) => string,
	unnamed: (values: { name: string }) => string,
): string {
	return place === '' ? unnamed({ name }) : named({ name, place })
}
