import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const long = process.env['KITH_TEST_LONG'] === '1'

export default defineConfig({
	// Rune modules (*.svelte.ts) are compiled; everything else runs as it stands.
	plugins: [svelte()],
	resolve: { conditions: ['browser'] },
	test: {
		include: long ? ['tests/**/*.long.test.ts'] : ['tests/**/*.test.ts'],
		exclude: ['**/node_modules/**', 'tests/e2e/**', ...(long ? [] : ['tests/**/*.long.test.ts'])],
		environment: 'node',
		pool: 'forks',
		maxWorkers: 3,
		// Files share what they import (docs/decisions/0006); each leaves nothing behind.
		isolate: false,
		// Generous: what ends is judged by what it saw, and a busy machine fails nobody.
		testTimeout: long ? 600_000 : 180_000,
		hookTimeout: 180_000,
		restoreMocks: true,
		unstubGlobals: true,
	},
})
