/**
 * A page with platform/browser and a fake core, built by Vite and served on a free port, under the policy of the real app:
 * nothing but our own scripts, and WASM only for the worker that runs OPAQUE.
 */
import { createServer, type Server } from 'node:http'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join, normalize, resolve } from 'node:path'
import { build } from 'vite'

const fixture = import.meta.dirname
const source = resolve(fixture, '../../../src/lib')
const contentTypes: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }
const policy = "default-src 'self'; img-src data:"

export interface ServedPage {
	readonly url: string
	/** Paths of all files that were asked for. */
	readonly requested: readonly string[]
	readonly stop: () => Promise<void>
}

async function buildPage(outDir: string): Promise<void> {
	await build({
		configFile: false,
		logLevel: 'warn',
		root: fixture,
		resolve: {
			alias: [
				{ find: '#core/core.ts', replacement: join(fixture, 'fake-core.ts') },
				{ find: /^#(protocol|crypto|store|sync|core|platform)\//, replacement: `${source}/$1/` },
				{ find: /^#tests\//, replacement: `${resolve(fixture, '../..')}/` },
			],
		},
		worker: { format: 'es', rollupOptions: { output: { entryFileNames: 'workers/[name]-[hash].js' } } },
		build: { outDir, emptyOutDir: true, target: 'es2022' },
	})
}

function serve(folder: string, requested: string[]): Promise<Server> {
	const server = createServer((request, response) => {
		const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname)
		requested.push(path)
		const mayRunWasm = path.startsWith('/workers/opaque-')
		readFile(join(folder, path === '/' ? 'index.html' : path)).then(
			(body) => {
				response.setHeader('content-type', contentTypes[extname(path) || '.html'] ?? 'application/octet-stream')
				response.setHeader(
					'content-security-policy',
					mayRunWasm ? `${policy}; script-src 'self' 'wasm-unsafe-eval'` : policy,
				)
				response.end(body)
			},
			() => response.writeHead(404).end(),
		)
	})
	return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)))
}

export async function servePage(): Promise<ServedPage> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-page-'))
	await buildPage(folder)
	const requested: string[] = []
	const server = await serve(folder, requested)
	const address = server.address()
	const port = typeof address === 'object' && address !== null ? address.port : 0
	return {
		url: `http://localhost:${port}/`,
		requested,
		stop: async () => {
			server.closeAllConnections()
			await new Promise((done) => server.close(done))
			await rm(folder, { recursive: true })
		},
	}
}
