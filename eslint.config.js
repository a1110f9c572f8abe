import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import tseslint from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

const projects = [
	'./tsconfig.json',
	'./tsconfig.node.json',
	'./tsconfig.e2e.json',
	'./tsconfig.rooms.json',
	'./tsconfig.worker.json',
]

export default tseslint.config(
	{
		ignores: [
			'build/',
			'dist/',
			'.svelte-kit/',
			'data/',
			'drizzle/',
			'test-results/',
			'bench/node_modules/',
			'src/lib/ui/messages/generated/',
			'**/*.d.ts',
		],
	},
	js.configs.recommended,
	...tseslint.configs.recommended,
	...svelte.configs.recommended,
	{
		languageOptions: { globals: { ...globals.browser, ...globals.node } },
		linterOptions: { reportUnusedDisableDirectives: 'error' },
		rules: {
			'no-undef': 'off', // TypeScript's work, ring by ring
			'object-shorthand': 'error',
			eqeqeq: ['error', 'always', { null: 'ignore' }],
			'@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
			],
		},
	},
	{
		// A promise that nobody waits for is a lost error: in this code usually a lost message.
		files: ['src/**/*.ts', 'src/**/*.svelte', 'server/**/*.ts', 'tests/**/*.ts'],
		languageOptions: {
			parserOptions: {
				project: projects,
				tsconfigRootDir: import.meta.dirname,
				extraFileExtensions: ['.svelte'],
			},
		},
		rules: {
			'@typescript-eslint/no-floating-promises': 'error',
			'@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
			'@typescript-eslint/await-thenable': 'error',
			'@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
		},
	},
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: { parserOptions: { parser: tseslint.parser, svelteConfig } },
		rules: {
			// Links are plain paths: the app is served at the root of its origin.
			'svelte/no-navigation-without-resolve': 'off',
		},
	},
	{
		// Logs carry ids and codes, never content: they go through the logger, which is handed in.
		files: ['src/**/*.ts', 'src/**/*.svelte', 'server/**/*.ts'],
		ignores: ['server/main.ts', 'server/dev.ts', 'server/ops/**'],
		rules: { 'no-console': 'error' },
	},
	{
		files: ['src/lib/**/*.ts', 'server/**/*.ts', 'tests/**/*.ts'],
		rules: {
			'no-restricted-syntax': [
				'error',
				{ selector: 'ExportDefaultDeclaration', message: 'Named exports only: a thing has one name everywhere.' },
			],
		},
	},
	{
		files: ['tests/**/*.ts'],
		rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'no-empty-pattern': 'off' },
	},
)
