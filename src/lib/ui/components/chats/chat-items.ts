/** What can be done with a conversation where it stands in the list. */
import Archive from '@lucide/svelte/icons/archive'
import ArchiveRestore from '@lucide/svelte/icons/archive-restore'
import BellOff from '@lucide/svelte/icons/bell-off'
import MailCheck from '@lucide/svelte/icons/mail-check'
import MailOpen from '@lucide/svelte/icons/mail'
import Pin from '@lucide/svelte/icons/pin'
import PinOff from '@lucide/svelte/icons/pin-off'
import Trash2 from '@lucide/svelte/icons/trash-2'
import { m } from '../../messages/catalogue.ts'
import type { Kith } from '../../state/kith.svelte.ts'
import type { ChatView } from '../../state/views.ts'
import { tell } from '../system/toasts.ts'
import { muteItems, type MuteItem } from './mute-items.ts'

export interface ChatItemsInput {
	/** For how long it is to be quiet is asked for. */
	readonly askMute: () => void
	/** A copy: it cannot be taken back. */
	readonly askDelete: () => void
	/** It was marked as unread: whoever has it open leaves it. */
	readonly leave: () => void
	readonly now: () => number
}

export function chatItems(
	kith: Kith,
	chat: ChatView,
	{ askMute, askDelete, leave, now }: ChatItemsInput,
): readonly MuteItem[] {
	if (chat.kind === 'copy') return [{ label: m.copies_delete(), icon: Trash2, run: askDelete }]
	const quiet = muteItems(kith, chat, now)
	const mute = chat.muted === null ? [{ label: m.mute_ask(), icon: BellOff, run: askMute }] : quiet
	return [
		readItem(kith, chat, leave),
		pinItem(kith, chat),
		...(chat.kind === 'notes' ? [] : mute),
		archiveItem(kith, chat),
	]
}

function readItem({ api }: Kith, { conversation, unread, markedUnread }: ChatView, leave: () => void): MuteItem {
	if (unread > 0 || markedUnread)
		return { label: m.chats_mark_read(), icon: MailCheck, run: () => void api.markAllRead({ conversation }) }
	const mark = async () => {
		leave()
		await api.markUnread({ conversation })
	}
	return { label: m.chats_mark_unread(), icon: MailOpen, run: () => void mark() }
}

function pinItem({ api }: Kith, { conversation, pinned }: ChatView): MuteItem {
	const run = () => void api.pinConversation({ conversation, pinned: !pinned })
	return pinned ? { label: m.chats_unpin(), icon: PinOff, run } : { label: m.chats_pin(), icon: Pin, run }
}

function archiveItem({ api }: Kith, { conversation, archived, muted, title }: ChatView): MuteItem {
	const set = (on: boolean) => api.archiveConversation({ conversation, archived: on })
	const change = async (on: boolean, words: string) => {
		const result = await set(on)
		if (result.ok) tell(words, () => set(!on))
	}
	const done = muted === null ? m.chats_archived_done : m.chats_archived_quiet
	return archived
		? {
				label: m.chats_unarchive(),
				icon: ArchiveRestore,
				run: () => void change(false, m.chats_unarchived({ name: title })),
			}
		: { label: m.chats_archive(), icon: Archive, run: () => void change(true, done({ name: title })) }
}
