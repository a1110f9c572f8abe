/** A browser that can be woken, as far as the app uses it: browser-push.ts is the real one. */

/** What the person said to this site; `default`: nothing yet. */
export type Permission = 'default' | 'granted' | 'denied'

export interface BrowserSubscription {
	/** Null where the browser does not say what key it is for. */
	readonly key: string | null
	readonly target: { readonly endpoint: string; readonly p256dh: string; readonly auth: string }
	readonly end: () => Promise<unknown>
}

export interface BrowserPush {
	readonly permission: () => Permission
	/** Asks the person; browsers want a click for it. */
	readonly ask: () => Promise<Permission>
	readonly current: () => Promise<BrowserSubscription | null>
	/** `key`: base64url. Rejects where the browser's push service is not there. */
	readonly subscribe: (key: string) => Promise<BrowserSubscription>
	/** What the system shows of us. */
	readonly clear: () => Promise<void>
}
