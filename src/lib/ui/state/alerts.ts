/** The alert hub as a screen shows it: by day, where each leads, and what of it is counted. Pure. */
import type { AlertsView, AlertView } from '#core/api.ts'
import { startOfDay } from '../messages/day.ts'

export interface AlertDay {
	/** The first moment of the day, ms. */
	readonly at: number
	readonly alerts: readonly AlertView[]
}

/** As they come: the newest day first. */
export function byDay(alerts: readonly AlertView[]): readonly AlertDay[] {
	return [...Map.groupBy(alerts, ({ at }) => startOfDay(at))].map(([at, alerts]) => ({ at, alerts }))
}

/** The path of what an alert is about. */
export function placeOf(alert: AlertView): string {
	switch (alert.type) {
		case 'request':
			return '/friends'
		case 'accepted':
		case 'identity':
			return alert.conversation === null ? '/friends' : `/c/${alert.conversation}`
		case 'added':
		case 'knock':
		case 'mention':
		case 'messages':
		case 'notice':
			return `/c/${alert.place.conversation}`
		case 'device':
			return '/settings/devices'
	}
}

/** What is read by being at its place. Messages are read where they stand, each for itself. */
export function readAt(path: string, { alerts }: AlertsView): readonly string[] {
	return alerts
		.filter((alert) => alert.unread && placeOf(alert) === path)
		.flatMap((alert) => (isSaid(alert) ? [] : [alert.id]))
}

/** What the rail counts: plain messages are counted beside it, with the chats. */
export function callCount({ alerts }: AlertsView): number {
	return alerts.filter(({ unread, type }) => unread && type !== 'messages').length
}

/** What came since, is unread, and is not about what lies open. */
export function arrived(before: AlertsView, now: AlertsView, path: string): readonly AlertView[] {
	const known = new Set(before.alerts.filter(({ unread }) => unread).map(({ id }) => id))
	return now.alerts.filter((alert) => alert.unread && !known.has(alert.id) && placeOf(alert) !== path)
}

function isSaid({ type }: AlertView): boolean {
	return type === 'mention' || type === 'messages' || type === 'notice'
}
