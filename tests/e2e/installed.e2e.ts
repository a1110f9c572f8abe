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

/** What a hole in a page would be used for. */
async function expectNothingInjected(page: Page): Promise<void> {
	const ran = await page.evaluate(async () => {
		const script = document.createElement('script')
		script.textContent = 'globalThis.injected = true'
		document.body.append(script)
		const image = document.createElement('img')
		image.setAttribute('onerror', 'globalThis.injected = true')
		image.src = '/no-such-picture'
		document.body.append(image)
		await new Promise((failed) => image.addEventListener('error', failed))
		return 'injected' in globalThis
	})
	expect(ran).toBe(false)
	const directives = (await broken(page)).map((each) => each.split(' ')[0])
	expect(directives).toContain('script-src-elem')
	expect(directives).toContain('script-src-attr')
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
	}

	await test.step('the policy is strict', async () => {
		const page = await fetch(`${home.server.origin}/`)
		const policy = page.headers.get('content-security-policy') ?? ''
		const scripts = policy.split(';').find((directive) => directive.trim().startsWith('script-src')) ?? ''
		expect(scripts).toMatch(/'sha256-/)
		expect(scripts).not.toMatch(/unsafe|http|\*/)
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
