/** Fills the store of a signed-in browser: a page of the app's origin, of which the server knows nothing, runs fill-page.ts. */
import { join, resolve } from 'node:path'
import type { BrowserContext } from '@playwright/test'
import { build, type Rolldown } from 'vite'
import type { FillRange } from './fill.ts'

const source = resolve(import.meta.dirname, '../../src/lib')
const path = '/bench-fill'

async function bundle(): Promise<string> {
	const built = (await build({
		configFile: false,
		logLevel: 'warn',
		resolve: { alias: [{ find: /^#(protocol|crypto|store|sync|core|platform)\//, replacement: `${source}/$1/` }] },
		build: {
			write: false,
			target: 'es2022',
			rollupOptions: { input: join(import.meta.dirname, 'fill-page.ts') },
			modulePreload: false,
		},
	})) as Rolldown.RolldownOutput
	const [chunk] = built.output
	return chunk.code
}

let bundled: Promise<string> | null = null

/** No tab with the app may be open meanwhile: whoever leads the store is the only one who writes. */
export async function fillInPage(
	context: BrowserContext,
	{ origin, ...range }: FillRange & { readonly origin: string },
): Promise<void> {
	const script = await (bundled ??= bundle())
	const page = await context.newPage()
	await page.route(`${origin}${path}*`, (route) =>
		route.request().url().endsWith('.js')
			? route.fulfill({ contentType: 'text/javascript', body: script })
			: route.fulfill({ contentType: 'text/html', body: `<script type="module" src="${path}.js"></script>` }),
	)
	await page.goto(`${origin}${path}`)
	await page.waitForFunction('typeof fillHistory === "function"')
	await page.evaluate(`fillHistory(${JSON.stringify(range)})`)
	await page.close()
}
