/**
 * Which Chromium the browser tests drive, and how it is started: Playwright's own when it is there, else the system's. Its shell is
 * the same engine without the program around it (decision 0462): what needs no more than pages is a fifth cheaper in it.
 */
import { chromium, type LaunchOptions } from '@playwright/test'
import { existsSync } from 'node:fs'

const shell = '/usr/bin/chromium-headless-shell'
const systemBrowsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Nothing but our own server may be asked for anything, and a machine without a GPU must not wait for one. */
const quiet = [
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	// A microphone that hums, and leave to hear it: no machine of ours has one.
	'--use-fake-device-for-media-stream',
	'--use-fake-ui-for-media-stream',
]

/** No UDP for WebRTC: a story that cuts a browser's wire leaves it no other way. */
export const noOtherWay = '--webrtc-ip-handling-policy=disable_non_proxied_udp'

/** Path of the browser's program; null when there is none. */
export function browserPath(): string | null {
	return [chromium.executablePath(), ...systemBrowsers].find((path) => existsSync(path)) ?? null
}

export const howToGetBrowser =
	'No Chromium found: run "npx playwright install chromium", or "apt-get install chromium" on Debian.'

/** `pages`: the shell does, where there is one. Throws when no browser is found: a story that cannot run has not passed. */
export function browserLaunch(need: 'pages' | 'all' = 'all'): LaunchOptions {
	const whole = browserPath()
	if (whole === null) throw new Error(howToGetBrowser)
	const executablePath = need === 'pages' && existsSync(shell) ? shell : whole
	// Chromium refuses its sandbox to root.
	const args = process.getuid?.() === 0 ? ['--no-sandbox', ...quiet] : quiet
	return { executablePath, args }
}
