/**
 * Signals of stored events and markers: see signals.ts. They carry what was committed, so that a node with followers
 * need not ask the database; a node that sees a gap in recv re-reads it.
 */
import type { PageItem } from '#protocol/page-codec.ts'

export interface StoredItem extends PageItem {
	readonly recv: number
}

export interface EventSignals {
	/** Rows of one page, committed together, in update order. */
	readonly 'events-stored': {
		readonly conversation: string
		readonly guid: string
		readonly items: readonly StoredItem[]
		/** The one connection that brought all of them and needs no copy, or null. */
		readonly origin: string | null
	}
	/** Posts go to this page from now on. */
	readonly 'page-opened': { readonly conversation: string; readonly page: number }
	/** base64url of a signed marker; `members` are those who may see it. */
	readonly marker: {
		readonly conversation: string
		readonly account: string
		readonly marker: string
		readonly members: readonly string[]
	}
}
