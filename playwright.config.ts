import { defineConfig } from '@playwright/test'
import { browserLaunch } from './tests/support/browser.ts'

export default defineConfig({
	testDir: 'tests/e2e',
	// What takes long, by `npm run test:long`.
	testMatch: process.env['KITH_TEST_LONG'] === '1' ? '**/*.long.ts' : '**/*.e2e.ts',
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
		launchOptions: browserLaunch(),
		locale: 'en-GB',
		timezoneId: 'Europe/Berlin',
		// Recording slows every story; what failed is tried again, and recorded then.
		trace: 'on-first-retry',
		screenshot: 'only-on-failure',
	},
	projects: [{ name: 'chromium' }],
})
