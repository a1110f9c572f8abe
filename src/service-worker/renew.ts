/**
 * The browser has renewed its subscription by itself (https://www.w3.org/TR/push-api/#the-pushsubscriptionchange-event), perhaps with no
 * window open: the server is told where this device is woken from now on. There is no session here; the secret of the subscription
 * that was speaks for it. Where the old one is not known any more, the app says it when it is opened next.
 */

export interface Renewal {
	readonly old: PushSubscription | null
	/** Null: the browser leaves it to us to subscribe for the same key. */
	readonly now: PushSubscription | null
	readonly subscribe: (options: PushSubscriptionOptionsInit) => Promise<PushSubscription>
	readonly send: (body: string) => Promise<unknown>
}

export async function tellRenewal({ old, now, subscribe, send }: Renewal): Promise<void> {
	if (old === null) return
	const { userVisibleOnly, applicationServerKey } = old.options
	const renewed = now ?? (await subscribe({ userVisibleOnly, applicationServerKey }))
	const { endpoint, auth } = partsOf(old)
	await send(JSON.stringify({ was: { endpoint, auth }, now: partsOf(renewed) }))
}

function partsOf(subscription: PushSubscription) {
	const { endpoint = '', keys = {} } = subscription.toJSON()
	return { endpoint, p256dh: keys['p256dh'] ?? '', auth: keys['auth'] ?? '' }
}
