/**
 * Every way that something can go wrong, as words: what happened, and what to do next. The switches are exhaustive: a new
 * error without words does not compile.
 */
import type { KithError, SessionEnd } from '../state/views.ts'
import { m } from './catalogue.ts'
import { wireWords } from './wire-errors.ts'

export interface ErrorWords {
	readonly what: string
	readonly next: string
}

export function errorWords(error: KithError): ErrorWords {
	switch (error.type) {
		case 'offline':
			return { what: m.err_offline(), next: m.err_offline_next() }
		case 'interrupted':
			return { what: m.err_interrupted(), next: m.err_interrupted_next() }
		case 'server':
			return wireWords(error.code, error.retryAfterMs)
		case 'weak-password':
			return { what: m.err_weak_password(), next: m.err_weak_password_next() }
		case 'wrong-words':
			return { what: m.err_wrong_words(), next: m.err_wrong_words_next() }
		case 'bad-recovery-code':
			return recoveryCodeWords(error)
		case 'bad-link':
			return linkWords(error.reason)
		case 'not-verified':
			return notVerifiedWords(error.what)
		case 'signed-out':
			return { what: m.err_signed_out(), next: m.next_sign_in() }
		case 'not-here':
			return { what: m.err_not_here(), next: m.err_not_here_next() }
		case 'too-long':
			return { what: m.err_too_long(), next: m.err_too_long_next() }
		case 'bad-delay':
			return { what: m.err_bad_delay(), next: m.err_bad_delay_next() }
		case 'damaged-file':
			return { what: m.err_damaged_file(), next: m.err_damaged_file_next() }
		case 'no-room':
			return { what: m.err_no_room(), next: m.err_no_room_next() }
		case 'not-in-copy':
			return { what: m.err_not_in_copy(), next: m.err_not_in_copy_next() }
		case 'no-archive':
			return { what: m.err_no_archive(), next: m.err_no_archive_next() }
		case 'wrong-passphrase':
			return { what: m.err_wrong_passphrase(), next: m.err_wrong_passphrase_next() }
		case 'damaged-archive':
			return { what: m.err_damaged_archive(), next: m.err_damaged_archive_next() }
	}
}

/** Both parts as one text, for places that have a single line. */
export function errorSentence(error: KithError): string {
	return m.error_sentence({ ...errorWords(error) })
}

function recoveryCodeWords(error: Extract<KithError, { type: 'bad-recovery-code' }>): ErrorWords {
	switch (error.reason) {
		case 'word': {
			const what =
				error.position === undefined ? m.err_code_word() : m.err_code_word_at({ position: error.position + 1 })
			return { what, next: m.err_code_word_next() }
		}
		case 'length':
			return { what: m.err_code_length(), next: m.err_code_length_next() }
		case 'checksum':
			return { what: m.err_code_checksum(), next: m.err_code_checksum_next() }
	}
}

function linkWords(reason: Extract<KithError, { type: 'bad-link' }>['reason']): ErrorWords {
	switch (reason) {
		case 'malformed':
			return { what: m.err_link_malformed(), next: m.err_link_malformed_next() }
		case 'other-server':
			return { what: m.err_link_other_server(), next: m.err_link_other_server_next() }
		case 'log-forked':
			return { what: m.err_link_forked(), next: m.err_link_forked_next() }
	}
}

function notVerifiedWords(what: Extract<KithError, { type: 'not-verified' }>['what']): ErrorWords {
	switch (what) {
		case 'bind':
			return { what: m.err_bind(), next: m.next_stop() }
		case 'account-log':
			return { what: m.err_account_log(), next: m.next_stop() }
		case 'vault':
			return { what: m.err_vault(), next: m.next_stop() }
		case 'server':
			return { what: m.err_server(), next: m.next_stop() }
		case 'archive':
			return { what: m.err_archive(), next: m.err_archive_next() }
	}
}

/** What ended the last session, to be said above the sign-in form. */
export function endedWords(why: SessionEnd): string {
	switch (why) {
		case 'store-damaged':
			return m.ended_damaged()
		case 'session-ended':
			return m.ended_session()
		case 'token-reused':
			return m.ended_reused()
		case 'device-ended':
			return m.ended_device()
		case 'disabled':
			return m.ended_disabled()
		default:
			return m.ended_other({ what: wireWords(why).what })
	}
}
