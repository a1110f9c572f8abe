/** For how long a conversation can be muted, as items of a menu. */
import Bell from '@lucide/svelte/icons/bell'
import BellOff from '@lucide/svelte/icons/bell-off'
import Clock from '@lucide/svelte/icons/clock'
import type { Component } from 'svelte'
import { m } from '../../messages/catalogue.ts'
import type { Kith } from '../../state/kith.svelte.ts'
import type { ChatView, MuteView } from '../../state/views.ts'
import { tell } from '../system/toasts.ts'

export interface MuteItem {
	readonly label: string
	readonly icon: Component<{ size?: number | string; strokeWidth?: number | string }>
	readonly run: () => void
}

const hour = 60 * 60_000

export function muteItems(
	kith: Kith,
	{ conversation, title, muted }: ChatView,
	now: () => number,
): readonly MuteItem[] {
	const set = (mute: MuteView | null) => kith.api.muteConversation({ conversation, mute })
	async function change(mute: MuteView | null) {
		const result = await set(mute)
		if (result.ok) tell(mute === null ? m.mute_ended({ name: title }) : m.mute_done({ name: title }), () => set(muted))
	}
	if (muted !== null) return [{ label: m.mute_end(), icon: Bell, run: () => void change(null) }]
	const during = (ms: number) => () => void change({ type: 'until', until: now() + ms })
	return [
		{ label: m.mute_hour(), icon: Clock, run: during(hour) },
		{ label: m.mute_night(), icon: Clock, run: during(8 * hour) },
		{ label: m.mute_week(), icon: Clock, run: during(7 * 24 * hour) },
		{ label: m.mute_ever(), icon: BellOff, run: () => void change({ type: 'ever' }) },
	]
}
