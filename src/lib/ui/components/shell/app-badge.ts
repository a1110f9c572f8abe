/** The count on the icon of the installed app, where the system shows one. */

/** What browsers that have an icon to write on give their navigator. */
interface Badged {
	readonly setAppBadge?: (count: number) => Promise<void>
	readonly clearAppBadge?: () => Promise<void>
}

export function showOnIcon(count: number, where: Badged): void {
	const done = count > 0 ? where.setAppBadge?.(count) : where.clearAppBadge?.()
	// Not installed, or switched off: there is no icon.
	void done?.catch(() => undefined)
}
