/** What this browser calls itself, from its user agent: enough to tell one's own devices apart, and no more. */
import type { DeviceLabel } from '#core/api.ts'

/** The first that fits: others name themselves after the later ones. */
const browsers: readonly (readonly [RegExp, string])[] = [
	[/\bEdg(A|iOS)?\//u, 'Edge'],
	[/\bOPR\//u, 'Opera'],
	[/\bSamsungBrowser\//u, 'Samsung Internet'],
	[/\b(Firefox|FxiOS)\//u, 'Firefox'],
	[/\b(Chrome|CriOS|HeadlessChrome)\//u, 'Chrome'],
	[/\bSafari\//u, 'Safari'],
]
const systems: readonly (readonly [RegExp, string])[] = [
	[/\bAndroid\b/u, 'Android'],
	[/\biPad\b/u, 'iPad'],
	[/\biPhone\b/u, 'iPhone'],
	[/\bCrOS\b/u, 'ChromeOS'],
	[/\bWindows\b/u, 'Windows'],
	[/\bMac OS X\b/u, 'macOS'],
	[/\bLinux\b/u, 'Linux'],
]

/** Null where either is unknown: the list then shows the device's code. */
export function deviceLabel(userAgent: string): DeviceLabel | null {
	const nameIn = (known: typeof browsers) => known.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null
	const [browser, system] = [nameIn(browsers), nameIn(systems)]
	return browser === null || system === null ? null : { browser, system }
}
