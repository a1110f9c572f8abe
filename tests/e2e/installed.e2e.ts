import { expect, test, type Page } from '@playwright/test'
import { atHome, type Home } from './at-home.ts'
import { message } from './app.ts'
import { newTab } from './profile.ts'
import { appRoutes, greeting, meetBob } from './with-a-friend.ts'

/** What a system looks at before it installs the app, and what the app's own policy lets happen in it. */
let home: Home

test.beforeAll(async () => {
	test.setTimeout(360_000)
	home = await atHome()
})

test.afterAll(() => home?.close())

interface Picture {
	readonly src: string
	readonly sizes: string
	readonly type: string
	readonly purpose?: string
}
interface Manifest {
	readonly name: string
	readonly start_url: string
	readonly display: string
	readonly icons: readonly Picture[]
	readonly screenshots: readonly Picture[]
	readonly shortcuts: readonly { readonly url: string; readonly icons: readonly Picture[] }[]
}

/** As the browser decodes it; null where it cannot. */
function sizeOf(page: Page, src: string): Promise<string | null> {
	return page.evaluate(async (address) => {
		const image = new Image()
		image.src = address
		return image.decode().then(
			() => `${image.naturalWidth}x${image.naturalHeight}`,
			() => null,
		)
	}, src)
}

test('the browser finds nothing that keeps it from installing the app, and every picture has its size', async () => {
	const page = await newTab(home.alice)
	await page.goto(`${home.server.origin}/sign-in`)
	const devtools = await home.alice.context.newCDPSession(page)
	const { errors, url } = await devtools.send('Page.getAppManifest')
	expect(errors).toEqual([])
	const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
	expect(installabilityErrors).toEqual([])
	const response = await page.request.get(url)
	expect(response.headers()['content-type']).toContain('application/manifest+json')
	const manifest = (await response.json()) as Manifest
	expect(manifest).toMatchObject({ name: 'Kith', start_url: '/', display: 'standalone' })
	const purposes = manifest.icons.map(({ purpose }) => purpose)
	expect(new Set(purposes)).toEqual(new Set(['any', 'maskable', 'monochrome']))
	const pictures = [manifest.icons, manifest.screenshots, manifest.shortcuts.flatMap(({ icons }) => icons)].flat()
	expect(pictures.length).toBeGreaterThan(8)
	for (const { src, sizes } of pictures.filter((picture) => picture.sizes !== 'any')) {
		expect(await sizeOf(page, src), src).toBe(sizes)
	}
	for (const link of await page.locator('link[rel*=icon]').all()) {
		expect(await sizeOf(page, (await link.getAttribute('href')) ?? '')).not.toBeNull()
	}
	await page.close()
})

/** Every break of the policy, in this document, from its first script on. */
function watchPolicy(): void {
	const broken: string[] = []
	Object.assign(globalThis, { policyBroken: broken })
	addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
		broken.push(`${violatedDirective} ${blockedURI}`)
	})
}

const broken = (page: Page) => page.evaluate(() => (globalThis as unknown as { policyBroken: string[] }).policyBroken)

