/** The sections of the settings: one address, one screen each. */
import Bell from '@lucide/svelte/icons/bell'
import Bot from '@lucide/svelte/icons/bot'
import EyeOff from '@lucide/svelte/icons/eye-off'
import Info from '@lucide/svelte/icons/info'
import HardDrive from '@lucide/svelte/icons/hard-drive'
import MonitorSmartphone from '@lucide/svelte/icons/monitor-smartphone'
import Radio from '@lucide/svelte/icons/radio'
import ShieldUser from '@lucide/svelte/icons/shield-user'
import SunMoon from '@lucide/svelte/icons/sun-moon'
import UserRound from '@lucide/svelte/icons/user-round'
import { m } from '../../messages/catalogue.ts'

export interface SettingsSection {
	readonly href: string
	readonly label: () => string
	readonly hint: () => string
	readonly icon: typeof Info
	/** For administrators alone. */
	readonly admins?: true
}

const all: readonly SettingsSection[] = [
	{ href: '/settings/profile', label: m.settings_profile, hint: m.settings_profile_hint, icon: UserRound },
	{ href: '/settings/appearance', label: m.settings_appearance, hint: m.settings_appearance_hint, icon: SunMoon },
	{ href: '/settings/privacy', label: m.settings_privacy, hint: m.settings_privacy_hint, icon: EyeOff },
	{ href: '/settings/notifications', label: m.settings_push, hint: m.settings_push_hint, icon: Bell },
	{ href: '/settings/devices', label: m.settings_devices, hint: m.settings_devices_hint, icon: MonitorSmartphone },
	{ href: '/settings/nearby', label: m.settings_nearby, hint: m.settings_nearby_hint, icon: Radio },
	{ href: '/settings/bots', label: m.settings_bots, hint: m.settings_bots_hint, icon: Bot },
	{ href: '/settings/storage', label: m.settings_storage, hint: m.settings_storage_hint, icon: HardDrive },
	{
		...{ href: '/settings/administration', label: m.settings_admin, hint: m.settings_admin_hint, icon: ShieldUser },
		admins: true,
	},
	{ href: '/settings/about', label: m.settings_about, hint: m.settings_about_hint, icon: Info },
]

export function settingsSections(role: 'admin' | 'user' | undefined): readonly SettingsSection[] {
	return all.filter(({ admins = false }) => !admins || role === 'admin')
}
