/** How the catalogues become functions: the same for Vite and for the checks that run without it. */
export const messageCompilerOptions = {
	project: './src/lib/ui/messages/kith.inlang',
	outdir: './src/lib/ui/messages/generated',
	outputStructure: 'message-modules',
	strategy: ['localStorage', 'preferredLanguage', 'baseLocale'],
	localStorageKey: 'kith.locale',
	emitGitIgnore: false,
	emitPrettierIgnore: false,
	emitReadme: false,
} as const