/** What a hole in a page would be used for: each is refused before it is a script, whatever the string says. `eval` is left out: who asks by DevTools may. */
async function expectNothingInjected(page: Page): Promise<void> {
	const done = await page.evaluate(() => {
		const run = 'globalThis.injected = true'
		const types = (globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): object } })
			.trustedTypes
		const anything = { createHTML: String, createScript: String, createScriptURL: String }
		const attempts: Record<string, () => unknown> = {
			'the text of a script': () => (document.createElement('script').textContent = run),
			'the address of a script': () => (document.createElement('script').src = '/first-paint.js'),
			'a handler in an attribute': () => document.createElement('img').setAttribute('onerror', run),
			'HTML in an element': () => (document.createElement('p').innerHTML = `<img onerror="${run}">`),
			'HTML in a parser': () => new DOMParser().parseFromString('<p></p>', 'text/html'),
			'HTML in a frame': () => (document.createElement('iframe').srcdoc = '<p></p>'),
			'a worker from what was uploaded': () => new Worker(URL.createObjectURL(new Blob([run]))),
			'a worker from the API': () => new Worker('/api/v1/openapi.json'),
			'a string for a timer': () => setTimeout(run as unknown as () => void),
			'a policy of its own': () => types.createPolicy('evil', anything),
			'the policy of Svelte': () => types.createPolicy('svelte-trusted-html', anything),
			'the policy of the addresses': () => types.createPolicy('default', anything),
		}
		return Object.entries(attempts).flatMap(([name, attempt]) => {
			try {
				attempt()
				return [name]
			} catch {
				return []
			}
		})
	})
	expect(done).toEqual([])
	const directives = (await broken(page)).map((each) => each.split(' ')[0])
	expect(directives).toContain('require-trusted-types-for')
	expect(directives).toContain('trusted-types')
	expect(await page.evaluate(() => 'injected' in globalThis)).toBe(false)
}

/** The wall behind: markup that no check saw, put together in a document of its own, still runs nothing. */
async function expectNothingRuns(page: Page): Promise<void> {
	await page.evaluate(async () => {
		const apart = new Document()
		const element = (name: string) => apart.createElementNS('http://www.w3.org/1999/xhtml', name)
		const script = element('script')
		script.append('globalThis.injected = true')
		const image = element('img')
		try {
			image.setAttribute('onerror', 'globalThis.injected = true')
		} catch {
			// Refused there already.
		}
		image.setAttribute('src', '/no-such-picture')
		document.body.append(script, image)
		await new Promise((failed) => image.addEventListener('error', failed))
	})
	expect(await page.evaluate(() => 'injected' in globalThis)).toBe(false)
}

test('[P6] no page breaks the policy, online or offline: nothing injected runs, nothing goes to another origin', async () => {
	test.setTimeout(360_000)
	await home.alice.context.addInitScript(watchPolicy)
	const { tab, conversation, bob } = await meetBob(home.server, home.alice)
	const routes = [...appRoutes, conversation]

	async function visitAll(): Promise<void> {
		for (const path of routes) {
			await tab.goto(new URL(path, home.server.origin).href)
			await expect(tab.getByRole('heading').first(), path).toBeVisible()
			expect(await broken(tab), path).toEqual([])
		}
		await expect(message(tab, greeting)).toBeVisible()
		await expectNothingInjected(tab)
		await expectNothingRuns(tab)
	}

	await test.step('the policy is strict', async () => {
		const page = await fetch(`${home.server.origin}/`)
		const policy = page.headers.get('content-security-policy') ?? ''
		const scripts = policy.split(';').find((directive) => directive.trim().startsWith('script-src')) ?? ''
		expect(scripts).toMatch(/'sha256-/)
		expect(scripts).not.toMatch(/unsafe|http|\*/)
		expect(policy).toContain("require-trusted-types-for 'script'")
		expect(policy).toMatch(/; trusted-types svelte-trusted-html dompurify default(;|$)/)
		const shell = await tab.evaluate(async () => (await caches.match('/'))?.headers.get('content-security-policy'))
		expect(shell).toBe(policy)
	})

	await test.step('online', visitAll)

	await test.step('offline, from the service worker', async () => {
		await home.alice.context.setOffline(true)
		home.alice.wire.cut()
		await visitAll()
		await home.alice.context.setOffline(false)
		home.alice.wire.resume()
	})

	await test.step('nobody else was asked for anything', async () => {
		const hosts = home.alice.requested.filter((url) => !/^(data|blob):/.test(url)).map((url) => new URL(url).host)
		expect([...new Set(hosts)]).toEqual([new URL(home.server.origin).host])
		expect(home.alice.strays).toEqual([])
	})
	await bob.close()
})
