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
	| { readonly type: 'not-verified'; readonly what: 'bind' | 'account-log' | 'vault' | 'server' }
	| { readonly type: 'signed-out' }
	| { readonly type: 'not-here' }
	| { readonly type: 'too-long'; readonly max: number }
