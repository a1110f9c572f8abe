/** The marks of own messages, and why a message cannot be shown, in words. */
import type { Mark, Unreadable } from '../state/views.ts'
import { m } from './catalogue.ts'

export function markWords(mark: Mark): string {
	switch (mark) {
		case 'queued':
			return m.mark_queued()
		case 'direct':
			return m.mark_direct()
		case 'sent':
			return m.mark_sent()
		case 'delivered':
			return m.mark_delivered()
		case 'read':
			return m.mark_read()
		case 'failed':
			return m.mark_failed()
	}
}

export function unreadableWords(why: Unreadable): string {
	switch (why) {
		case 'fetching-key':
			return m.unreadable_fetching_key()
		case 'before-you-joined':
			return m.unreadable_before_you_joined()
		case 'key-not-valid':
			return m.unreadable_key_not_valid()
		case 'removed':
			return m.unreadable_removed()
		case 'damaged':
			return m.unreadable_damaged()
		case 'newer-app':
			return m.unreadable_newer_app()
	}
}

/** `by`: null where it is not known, or its time was over. */
export function deletedWords(by: { readonly mine: boolean; readonly name: string } | null): string {
	if (by === null) return m.message_deleted()
	return by.mine ? m.message_deleted_own() : m.message_deleted_by({ name: by.name })
}
