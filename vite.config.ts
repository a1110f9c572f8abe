import { paraglideVitePlugin } from '@inlang/paraglide-js'
import { sveltekit } from '@sveltejs/kit/vite'
import tailwindcss from '@tailwindcss/vite'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { VitePWA, type VitePWAOptions } from 'vite-plugin-pwa'
import { defineConfig, type Plugin, type ViteDevServer } from 'vite'
import { sourcesFingerprint } from './server/ops/ensure-build.ts'
import { messageCompilerOptions } from './src/lib/ui/messages/compiler-options.ts'

/** `npm run dev` is the real server with Vite in the place of the built app: server/dev.ts mounts domain and socket. */
function kithDev(): Plugin {
	return {
		name: 'kith-dev',
		apply: 'serve',
		async configureServer(server) {
			// By a computed URL, so that Node loads it and not the bundler of this file: one copy of every module.
			const url = pathToFileURL(resolve('server/dev.ts')).href
			const { mountDev } = (await import(url)) as { mountDev: (server: ViteDevServer) => Promise<void> }
			await mountDev(server)
		},
	}
}

/**
 * The style sheet of the toasts comes when the first screen stands. It must say nothing of the whole document, or the
 * browser styles every element anew, in the middle of a scroll; a toaster knows its own direction.
 */
function toastsAlone(): Plugin {
	const ofDocument = /\bhtml\[dir='(?:ltr|rtl)'\],/g
	return {
		name: 'kith-toasts-alone',
		enforce: 'pre',
		transform: {
			filter: { id: /svelte-sonner\/dist\/Toaster\.svelte$/ },
			handler(code) {
				if (code.search(ofDocument) < 0)
					throw new Error('svelte-sonner says nothing of the document any more: toastsAlone can go.')
				return { code: code.replaceAll(ofDocument, ''), map: null }
			},
		},
	}
}

/** Icons are drawn by our own component; why, it says. */
function plainIcons(): Plugin {
	return {
		name: 'kith-plain-icons',
		enforce: 'pre',
		resolveId: {
			filter: { id: /^\.\.\/Icon\.svelte$/ },
			handler: (_, importer) =>
				importer?.includes('@lucide/svelte/dist/icons/') === true ? resolve('src/lib/ui/primitives/Icon.svelte') : null,
		},
	}
}

/** What the app says of itself under "About": the beginning of the same fingerprint lies in build/sources.sha256. */
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const build = { version, sources: (await sourcesFingerprint()).slice(0, 16) }
/**
 * What a sign-in page loads, with all that it imports, as one file: packed alone it is a tenth smaller than as forty, and a
 * visit asks once. The rest is split along the routes.
 */
const signInPage = {
	name: 'sign-in',
	test: /src\/routes\/(\+layout|\+error|\(door\)\/sign-in\/\+page)\.svelte$|kit\/src\/runtime\/client\/entry\.js$/,
	priority: 2,
}
/** The same for who opens a conversation: what its screen needs to be read, and its core in the worker. */
const conversationPage = {
	name: 'conversation',
	test: /src\/routes\/\(app\)\/(\+layout|\(chats\)\/\+layout|\(chats\)\/c\/\[conversation\]\/\+page)\.svelte$/,
	priority: 1,
}
/** In the worker: what stands in front of the core, with all that it imports, and the core. */
const door = { name: 'door', test: /src\/lib\/platform\/browser\/worker\/core-worker\.ts$/, priority: 2 }
const core = { name: 'core', test: /src\/lib\/platform\/browser\/start-core\.ts$/, priority: 1 }

/**
 * The service worker, with the list of what it keeps. Left to the moment when they are needed: the worker that signs in,
 * which is large and useless offline, and the letters of other scripts.
 */
const offlineShell: Partial<VitePWAOptions> = {
	strategies: 'injectManifest',
	srcDir: 'src/service-worker',
	filename: 'service-worker.ts',
	outDir: '.svelte-kit/output/client',
	injectRegister: false,
	manifest: false,
	injectManifest: {
		globPatterns: ['**/*.{js,css,json,svg}', 'icons/*.png', '**/inter-latin-wght-normal.*.woff2'],
		globIgnores: ['**/opaque-worker-*', 'service-worker.js', '.vite/**', '_app/version.json'],
		dontCacheBustURLsMatching: /_app\/immutable\//,
		maximumFileSizeToCacheInBytes: 4 << 20,
		manifestTransforms: [withShellPage],
	},
}

/** The page itself, which the server draws: it names the scripts of this build, so that their hash is its revision too. */
function withShellPage(files: readonly { url: string; revision: string | null; size: number }[]) {
	const sorted = files.toSorted((a, b) => (a.url < b.url ? -1 : 1))
	const revision = createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16)
	const manifest = [...sorted.map((file) => ({ ...file, url: `/${file.url}` })), { url: '/', revision, size: 0 }]
	return { manifest, warnings: [] }
}

export default defineConfig({
	define: { __KITH_BUILD__: JSON.stringify(build) },
	plugins: [
		kithDev(),
		toastsAlone(),
		plainIcons(),
		paraglideVitePlugin({ ...messageCompilerOptions, strategy: [...messageCompilerOptions.strategy] }),
		tailwindcss(),
		sveltekit(),
		VitePWA(offlineShell),
	],
	worker: { format: 'es', rolldownOptions: { output: { codeSplitting: { groups: [door, core] } } } },
	build: {
		target: 'es2022',
		rolldownOptions: { output: { codeSplitting: { groups: [signInPage, conversationPage] } } },
	},
	server: { port: 3000 },
	clearScreen: false,
})
