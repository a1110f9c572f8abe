/** What a person can do with one message: offered by the bar beside it, its menu and the keyboard alike. */
import type { Component } from 'svelte'
import Copy from '@lucide/svelte/icons/copy'
import Flag from '@lucide/svelte/icons/flag'
import Forward from '@lucide/svelte/icons/forward'
import Info from '@lucide/svelte/icons/info'
import Pencil from '@lucide/svelte/icons/pencil'
import Pin from '@lucide/svelte/icons/pin'
import PinOff from '@lucide/svelte/icons/pin-off'
import Reply from '@lucide/svelte/icons/reply'
import RotateCw from '@lucide/svelte/icons/rotate-cw'
import Trash from '@lucide/svelte/icons/trash-2'
import { m } from '../../messages/catalogue.ts'
import type { Loaded } from '../../state/file-content.ts'
import type { ConversationView, FileView, MessageView } from '../../state/views.ts'

export interface FileActions {
	readonly load: (file: FileView) => Promise<Loaded>
	/** A picture, over the whole screen. */
	readonly view: (file: FileView) => void
}

export interface MessageActions {
	readonly files: FileActions
	/** What may be done with it, by what it is and by who we are there. */
	readonly may: (message: MessageView) => MessageRights
	readonly reply: (message: MessageView) => void
	readonly react: (message: MessageView, emoji: string, on: boolean) => void
	/** Offers what to react with, near this element. */
	readonly pickReaction: (message: MessageView, near: HTMLElement) => void
	readonly copy: (message: MessageView) => Promise<void>
	readonly edit: (message: MessageView) => void
	readonly pin: (message: MessageView, on: boolean) => void
	readonly forward: (message: MessageView) => void
	readonly info: (message: MessageView) => void
	/** Asks for whom. */
	readonly remove: (message: MessageView) => void
	readonly report: (message: MessageView) => void
	readonly retry: (of: { readonly key: string }) => void
	/** A change that the server did not take. */
	readonly letGo: (key: string) => void
	readonly discard: (message: MessageView) => void
}

export interface MessageRights {
	readonly reply: boolean
	readonly react: boolean
	readonly copy: boolean
	readonly edit: boolean
	readonly pin: boolean
	readonly forward: boolean
	readonly info: boolean
	/** For oneself at least. */
	readonly remove: boolean
	readonly removeForAll: boolean
	readonly report: boolean
	/** A message that failed. */
	readonly retry: boolean
	/** It has not left this device. */
	readonly discard: boolean
}

export function rightsOver(
	{ mine, event, content, mark }: MessageView,
	{ writable, moderates }: Pick<ConversationView, 'writable' | 'moderates'>,
): MessageRights {
	const isText = content.type === 'text'
	// A guest reads, and nothing more; so does everybody in a copy.
	const isReadOnly = writable.type === 'no' && (writable.why === 'guest' || writable.why === 'copy')
	const isPlaced = event !== null && !isReadOnly
	const mayWrite = writable.type === 'yes'
	const changes = mayWrite && isText && isPlaced
	// An archived conversation takes deletions all the same.
	const mayDelete = mayWrite || (writable.type === 'no' && writable.why === 'archived')
	return {
		...{ reply: changes, react: changes, pin: changes, copy: isText && content.text !== '' },
		edit: mayWrite && isText && mine,
		forward: isText && isPlaced,
		info: isPlaced && content.type !== 'deleted',
		remove: isPlaced,
		removeForAll: isPlaced && mayDelete && content.type !== 'deleted' && (mine || moderates),
		report: isText && isPlaced && !mine,
		retry: mark === 'failed',
		discard: event === null && (mark === 'failed' || mark === 'queued'),
	}
}

/** Offered first; the others are in the picker. */
export const quickReactions = ['👍', '❤️', '😂', '😮', '😢', '🎉'] as const

export interface MenuItem {
	readonly label: string
	readonly icon: Component<{ size?: number | string; strokeWidth?: number | string }>
	readonly danger?: boolean
	readonly run: () => void
}

/** Empty where there is nothing to do. */
export function menuOf(message: MessageView, actions: MessageActions): readonly MenuItem[] {
	const may = actions.may(message)
	const { pinned } = message
	const all: readonly (MenuItem & { readonly if: boolean })[] = [
		{ if: may.reply, label: m.message_reply(), icon: Reply, run: () => actions.reply(message) },
		{ if: may.edit, label: m.message_edit(), icon: Pencil, run: () => actions.edit(message) },
		{ if: may.copy, label: m.message_copy(), icon: Copy, run: () => void actions.copy(message) },
		{
			if: may.pin,
			label: pinned ? m.message_unpin() : m.message_pin(),
			icon: pinned ? PinOff : Pin,
			run: () => actions.pin(message, !pinned),
		},
		{ if: may.forward, label: m.message_forward(), icon: Forward, run: () => actions.forward(message) },
		{ if: may.info, label: m.message_info(), icon: Info, run: () => actions.info(message) },
		{ if: may.report, label: m.message_report(), icon: Flag, run: () => actions.report(message) },
		{ if: may.retry, label: m.action_retry(), icon: RotateCw, run: () => actions.retry(message) },
		{
			if: may.discard,
			label: may.retry ? m.action_discard() : m.message_stop(),
			icon: Trash,
			danger: true,
			run: () => actions.discard(message),
		},
		{ if: may.remove, label: m.message_delete(), icon: Trash, danger: true, run: () => actions.remove(message) },
	]
	return all.filter((item) => item.if)
}
