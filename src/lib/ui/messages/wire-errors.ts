/** The registry of wire errors (#protocol/errors.ts) in words, with what to do next. Exhaustive by its type. */
import type { WireCode } from '../state/views.ts'
import { m } from './catalogue.ts'

interface Words {
	readonly what: string
	readonly next: string
}

type Say = () => string

/** `retryAfterMs`: how long the server asks to wait, where it said so. */
export function wireWords(code: WireCode, retryAfterMs?: number): Words {
	const [what, next] = table[code]
	return { what: what(), next: next === wait ? waitWords(retryAfterMs) : next() }
}

function waitWords(ms: number | undefined): string {
	if (ms === undefined || ms <= 0) return m.next_wait()
	const seconds = Math.ceil(ms / 1000)
	return seconds < 90
		? m.next_wait_seconds({ count: seconds })
		: m.next_wait_minutes({ count: Math.ceil(seconds / 60) })
}

const wait: Say = () => m.next_wait()
const reload: Say = () => m.next_reload()
const signIn: Say = () => m.next_sign_in()
const sync: Say = () => m.next_sync()
const stop: Say = () => m.next_stop()
const refused: Say = () => m.item_refused()
const notUnderstood: Say = () => m.wire_not_understood()

const table: Readonly<Record<WireCode, readonly [what: Say, next: Say]>> = {
	malformed: [notUnderstood, reload],
	'too-large': [() => m.wire_too_large(), () => m.wire_too_large_next()],
	'not-found': [() => m.wire_not_found(), () => m.err_not_here_next()],
	'rate-limited': [() => m.wire_rate(), wait],
	internal: [() => m.wire_internal(), wait],
	stopping: [() => m.wire_stopping(), wait],
	unsupported: [() => m.wire_unsupported(), () => m.wire_unsupported_next()],
	'wrong-origin': [() => m.wire_wrong_origin(), () => m.wire_wrong_origin_next()],
	'slow-reader': [() => m.wire_connection(), () => m.wire_connection_next()],
	'too-late': [() => m.wire_connection(), () => m.wire_connection_next()],
	// Of keys that programs send, and the app does not.
	'key-reused': [notUnderstood, reload],
	'under-way': [() => m.wire_rate(), wait],

	unauthenticated: [() => m.wire_unauthenticated(), signIn],
	'session-ended': [() => m.wire_session_ended(), signIn],
	'token-reused': [() => m.wire_token_reused(), () => m.wire_token_reused_next()],
	'wrong-credentials': [() => m.wire_wrong_credentials(), () => m.wire_wrong_credentials_next()],
	'bad-device-proof': [() => m.wire_device_proof(), signIn],
	'login-expired': [() => m.wire_login_expired(), () => m.wire_login_expired_next()],
	'device-ended': [() => m.wire_device_ended(), signIn],
	'bad-ticket': [() => m.wire_connection(), () => m.wire_connection_next()],
	disabled: [() => m.wire_disabled(), () => m.wire_disabled_next()],
	'last-admin': [() => m.wire_last_admin(), () => m.wire_last_admin_next()],
	'guest-ended': [() => m.wire_guest_ended(), () => m.wire_guest_ended_next()],
	'no-guests': [() => m.wire_no_guests(), () => m.wire_no_guests_next()],
	'guests-full': [() => m.wire_guests_full(), wait],
	forbidden: [() => m.wire_forbidden(), () => m.wire_forbidden_next()],

	'name-taken': [() => m.wire_name_taken(), () => m.wire_name_taken_next()],
	'bad-name': [() => m.wire_bad_name(), () => m.wire_bad_name_next()],
	'bad-invite': [() => m.wire_bad_invite(), () => m.wire_bad_invite_next()],
	'bots-full': [() => m.wire_bots_full(), () => m.wire_bots_full_next()],
	'invites-spent': [() => m.wire_invites_spent(), () => m.wire_invites_spent_next()],
	'sign-up-closed': [() => m.wire_sign_up_closed(), () => m.wire_sign_up_closed_next()],
	'set-up-done': [() => m.wire_set_up_done(), () => m.wire_set_up_done_next()],
	'bad-account': [() => m.wire_bad_account(), reload],

	'bad-email': [() => m.wire_bad_email(), () => m.wire_bad_email_next()],
	'no-mail': [() => m.wire_no_mail(), () => m.wire_no_mail_next()],
	'bad-confirmation': [() => m.wire_bad_confirmation(), () => m.wire_bad_confirmation_next()],

	'bad-entry': [() => m.wire_bad_entry(), reload],
	'stale-head': [() => m.wire_stale(), sync],
	'unsupported-entry': [() => m.wire_not_supported_entry(), () => m.wire_unsupported_next()],
	'not-in-direct': [() => m.wire_not_in_direct(), () => m.wire_not_in_direct_next()],
	'too-many-devices': [() => m.wire_too_many_devices(), () => m.wire_too_many_devices_next()],
	'stale-vault': [() => m.wire_stale(), sync],

	yourself: [() => m.wire_yourself(), () => m.wire_yourself_next()],
	'unknown-person': [() => m.wire_unknown_person(), () => m.wire_unknown_person_next()],
	'already-invited': [() => m.wire_already_invited(), () => m.wire_already_invited_next()],
	'already-friends': [() => m.wire_already_friends(), () => m.wire_already_friends_next()],
	'no-request': [() => m.wire_no_request(), () => m.wire_no_request_next()],
	'not-friends': [() => m.wire_not_friends(), () => m.wire_not_friends_next()],
	'bad-signature': [() => m.wire_bad_signature(), stop],
	'you-blocked': [() => m.wire_you_blocked(), () => m.wire_you_blocked_next()],
	'not-blocked': [() => m.wire_not_blocked(), () => m.wire_not_blocked_next()],

	'conversation-exists': [() => m.wire_conversation_exists(), sync],
	'not-member': [() => m.wire_not_member(), () => m.wire_not_member_next()],
	'bad-boxes': [() => m.wire_bad_boxes(), reload],
	'rotate-first': [() => m.wire_rotate_first(), sync],
	'bad-link': [() => m.wire_bad_invite(), () => m.wire_bad_invite_next()],
	'rooms-by-admins': [() => m.wire_rooms_by_admins(), () => m.wire_rooms_by_admins_next()],
	archived: [() => m.wire_archived(), () => m.wire_archived_next()],

	'wrong-offset': [() => m.wire_wrong_offset(), wait],
	'files-full': [() => m.wire_files_full(), () => m.wire_files_full_next()],
	'file-too-large': [() => m.wire_file_too_large(), () => m.wire_file_too_large_next()],
	'files-unavailable': [() => m.wire_files_unavailable(), wait],

	'item-malformed': [refused, reload],
	'item-wrong-stream': [refused, () => m.item_placed_again()],
	'item-stream-taken': [refused, () => m.item_placed_again()],
	'item-unknown-kind': [() => m.wire_unsupported(), () => m.wire_unsupported_next()],
	'item-device-ended': [() => m.item_device_ended(), signIn],
	'item-no-right': [() => m.item_no_right(), () => m.item_no_right_next()],
	'item-cut': [() => m.item_no_right(), () => m.item_no_right_next()],
	'item-bad-epoch': [() => m.item_old_key(), () => m.item_placed_again()],
	'item-bad-signature': [() => m.wire_bad_signature(), reload],
	'item-bad-log-hash': [refused, sync],
	'item-too-large': [() => m.err_too_long(), () => m.err_too_long_next()],
	'item-not-friends': [() => m.wire_not_friends(), () => m.wire_not_friends_next()],
	'item-archived': [() => m.wire_archived(), () => m.wire_archived_next()],
	'item-wrong-clock': [refused, () => m.item_placed_again()],
	'item-page-closed': [() => m.item_page(), () => m.item_placed_again()],
	'item-too-many-incarnations': [() => m.item_restarts(), () => m.item_restarts_next()],
	'item-bad-expiry': [refused, reload],
	'item-wrong-author': [() => m.item_wrong_author(), () => m.item_wrong_author_next()],

	'hold-rate': [() => m.hold_rate(), () => m.hold_rate_next()],
	'hold-ahead': [() => m.hold_ahead(), () => m.hold_ahead_next()],
	'hold-page': [() => m.hold_waiting(), () => m.hold_waiting_next()],
	'hold-log': [() => m.hold_waiting(), () => m.hold_waiting_next()],
	'hold-rotation': [() => m.hold_waiting(), () => m.hold_waiting_next()],
	'hold-gap': [() => m.hold_waiting(), () => m.hold_waiting_next()],
}
