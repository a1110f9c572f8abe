/** Ids, and why something did not work. */
import type { WireErrorCode } from '#protocol/errors.ts'

export type AccountId = string
export type DeviceId = string
export type ConversationId = string
export type EventId = string

/** Why something did not work, for a screen to put into words with a next step. */
export type KithError =
	| { readonly type: 'offline' }
	/** The tab that did the work went away in the middle of it: what came of it, the views tell. */
	| { readonly type: 'interrupted' }
	| { readonly type: 'server'; readonly code: WireErrorCode; readonly retryAfterMs?: number }
	| { readonly type: 'weak-password'; readonly bits: number; readonly suggestion: string }
	| { readonly type: 'wrong-words'; readonly positions: readonly number[] }
	/** `position` counts from 0. */
	| { readonly type: 'bad-recovery-code'; readonly reason: 'word' | 'length' | 'checksum'; readonly position?: number }
	| { readonly type: 'bad-link'; readonly reason: 'malformed' | 'other-server' | 'log-forked' }
	| { readonly type: 'not-verified'; readonly what: 'bind' | 'account-log' | 'vault' | 'server' | 'archive' }
	| { readonly type: 'signed-out' }
	| { readonly type: 'not-here' }
	| { readonly type: 'too-long'; readonly max: number }
	/** Not from a second to 366 days, in whole ms. */
	| { readonly type: 'bad-delay' }
	/** A file is not what its author sealed. */
	| { readonly type: 'damaged-file' }
	/** A file cannot be read, or this device has no room for it. */
	| { readonly type: 'no-room' }
	/** A file of a copy: archives name files, and do not hold them. */
	| { readonly type: 'not-in-copy' }
	/** A file is no archive, or one of a later version. */
	| { readonly type: 'no-archive' }
	| { readonly type: 'wrong-passphrase' }
	/** An archive was cut off or changed. */
	| { readonly type: 'damaged-archive' }
