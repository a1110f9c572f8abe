/** What a person can do with one message: offered by the bar beside it, its menu and the keyboard alike. */
import type { Component } from 'svelte'
import Copy from '@lucide/svelte/icons/copy'
import Flag from '@lucide/svelte/icons/flag'
import Reply from '@lucide/svelte/icons/reply'
import RotateCw from '@lucide/svelte/icons/rotate-cw'
import Trash from '@lucide/svelte/icons/trash-2'
import { m } from '../../messages/catalogue.ts'
import type { MessageView } from '../../state/views.ts'

export interface MessageActions {
	readonly canReply: (message: MessageView) => boolean
	readonly reply: (message: MessageView) => void
	readonly copy: (message: MessageView) => Promise<void>
	/** A message of somebody else that the server has. */
	readonly canReport: (message: MessageView) => boolean
	readonly report: (message: MessageView) => void
	readonly retry: (message: MessageView) => void
	readonly discard: (message: MessageView) => void
}

export interface MenuItem {
	readonly label: string
	readonly icon: Component<{ size?: number | string; strokeWidth?: number | string }>
	readonly danger?: boolean
	readonly run: () => void
}

/** Empty where there is nothing to do. */
export function menuOf(message: MessageView, actions: MessageActions): readonly MenuItem[] {
	const items: MenuItem[] = []
	if (actions.canReply(message))
		items.push({ label: m.message_reply(), icon: Reply, run: () => actions.reply(message) })
	if (message.content.type === 'text')
		items.push({ label: m.message_copy(), icon: Copy, run: () => void actions.copy(message) })
	if (actions.canReport(message))
		items.push({ label: m.message_report(), icon: Flag, run: () => actions.report(message) })
	if (message.mark === 'failed')
		items.push(
			{ label: m.action_retry(), icon: RotateCw, run: () => actions.retry(message) },
			{ label: m.action_discard(), icon: Trash, danger: true, run: () => actions.discard(message) },
		)
	return items
}
