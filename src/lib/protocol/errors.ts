/**
 * The one registry of wire errors (SPEC ERR): what a code means for whoever is told it. HTTP answers carry them as Problem
 * Details (RFC 9457), the hub as `code`, a closing socket as its close code. The UI turns a code into words and a next step;
 * what only the server says of it stands in error-answers.ts.
 *
 * y-websocket never reconnects after close codes 4400 to 4499: only final verdicts use that range;
 * what passes by waiting or by a new token uses 1012 or 4500 to 4599.
 */

/** `never`: the same request fails again. `later`: wait. `refresh`: new access token first. `sync`: pull logs first. */
export type Retry = 'never' | 'later' | 'refresh' | 'sync'

export interface WireError {
	readonly retry: Retry
	/** WebSocket close code, where the error ends a connection. */
	readonly close?: number
}

export const wireErrors = {
	// Request
	malformed: { retry: 'never', close: 4400 },
	'too-large': { retry: 'never', close: 4413 },
	'not-found': { retry: 'never' },
	'rate-limited': { retry: 'later', close: 4529 },
	internal: { retry: 'later', close: 4500 },
	stopping: { retry: 'later', close: 1012 },
	unsupported: { retry: 'never', close: 4401 },
	'wrong-origin': { retry: 'never', close: 4403 },
	'slow-reader': { retry: 'later', close: 4509 },
	'too-late': { retry: 'later', close: 4508 },
	'key-reused': { retry: 'never' },
	'under-way': { retry: 'later' },

	// Authentication
	unauthenticated: { retry: 'refresh', close: 4501 },
	'session-ended': { retry: 'never', close: 4421 },
	'token-reused': { retry: 'never', close: 4422 },
	'wrong-credentials': { retry: 'never' },
	'bad-device-proof': { retry: 'never', close: 4424 },
	'login-expired': { retry: 'never' },
	'device-ended': { retry: 'never', close: 4426 },
	disabled: { retry: 'never', close: 4427 },
	'bad-ticket': { retry: 'never', close: 4428 },
	'last-admin': { retry: 'never' },
	'guest-ended': { retry: 'never', close: 4435 },
	'no-guests': { retry: 'never', close: 4436 },
	'guests-full': { retry: 'later' },
	forbidden: { retry: 'never' },

	// Sign-up
	'name-taken': { retry: 'never' },
	'bad-name': { retry: 'never' },
	'bad-invite': { retry: 'never' },
	'sign-up-closed': { retry: 'never' },
	'set-up-done': { retry: 'never' },
	'bad-account': { retry: 'never' },
	'bad-email': { retry: 'never' },
	'no-mail': { retry: 'never' },
	'bad-confirmation': { retry: 'never' },
	'invites-spent': { retry: 'never' },
	'bots-full': { retry: 'never' },

	// Accounts and logs
	'bad-entry': { retry: 'never' },
	'stale-head': { retry: 'sync' },
	'unsupported-entry': { retry: 'never' },
	'not-in-direct': { retry: 'never' },
	'too-many-devices': { retry: 'never' },
	'stale-vault': { retry: 'sync' },

	// Friends
	yourself: { retry: 'never' },
	'unknown-person': { retry: 'never' },
	'already-invited': { retry: 'never' },
	'already-friends': { retry: 'never' },
	'no-request': { retry: 'never' },
	'not-friends': { retry: 'never' },
	'bad-signature': { retry: 'never' },
	'you-blocked': { retry: 'never' },
	'not-blocked': { retry: 'never' },

	// Conversations
	'conversation-exists': { retry: 'sync' },
	'not-member': { retry: 'never', close: 4471 },
	'bad-boxes': { retry: 'never' },
	'rotate-first': { retry: 'sync' },
	archived: { retry: 'never' },
	'bad-link': { retry: 'never' },
	'rooms-by-admins': { retry: 'never' },

	// Files
	'wrong-offset': { retry: 'sync' },
	'files-full': { retry: 'never' },
	'file-too-large': { retry: 'never' },
	'files-unavailable': { retry: 'later' },

	// Items: refuse
	'item-malformed': { retry: 'never' },
	'item-wrong-stream': { retry: 'never' },
	'item-stream-taken': { retry: 'never' },
	'item-unknown-kind': { retry: 'never' },
	'item-device-ended': { retry: 'never' },
	'item-no-right': { retry: 'never' },
	'item-cut': { retry: 'never' },
	'item-bad-epoch': { retry: 'never' },
	'item-bad-signature': { retry: 'never' },
	'item-bad-log-hash': { retry: 'never' },
	'item-too-large': { retry: 'never' },
	'item-not-friends': { retry: 'never' },
	'item-archived': { retry: 'never' },
	'item-wrong-clock': { retry: 'never' },
	'item-page-closed': { retry: 'never' },
	'item-too-many-incarnations': { retry: 'later' },
	'item-wrong-author': { retry: 'never' },
	'item-bad-expiry': { retry: 'never' },

	// Items: hold
	'hold-rate': { retry: 'later' },
	'hold-ahead': { retry: 'later' },
	'hold-page': { retry: 'later' },
	'hold-log': { retry: 'sync' },
	'hold-rotation': { retry: 'sync' },
	'hold-gap': { retry: 'later' },
} as const satisfies Readonly<Record<string, WireError>>

export type WireErrorCode = keyof typeof wireErrors

export function isWireErrorCode(code: string): code is WireErrorCode {
	return Object.hasOwn(wireErrors, code)
}
