/**
 * What one part of the server tells the others after a commit, on this node and on all others (server/cluster).
 * A signal says that something changed and where to look; the database is the truth. Ids are base64url text, so that
 * listeners can use them as keys and any adapter can carry them.
 */
import type { WireErrorCode } from '#protocol/errors.ts'
import type { AwarenessState } from '#protocol/page-messages.ts'
import type { EventSignals } from './event-signals.ts'

export type PresenceState = 'online' | 'away' | 'offline'

export interface BaseSignals {
	/** Every connection of this session closes now, with this code. */
	readonly 'session-ended': { readonly sid: string; readonly account: string; readonly code: WireErrorCode }
	/** All that this device sends is verified from now on. */
	readonly 'device-barred': { readonly device: string }
	/** The account's log has entries from `from` on. */
	readonly 'account-log': { readonly account: string; readonly from: number }
	/** The conversation's log has entries from `from` on; `members` are those who may see them. */
	readonly 'conversation-log': {
		readonly conversation: string
		readonly from: number
		readonly members: readonly string[]
		/** Those whose membership this entry ended: they are told of it, and of nothing after. */
		readonly parted: readonly string[]
	}
	/** Boxes beside the log are there for these accounts, or are wanted of them. */
	readonly 'conversation-boxes': { readonly conversation: string; readonly accounts: readonly string[] }
	/** What these accounts wrote overtook a cut of theirs: they wait, until it is made anew. */
	readonly 'cut-refused': { readonly conversation: string; readonly accounts: readonly string[] }
	/** How an open room stands in the directory changed. */
	readonly 'room-listed': { readonly conversation: string }
	/** The friend lists of these accounts changed. */
	readonly 'friends-changed': { readonly accounts: readonly string[] }
	/** What the connections of one node say about an account, all in all. */
	readonly presence: { readonly account: string; readonly node: string; readonly state: PresenceState }
	/** The account lets friends see its presence, or no longer. */
	readonly 'presence-shown': { readonly account: string; readonly shown: boolean }
	/** Who types and who is here, sealed, in a page: from the connections of another node. */
	readonly awareness: {
		readonly node: string
		readonly device: string
		readonly conversation: string
		readonly guid: string
		readonly states: readonly AwarenessState[]
	}
	/** From one device to another that it may reach directly, or to all of an account: passed on, and kept nowhere. */
	readonly 'peer-signal': {
		readonly from: { readonly account: string; readonly device: string }
		readonly to: { readonly account: string; readonly device: string | null }
		/** Who are no friends: to devices that may be reached in one of these groups. Null: to all. */
		readonly within: readonly string[] | null
		readonly signal: string
	}
	/** This device has a socket at `node`, or has none there any more. */
	readonly 'device-here': { readonly device: string; readonly node: string; readonly here: boolean }
	/** Account entries changed: for the account's own devices. */
	readonly 'entries-changed': { readonly account: string }
}

/** What a node keeps in memory, because it is asked for with every message. */
export type Stale =
	| { readonly of: 'account' | 'conversation' | 'device'; readonly id: string }
	| { readonly of: 'friends' }
	| { readonly of: 'everything' }

/** Told by a node to itself, and to no other. */
export interface LocalSignals {
	/** What is kept of this may be old. */
	readonly stale: Stale
	/** Signals of other nodes may not have come, whatever they said: after `stale` of everything. */
	readonly 'signals-missed': Readonly<Record<never, never>>
	/** Messages were stored by this node: `devices` are those of their authors. */
	readonly posted: { readonly conversation: string; readonly devices: readonly string[] }
	/** Another node is here, or is here no more. */
	readonly 'node-came': { readonly node: string }
	readonly 'node-gone': { readonly node: string }
}

export interface Signals extends BaseSignals, EventSignals, LocalSignals {}
export type Topic = keyof Signals
