/** The alert hub in stories: what it shows, in one short word for each alert, waited for by its own view. */
import type { AlertsView, AlertView } from '#core/api.ts'
import { until } from './watching.ts'
import type { Device } from './world.ts'

/** `*request Bob`; a star for what is unread. */
export function brief(alert: AlertView): string {
	return `${alert.unread ? '*' : ''}${alert.type} ${about(alert)}`
}

function about(alert: AlertView): string {
	switch (alert.type) {
		case 'request':
		case 'accepted':
		case 'identity':
			return alert.person.displayName
		case 'added':
			return `${alert.place.title} by ${alert.by.displayName}`
		case 'knock':
			return `${alert.place.title} by ${alert.person.displayName}`
		case 'mention':
			return `${alert.text} by ${alert.by.displayName}`
		case 'messages':
		case 'notice':
			return `${alert.count} ${alert.text} by ${alert.by.displayName}`
		case 'device':
			return alert.here ? 'here' : 'elsewhere'
	}
}

export const briefs = ({ alerts }: AlertsView) => alerts.map(brief)

/** Exactly these, in any order. */
export async function alertsUntil(device: Device, wanted: readonly string[]): Promise<AlertsView> {
	const sorted = JSON.stringify(wanted.toSorted())
	const is = (view: AlertsView) => JSON.stringify(briefs(view).toSorted()) === sorted
	return until(device.api, { view: 'alerts', of: null, is })
}
