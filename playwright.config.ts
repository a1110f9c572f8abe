import { defineConfig } from '@playwright/test'
import { browserLaunch } from './tests/support/browser.ts'

/** What takes long, by `npm run test:long`: in the whole browser, all of it. */
const long = process.env['KITH_TEST_LONG'] === '1'
/** Stories in which the program around the pages has a part: service workers, push, WebRTC, what is installed (decision 0462). */
const wholeBrowser = /\/(conformance|first-message|installed|nearby|offline|peers|platform|push|update)\.e2e\.ts$/

export default defineConfig({
	testDir: 'tests/e2e',
	outputDir: 'test-results/e2e',
	globalSetup: './tests/e2e/before-all.ts',
	// Three files side by side on two cores: a story waits for its browsers more than it works. Stories of one file share a world.
	workers: 3,
	fullyParallel: false,
	// One that holds at the second try is told by name at the end (decision 0005).
	retries: 1,
	forbidOnly: process.env['CI'] === 'true',
	// Generous: a busy machine fails no story that ends well.
	timeout: 300_000,
	expect: { timeout: 30_000 },
	reporter: [['list']],
	use: {
		locale: 'en-GB',
		timezoneId: 'Europe/Berlin',
		// Recording slows every story; what failed is tried again, and recorded then.
		trace: 'on-first-retry',
		screenshot: 'only-on-failure',
	},
	projects: [
		{ name: 'chromium', testMatch: long ? '**/*.long.ts' : wholeBrowser, use: { launchOptions: browserLaunch() } },
		...(long
			? []
			: [
					{
						name: 'shell',
						testMatch: '**/*.e2e.ts',
						testIgnore: wholeBrowser,
						use: { launchOptions: browserLaunch('pages') },
					},
				]),
	],
})
