/** What a conversation with the operator says of itself: on which side of it we are, and whether his key was compared. */
import type { ConversationView } from '../state/views.ts'
import { m } from './catalogue.ts'

type NoticeSide = NonNullable<ConversationView['notice']>

export function noticeWords(side: NoticeSide, verified: boolean): string {
	if (side === 'by-us') return m.notice_by()
	return verified ? m.notice_from() : m.notice_from_unverified()
}

export function noticeStart(side: NoticeSide, name: string): string {
	return side === 'by-us' ? m.notice_start_by({ name }) : m.notice_start({ name })
}
