/** The things to do that the palette knows, for where there is no conversation or person to go to. */
import Keyboard from '@lucide/svelte/icons/keyboard'
import Monitor from '@lucide/svelte/icons/monitor'
import Moon from '@lucide/svelte/icons/moon'
import Sun from '@lucide/svelte/icons/sun'
import UserPlus from '@lucide/svelte/icons/user-plus'
import UsersRound from '@lucide/svelte/icons/users-round'
import { m } from '../../messages/catalogue.ts'
import type { PaletteItem } from '../../state/palette.ts'
import type { ThemeChoice } from '../../state/preferences.svelte.ts'
import { settingsSections } from '../settings/sections.ts'
import { sections } from './sections.ts'

export interface PaletteAction extends PaletteItem {
	readonly icon: typeof Keyboard
}

export interface ActionDoors {
	readonly go: (path: string) => void
	readonly setTheme: (theme: ThemeChoice) => void
	readonly showKeys: () => void
	readonly newGroup: () => void
	readonly role: 'admin' | 'user' | undefined
}

export function paletteActions({ go, setTheme, showKeys, newGroup, role }: ActionDoors): PaletteAction[] {
	const actions: readonly Pick<PaletteAction, 'label' | 'also' | 'icon' | 'run'>[] = [
		{ label: m.friends_add(), also: m.palette_add_also(), icon: UserPlus, run: () => go('/friends/add') },
		{ label: m.group_new(), also: m.palette_group_also(), icon: UsersRound, run: newGroup },
		...sections.map(({ label, icon, href }) => ({
			...{ label: m.palette_go({ place: label() }), also: label(), icon },
			run: () => go(href),
		})),
		{ label: m.keys_open(), also: '', icon: Keyboard, run: showKeys },
		...settingsSections(role).map(({ label, hint, icon, href }) => ({
			...{ label: m.palette_settings({ section: label() }), also: `${label()} ${hint()}`, icon },
			run: () => go(href),
		})),
		{ label: m.palette_theme_light(), also: '', icon: Sun, run: () => setTheme('light') },
		{ label: m.palette_theme_dark(), also: '', icon: Moon, run: () => setTheme('dark') },
		{ label: m.palette_theme_system(), also: '', icon: Monitor, run: () => setTheme('system') },
	]
	return actions.map((action) => ({ ...action, id: action.label, group: 'actions' }))
}
