import { defineConfig } from '@playwright/test'
import stories from './playwright.config.ts'

/** `npm run screenshots`: every screen, phone and desktop, light and dark, into docs/screenshots/. */
export default defineConfig(stories, {
	testMatch: '**/*.shots.ts',
	outputDir: 'test-results/screenshots',
})
