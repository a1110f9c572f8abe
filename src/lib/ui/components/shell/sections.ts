/** The parts of the app that the rail and the bottom bar lead to. */
import Bell from '@lucide/svelte/icons/bell'
import DoorOpen from '@lucide/svelte/icons/door-open'
import MessageCircle from '@lucide/svelte/icons/message-circle'
import Settings from '@lucide/svelte/icons/settings'
import UsersRound from '@lucide/svelte/icons/users-round'
import { m } from '../../messages/catalogue.ts'
import type { Kith } from '../../state/kith.svelte.ts'

export interface Section {
	readonly id: 'chats' | 'rooms' | 'friends' | 'alerts' | 'settings'
	readonly href: string
	readonly label: () => string
	readonly icon: typeof MessageCircle
	/** What waits there. */
	readonly count?: (kith: Kith) => number
	readonly countLabel?: (count: number) => string
}

export const sections: readonly Section[] = [
	{
		id: 'chats',
		href: '/',
		label: m.nav_chats,
		icon: MessageCircle,
		count: (kith) => kith.unread,
		countLabel: (count) => m.nav_unread({ count }),
	},
	{ id: 'rooms', href: '/rooms', label: m.nav_rooms, icon: DoorOpen },
	{
		id: 'friends',
		href: '/friends',
		label: m.nav_friends,
		icon: UsersRound,
		count: (kith) => kith.requests,
		countLabel: (count) => m.nav_requests({ count }),
	},
	{
		id: 'alerts',
		href: '/alerts',
		label: m.nav_alerts,
		icon: Bell,
		count: (kith) => kith.calls,
		countLabel: (count) => m.nav_new_alerts({ count }),
	},
	{ id: 'settings', href: '/settings', label: m.nav_settings, icon: Settings },
]
