/** The count on the icon of the installed app, where the system shows one. */

type Badged = Pick<Navigator, 'setAppBadge' | 'clearAppBadge'>

export function showOnIcon(count: number, where: Partial<Badged> = navigator): void {
	const done = count > 0 ? where.setAppBadge?.(count) : where.clearAppBadge?.()
	// Not installed, or switched off: there is no icon.
	void done?.catch(() => undefined)
}
