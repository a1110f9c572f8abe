/**
 * What woke the worker becomes a notification of the system (https://www.w3.org/TR/push-api/). Something is shown for every push: a
 * browser that sees none takes the subscription away. A click leads to where it was said, in a window that is open where there is one.
 */
import { readNotice } from '#platform/browser/read-notice.ts'

declare const self: ServiceWorkerGlobalScope

const appName = 'Kith'
/** A window that was just drawn listens after a while; one that does not answer is led there as by a link. */
const patienceMs = 1_000

interface Clicked {
	/** base64url; null: to the app. */
	readonly conversation: string | null
}

export async function showNotice(bytes: Uint8Array | null): Promise<void> {
	const { title, body, conversation, isQuiet } = await readNotice(bytes, Date.now())
	const { registration } = self
	await registration.showNotification(title ?? appName, {
		body,
		// One for each conversation: the next takes its place, and says so unless it is muted.
		tag: conversation ?? 'kith',
		renotify: !isQuiet,
		silent: isQuiet,
		icon: '/icons/kith-192.png',
		badge: '/icons/kith-badge-96.png',
		data: { conversation } satisfies Clicked,
	} as NotificationOptions)
	const shown = await registration.getNotifications()
	// Where the system has an icon to write on.
	await navigator.setAppBadge?.(shown.length).catch(() => undefined)
}

export async function openNotice(notification: Notification): Promise<void> {
	notification.close()
	const { conversation } = notification.data as Clicked
	const path = conversation === null ? '/' : `/c/${conversation}`
	const windows = await self.clients.matchAll({ type: 'window' })
	const [open] = windows.toSorted((one, other) => Number(other.focused) - Number(one.focused))
	if (open === undefined) return void (await self.clients.openWindow(path))
	await open.focus().catch(() => undefined)
	if (!(await goesTo(open, path))) await open.navigate(path)
}

/** The app in this window goes there by itself, and keeps what is being written. */
function goesTo(window: WindowClient, path: string): Promise<boolean> {
	const { port1, port2 } = new MessageChannel()
	return new Promise((resolve) => {
		port1.onmessage = () => resolve(true)
		setTimeout(() => resolve(false), patienceMs)
		window.postMessage({ path }, [port2])
	})
}
