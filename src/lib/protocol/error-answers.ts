/**
 * How a server answers with each wire error. Apart from the registry, because a client reads codes and has words of its own: with
 * the sentences it would load three times as much.
 */
import type { WireErrorCode } from './errors.ts'

export interface ErrorAnswer {
	/** Stable number, for logs and for programs that do not read words. */
	readonly number: number
	/** HTTP status. */
	readonly status: number
	readonly sentence: string
}

export const errorAnswers = {
	// Request
	malformed: { number: 1, status: 400, sentence: 'The request does not have the form that the contract asks for.' },
	'too-large': { number: 2, status: 413, sentence: 'The request is larger than allowed.' },
	'not-found': { number: 3, status: 404, sentence: 'There is nothing here, or nothing that you may see.' },
	'rate-limited': { number: 4, status: 429, sentence: 'Too many requests; wait a little.' },
	internal: { number: 5, status: 500, sentence: 'The server failed; nothing was changed.' },
	stopping: { number: 6, status: 503, sentence: 'The server is restarting.' },
	unsupported: { number: 7, status: 501, sentence: 'This server does not support that yet.' },
	'wrong-origin': { number: 8, status: 403, sentence: 'The request comes from another origin.' },
	'slow-reader': { number: 9, status: 503, sentence: 'The connection took messages too slowly; reconnect and sync.' },
	'too-late': { number: 10, status: 408, sentence: 'The connection did not authenticate in time.' },
	'key-reused': { number: 11, status: 422, sentence: 'This Idempotency-Key stands for another request.' },
	'under-way': { number: 12, status: 409, sentence: 'The same request is being answered; ask again.' },

	// Authentication
	unauthenticated: { number: 20, status: 401, sentence: 'The access token is missing, wrong or expired.' },
	'session-ended': { number: 21, status: 401, sentence: 'This session was ended; sign in again.' },
	'token-reused': { number: 22, status: 401, sentence: 'A refresh token was used twice; all its sessions were ended.' },
	'wrong-credentials': { number: 23, status: 401, sentence: 'Name or password is wrong.' },
	'bad-device-proof': { number: 24, status: 401, sentence: 'The device did not prove its key.' },
	'login-expired': { number: 25, status: 410, sentence: 'This step took too long; start again.' },
	'device-ended': { number: 26, status: 403, sentence: 'This device was retired or revoked.' },
	disabled: { number: 27, status: 403, sentence: 'This account is disabled.' },
	'bad-ticket': {
		number: 29,
		status: 401,
		sentence: 'The ticket is unknown, used, expired or for another page; ask for a new one.',
	},
	'last-admin': {
		number: 30,
		status: 409,
		sentence: 'This server would be left without an administrator who may sign in.',
	},
	'guest-ended': { number: 35, status: 401, sentence: 'This visit has ended; look around anew.' },
	'no-guests': { number: 36, status: 403, sentence: 'This server takes no guests.' },
	'guests-full': { number: 37, status: 429, sentence: 'There are as many guests as this server takes; wait a little.' },
	forbidden: { number: 28, status: 403, sentence: 'You may not do that.' },

	// Sign-up
	'name-taken': { number: 40, status: 409, sentence: 'This name is taken.' },
	'bad-name': { number: 41, status: 422, sentence: 'A name has 2 to 32 letters, digits, dots, dashes or underscores.' },
	'bad-invite': { number: 42, status: 403, sentence: 'This invitation is not valid, used up or expired.' },
	'sign-up-closed': { number: 43, status: 403, sentence: 'This server takes new people by invitation only.' },
	'set-up-done': { number: 44, status: 409, sentence: 'This server is set up already.' },
	'bad-account': {
		number: 45,
		status: 422,
		sentence: 'The account entry, its signatures, vault or boxes do not verify.',
	},
	'bots-full': { number: 39, status: 409, sentence: 'You have as many bots as one may have.' },
	'bad-email': { number: 46, status: 422, sentence: 'This is no e-mail address.' },
	'no-mail': { number: 47, status: 501, sentence: 'This server sends no e-mail.' },
	'bad-confirmation': {
		number: 48,
		status: 410,
		sentence: 'This confirmation was used, has expired, or belongs to another account.',
	},
	'invites-spent': {
		number: 49,
		status: 403,
		sentence: 'You have invited as many people as this server lets a member invite.',
	},

	// Accounts and logs
	'bad-entry': { number: 50, status: 422, sentence: 'The log entry does not verify.' },
	'stale-head': { number: 51, status: 409, sentence: 'The log has moved on; fetch it and try again.' },
	'unsupported-entry': { number: 52, status: 501, sentence: 'This kind of log entry is not supported yet.' },
	'not-in-direct': { number: 53, status: 422, sentence: 'A direct message conversation never has this entry.' },
	'too-many-devices': { number: 54, status: 409, sentence: 'The account has as many devices as it may have.' },
	'stale-vault': { number: 55, status: 409, sentence: 'The vault has a newer version; fetch it and try again.' },

	// Friends
	yourself: { number: 60, status: 422, sentence: 'That is you.' },
	'unknown-person': { number: 61, status: 404, sentence: 'Nobody here has that name.' },
	'already-invited': { number: 62, status: 409, sentence: 'There is a pending request between you already.' },
	'already-friends': { number: 63, status: 409, sentence: 'You are friends already.' },
	'no-request': { number: 64, status: 404, sentence: 'There is no pending request from that person.' },
	'not-friends': { number: 65, status: 403, sentence: 'You are not friends.' },
	'bad-signature': { number: 66, status: 422, sentence: 'A signature does not verify.' },
	'you-blocked': { number: 67, status: 409, sentence: 'You have blocked this person; unblock first.' },
	'not-blocked': { number: 68, status: 404, sentence: 'You have not blocked this person.' },

	// Conversations
	'conversation-exists': { number: 70, status: 409, sentence: 'This conversation exists already; fetch it.' },
	'not-member': { number: 71, status: 403, sentence: 'You are not a member of this conversation.' },
	'bad-boxes': { number: 72, status: 422, sentence: 'The boxes do not belong to the entry.' },
	'rotate-first': { number: 73, status: 409, sentence: 'This conversation needs a new key first.' },
	archived: { number: 74, status: 403, sentence: 'This conversation is archived.' },
	'bad-link': { number: 75, status: 403, sentence: 'This link is not valid, used up or expired.' },
	'rooms-by-admins': { number: 76, status: 403, sentence: 'Only administrators of this server create rooms.' },

	// Files
	'wrong-offset': {
		number: 90,
		status: 409,
		sentence: 'The upload has come to another offset; ask for it and go on there.',
	},
	'files-full': {
		number: 91,
		status: 413,
		sentence: 'Your files take all the room that this server gives one person.',
	},
	'file-too-large': { number: 92, status: 413, sentence: 'The file is larger than this server takes.' },
	'files-unavailable': {
		number: 93,
		status: 503,
		sentence: 'The server cannot reach the store of its files just now; try again.',
	},

	// Items: refuse
	'item-malformed': { number: 100, status: 422, sentence: 'The item is not an event at a fresh key.' },
	'item-wrong-stream': {
		number: 101,
		status: 422,
		sentence: 'The clientID does not follow from device, page and incarnation.',
	},
	'item-stream-taken': { number: 102, status: 422, sentence: 'Another device holds this clientID in this page.' },
	'item-unknown-kind': { number: 103, status: 422, sentence: 'Version, kind or flag is not known.' },
	'item-device-ended': { number: 104, status: 422, sentence: 'The device might not write at that place in the log.' },
	'item-no-right': { number: 105, status: 422, sentence: 'The author may not write this kind there.' },
	'item-cut': { number: 106, status: 422, sentence: 'The item lies beyond the cut.' },
	'item-bad-epoch': {
		number: 107,
		status: 422,
		sentence: 'The epoch is newer than the log at that place, or ended too long ago.',
	},
	'item-bad-signature': { number: 108, status: 422, sentence: 'The signature does not verify.' },
	'item-bad-log-hash': { number: 109, status: 422, sentence: 'The log head named by the item is not in the log.' },
	'item-too-large': { number: 110, status: 413, sentence: 'The item is larger than 64 KiB.' },
	'item-not-friends': { number: 111, status: 403, sentence: 'You are not friends, or one has blocked the other.' },
	'item-archived': { number: 112, status: 403, sentence: 'The conversation is archived.' },
	'item-wrong-clock': {
		number: 113,
		status: 409,
		sentence: 'The clock is not the next of its stream, or holds another event.',
	},
	'item-page-closed': { number: 114, status: 409, sentence: 'The page takes no more of this kind.' },
	'item-too-many-incarnations': {
		number: 115,
		status: 429,
		sentence: 'The device has started anew too often in this page.',
	},
	'item-wrong-author': { number: 116, status: 422, sentence: 'The uploader may not bring items of that author.' },
	'item-bad-expiry': {
		number: 117,
		status: 422,
		sentence: 'The lifetime of the message is not that of the conversation.',
	},

	// Items: hold
	'hold-rate': { number: 130, status: 429, sentence: 'Too many messages; the same item may come again later.' },
	'hold-ahead': { number: 131, status: 425, sentence: 'The clock of the item is ahead of the server.' },
	'hold-page': { number: 132, status: 425, sentence: 'The page is not open yet.' },
	'hold-log': { number: 133, status: 425, sentence: 'The device or log entry is not known here yet.' },
	'hold-rotation': { number: 134, status: 425, sentence: 'The conversation must rotate its key first.' },
	'hold-gap': { number: 135, status: 425, sentence: 'An earlier item of the same stream is missing.' },
} as const satisfies Readonly<Record<WireErrorCode, ErrorAnswer>>
