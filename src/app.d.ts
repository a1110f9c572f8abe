import type { Api } from '#server/http/api.ts'

declare global {
	namespace App {
		interface Locals {
			/** The running instance, as far as routes need it. */
			kith: { readonly api: Api }
		}
		interface PageState {
			/** The details of the open conversation are shown. */
			details?: boolean
			/** The message at which the conversation opens: an event id. */
			at?: string
			/** Where somebody wanted to go who had to sign in first: a path of this app. */
			wanted?: string
		}
	}

	/** Set by vite.config.ts: the release, and the fingerprint of the sources that this app was built from. */
	const __KITH_BUILD__: { readonly version: string; readonly sources: string }
}

export {}
