/** What the browser of this window offers for being woken (https://www.w3.org/TR/push-api/), as far as the app uses it. */

import type { BrowserPush, BrowserSubscription } from './push-port.ts'

/** Null where there is no such thing: private windows, iOS before the app is on the Home Screen, `npm run dev`. */
export async function openBrowserPush(): Promise<BrowserPush | null> {
	if (!('PushManager' in window) || !('Notification' in window)) return null
	const registration = await navigator.serviceWorker.getRegistration()
	if (registration === undefined) return null
	const { pushManager } = registration
	return {
		permission: () => Notification.permission,
		ask: () => Notification.requestPermission(),
		current: async () => toSubscription(await pushManager.getSubscription()),
		subscribe: async (key) => {
			const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
			return toSubscription(subscription) as BrowserSubscription
		},
		clear: async () => {
			for (const shown of await registration.getNotifications()) shown.close()
		},
	}
}

function toSubscription(subscription: PushSubscription | null): BrowserSubscription | null {
	if (subscription === null) return null
	const { endpoint = '', keys = {} } = subscription.toJSON()
	const key = subscription.options.applicationServerKey
	return {
		key: key === null ? null : toBase64url(key),
		target: { endpoint, p256dh: keys['p256dh'] ?? '', auth: keys['auth'] ?? '' },
		end: () => subscription.unsubscribe(),
	}
}

function toBase64url(bytes: ArrayBuffer): string {
	const letters = String.fromCharCode(...new Uint8Array(bytes))
	return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
