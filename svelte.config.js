import adapter from '@sveltejs/adapter-node'
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte'

/** @type {import('@sveltejs/kit').Config} */
export default {
	preprocess: vitePreprocess(),
	compilerOptions: {
		runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true),
	},
	kit: {
		// server/main.ts mounts build/handler.js beside the socket; the adapter's own server is not used.
		adapter: adapter({ out: 'build', precompress: true }),
		// Built by vite-plugin-pwa out of src/service-worker, registered by the root layout.
		serviceWorker: { register: false },
		// One shell for every address: the service worker keeps a single page.
		paths: { relative: false },
		csp: {
			mode: 'hash',
			directives: {
				'default-src': ['self'],
				'script-src': ['self'],
				'style-src': ['self'],
				// Style attributes in rendered pages (virtual list, floating elements); sheets stay our own.
				'style-src-attr': ['unsafe-inline'],
				'img-src': ['self', 'blob:', 'data:'],
				'font-src': ['self'],
				'media-src': ['self', 'blob:'],
				'connect-src': ['self'],
				// The worker that runs OPAQUE gets 'wasm-unsafe-eval' on its own response, pages never.
				'worker-src': ['self'],
				'manifest-src': ['self'],
				'object-src': ['none'],
				'base-uri': ['none'],
				'form-action': ['self'],
				'frame-src': ['none'],
				'frame-ancestors': ['none'],
				// Nothing becomes HTML or a script but by these: Svelte's templates, DOMPurify, and the addresses of our workers.
				'require-trusted-types-for': ['script'],
				'trusted-types': ['svelte-trusted-html', 'dompurify', 'default'],
			},
		},
	},
}
