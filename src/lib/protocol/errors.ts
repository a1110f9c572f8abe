/**
 * The one registry of wire errors (SPEC ERR). HTTP answers carry them as Problem Details (RFC 9457),
 * the hub as `code`, a closing socket as its close code. The UI turns a code into words and a next step.
 *
 * y-websocket never reconnects after close codes 4400 to 4499: only final verdicts use that range;
 * what passes by waiting or by a new token uses 1012 or 4500 to 4599.
 */

/** `never`: the same request fails again. `later`: wait. `refresh`: new access token first. `sync`: pull logs first. */
export type Retry = 'never' | 'later' | 'refresh' | 'sync'

export interface WireError {
	/** Stable number, for logs and for programs that do not read words. */
	readonly number: number
	/** HTTP status. */
	readonly status: number
	/** WebSocket close code, where the error ends a connection. */
	readonly close?: number
	readonly retry: Retry
	readonly sentence: string
}

export const wireErrors = {
	// Request
	malformed: {
		number: 1,
		status: 400,
		close: 4400,
		retry: 'never',
		sentence: 'The request does not have the form that the contract asks for.',
	},
	'too-large': { number: 2, status: 413, close: 4413, retry: 'never', sentence: 'The request is larger than allowed.' },
	'not-found': {
		number: 3,
		status: 404,
		retry: 'never',
		sentence: 'There is nothing here, or nothing that you may see.',
	},
	'rate-limited': {
		number: 4,
		status: 429,
		close: 4529,
		retry: 'later',
		sentence: 'Too many requests; wait a little.',
	},
	internal: {
		number: 5,
		status: 500,
		close: 4500,
		retry: 'later',
		sentence: 'The server failed; nothing was changed.',
	},
	stopping: { number: 6, status: 503, close: 1012, retry: 'later', sentence: 'The server is restarting.' },
	unsupported: {
		number: 7,
		status: 501,
		close: 4401,
		retry: 'never',
		sentence: 'This server does not support that yet.',
	},
	'wrong-origin': {
		number: 8,
		status: 403,
		close: 4403,
		retry: 'never',
		sentence: 'The request comes from another origin.',
	},
	'slow-reader': {
		number: 9,
		status: 503,
		close: 4509,
		retry: 'later',
		sentence: 'The connection took messages too slowly; reconnect and sync.',
	},
	'too-late': {
		number: 10,
		status: 408,
		close: 4508,
		retry: 'later',
		sentence: 'The connection did not authenticate in time.',
	},

	// Authentication
	unauthenticated: {
		number: 20,
		status: 401,
		close: 4501,
		retry: 'refresh',
		sentence: 'The access token is missing, wrong or expired.',
	},
	'session-ended': {
		number: 21,
		status: 401,
		close: 4421,
		retry: 'never',
		sentence: 'This session was ended; sign in again.',
	},
	'token-reused': {
		number: 22,
		status: 401,
		close: 4422,
		retry: 'never',
		sentence: 'A refresh token was used twice; all its sessions were ended.',
	},
	'wrong-credentials': { number: 23, status: 401, retry: 'never', sentence: 'Name or password is wrong.' },
	'bad-device-proof': {
		number: 24,
		status: 401,
		close: 4424,
		retry: 'never',
		sentence: 'The device did not prove its key.',
	},
	'login-expired': { number: 25, status: 410, retry: 'never', sentence: 'This step took too long; start again.' },
	'device-ended': {
		number: 26,
		status: 403,
		close: 4426,
		retry: 'never',
		sentence: 'This device was retired or revoked.',
	},
	disabled: { number: 27, status: 403, close: 4427, retry: 'never', sentence: 'This account is disabled.' },
	'bad-ticket': {
		number: 29,
		status: 401,
		close: 4428,
		retry: 'never',
		sentence: 'The ticket is unknown, used, expired or for another page; ask for a new one.',
	},
	'last-admin': {
		number: 30,
		status: 409,
		retry: 'never',
		sentence: 'This server would be left without an administrator who may sign in.',
	},
	'guest-ended': {
		number: 35,
		status: 401,
		close: 4435,
		retry: 'never',
		sentence: 'This visit has ended; look around anew.',
	},
	'no-guests': { number: 36, status: 403, close: 4436, retry: 'never', sentence: 'This server takes no guests.' },
	'guests-full': {
		number: 37,
		status: 429,
		retry: 'later',
		sentence: 'There are as many guests as this server takes; wait a little.',
	},
	forbidden: { number: 28, status: 403, retry: 'never', sentence: 'You may not do that.' },

	// Sign-up
	'name-taken': { number: 40, status: 409, retry: 'never', sentence: 'This name is taken.' },
	'bad-name': {
		number: 41,
		status: 422,
		retry: 'never',
		sentence: 'A name has 2 to 32 letters, digits, dots, dashes or underscores.',
	},
	'bad-invite': {
		number: 42,
		status: 403,
		retry: 'never',
		sentence: 'This invitation is not valid, used up or expired.',
	},
	'sign-up-closed': {
		number: 43,
		status: 403,
		retry: 'never',
		sentence: 'This server takes new people by invitation only.',
	},
	'set-up-done': { number: 44, status: 409, retry: 'never', sentence: 'This server is set up already.' },
	'bad-account': {
		number: 45,
		status: 422,
		retry: 'never',
		sentence: 'The account entry, its signatures, vault or boxes do not verify.',
	},
	'bad-email': { number: 46, status: 422, retry: 'never', sentence: 'This is no e-mail address.' },
	'no-mail': { number: 47, status: 501, retry: 'never', sentence: 'This server sends no e-mail.' },
	'bad-confirmation': {
		number: 48,
		status: 410,
		retry: 'never',
		sentence: 'This confirmation was used, has expired, or belongs to another account.',
	},
	'invites-spent': {
		number: 49,
		status: 403,
		retry: 'never',
		sentence: 'You have invited as many people as this server lets a member invite.',
	},

	// Accounts and logs
	'bad-entry': { number: 50, status: 422, retry: 'never', sentence: 'The log entry does not verify.' },
	'stale-head': { number: 51, status: 409, retry: 'sync', sentence: 'The log has moved on; fetch it and try again.' },
	'unsupported-entry': {
		number: 52,
		status: 501,
		retry: 'never',
		sentence: 'This kind of log entry is not supported yet.',
	},
	'not-in-direct': {
		number: 53,
		status: 422,
		retry: 'never',
		sentence: 'A direct message conversation never has this entry.',
	},
	'too-many-devices': {
		number: 54,
		status: 409,
		retry: 'never',
		sentence: 'The account has as many devices as it may have.',
	},
	'stale-vault': {
		number: 55,
		status: 409,
		retry: 'sync',
		sentence: 'The vault has a newer version; fetch it and try again.',
	},

	// Friends
	yourself: { number: 60, status: 422, retry: 'never', sentence: 'That is you.' },
	'unknown-person': { number: 61, status: 404, retry: 'never', sentence: 'Nobody here has that name.' },
	'already-invited': {
		number: 62,
		status: 409,
		retry: 'never',
		sentence: 'There is a pending request between you already.',
	},
	'already-friends': { number: 63, status: 409, retry: 'never', sentence: 'You are friends already.' },
	'no-request': { number: 64, status: 404, retry: 'never', sentence: 'There is no pending request from that person.' },
	'not-friends': { number: 65, status: 403, retry: 'never', sentence: 'You are not friends.' },
	'bad-signature': { number: 66, status: 422, retry: 'never', sentence: 'A signature does not verify.' },
	'you-blocked': { number: 67, status: 409, retry: 'never', sentence: 'You have blocked this person; unblock first.' },
	'not-blocked': { number: 68, status: 404, retry: 'never', sentence: 'You have not blocked this person.' },

	// Conversations
	'conversation-exists': {
		number: 70,
		status: 409,
		retry: 'sync',
		sentence: 'This conversation exists already; fetch it.',
	},
	'not-member': {
		number: 71,
		status: 403,
		close: 4471,
		retry: 'never',
		sentence: 'You are not a member of this conversation.',
	},
	'bad-boxes': { number: 72, status: 422, retry: 'never', sentence: 'The boxes do not belong to the entry.' },
	'rotate-first': { number: 73, status: 409, retry: 'sync', sentence: 'This conversation needs a new key first.' },
	archived: { number: 74, status: 403, retry: 'never', sentence: 'This conversation is archived.' },
	'bad-link': { number: 75, status: 403, retry: 'never', sentence: 'This link is not valid, used up or expired.' },
	'rooms-by-admins': {
		number: 76,
		status: 403,
		retry: 'never',
		sentence: 'Only administrators of this server create rooms.',
	},

	// Files
	'wrong-offset': {
		number: 90,
		status: 409,
		retry: 'sync',
		sentence: 'The upload has come to another offset; ask for it and go on there.',
	},
	'files-full': {
		number: 91,
		status: 413,
		retry: 'never',
		sentence: 'Your files take all the room that this server gives one person.',
	},
	'file-too-large': {
		number: 92,
		status: 413,
		retry: 'never',
		sentence: 'The file is larger than this server takes.',
	},

	// Items: refuse
	'item-malformed': { number: 100, status: 422, retry: 'never', sentence: 'The item is not an event at a fresh key.' },
	'item-wrong-stream': {
		number: 101,
		status: 422,
		retry: 'never',
		sentence: 'The clientID does not follow from device, page and incarnation.',
	},
	'item-stream-taken': {
		number: 102,
		status: 422,
		retry: 'never',
		sentence: 'Another device holds this clientID in this page.',
	},
	'item-unknown-kind': { number: 103, status: 422, retry: 'never', sentence: 'Version, kind or flag is not known.' },
	'item-device-ended': {
		number: 104,
		status: 422,
		retry: 'never',
		sentence: 'The device might not write at that place in the log.',
	},
	'item-no-right': { number: 105, status: 422, retry: 'never', sentence: 'The author may not write this kind there.' },
	'item-cut': { number: 106, status: 422, retry: 'never', sentence: 'The item lies beyond the cut.' },
	'item-bad-epoch': {
		number: 107,
		status: 422,
		retry: 'never',
		sentence: 'The epoch is newer than the log at that place, or ended too long ago.',
	},
	'item-bad-signature': { number: 108, status: 422, retry: 'never', sentence: 'The signature does not verify.' },
	'item-bad-log-hash': {
		number: 109,
		status: 422,
		retry: 'never',
		sentence: 'The log head named by the item is not in the log.',
	},
	'item-too-large': { number: 110, status: 413, retry: 'never', sentence: 'The item is larger than 64 KiB.' },
	'item-not-friends': {
		number: 111,
		status: 403,
		retry: 'never',
		sentence: 'You are not friends, or one has blocked the other.',
	},
	'item-archived': { number: 112, status: 403, retry: 'never', sentence: 'The conversation is archived.' },
	'item-wrong-clock': {
		number: 113,
		status: 409,
		retry: 'never',
		sentence: 'The clock is not the next of its stream, or holds another event.',
	},
	'item-page-closed': { number: 114, status: 409, retry: 'never', sentence: 'The page takes no more of this kind.' },
	'item-too-many-incarnations': {
		number: 115,
		status: 429,
		retry: 'later',
		sentence: 'The device has started anew too often in this page.',
	},
	'item-wrong-author': {
		number: 116,
		status: 422,
		retry: 'never',
		sentence: 'The uploader may not bring items of that author.',
	},
	'item-bad-expiry': {
		number: 117,
		status: 422,
		retry: 'never',
		sentence: 'The lifetime of the message is not that of the conversation.',
	},

	// Items: hold
	'hold-rate': {
		number: 130,
		status: 429,
		retry: 'later',
		sentence: 'Too many messages; the same item may come again later.',
	},
	'hold-ahead': { number: 131, status: 425, retry: 'later', sentence: 'The clock of the item is ahead of the server.' },
	'hold-page': { number: 132, status: 425, retry: 'later', sentence: 'The page is not open yet.' },
	'hold-log': { number: 133, status: 425, retry: 'sync', sentence: 'The device or log entry is not known here yet.' },
	'hold-rotation': { number: 134, status: 425, retry: 'sync', sentence: 'The conversation must rotate its key first.' },
	'hold-gap': { number: 135, status: 425, retry: 'later', sentence: 'An earlier item of the same stream is missing.' },
} as const satisfies Readonly<Record<string, WireError>>

export type WireErrorCode = keyof typeof wireErrors

export function isWireErrorCode(code: string): code is WireErrorCode {
	return Object.hasOwn(wireErrors, code)
}
