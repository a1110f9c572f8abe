import { expect, test, type BrowserContext, type Page } from '@playwright/test'
import type { PageUnderTest } from './platform-page/page.ts'
import { servePage, type ServedPage } from './platform-page/serve.ts'

declare global {
	interface Window {
		pageUnderTest: PageUnderTest
	}
}

let served: ServedPage
test.beforeAll(async () => {
	served = await servePage()
})
test.afterAll(() => served.stop())

async function openTab(context: BrowserContext): Promise<Page> {
	const page = await context.newPage()
	await page.goto(served.url)
	await page.evaluate(() => window.pageUnderTest.open())
	await expect.poll(() => page.evaluate(() => window.pageUnderTest.seen.length)).toBeGreaterThan(0)
	return page
}

const append = (page: Page, text: string) => page.evaluate((value) => window.pageUnderTest.api().append(value), text)
const lastSeen = (page: Page) => page.evaluate(() => window.pageUnderTest.seen.at(-1))

test('the storage contract holds on the real IndexedDB', async ({ page }) => {
	await page.goto(served.url)
	const results = await page.evaluate(() => window.pageUnderTest.storageContract())
	expect(Object.keys(results).length).toBeGreaterThan(15)
	expect(Object.entries(results).filter(([, problem]) => problem !== null)).toEqual([])
})

test('the browser has what Kith needs on localhost, and says what is missing on plain http', async ({ page }) => {
	await page.goto(served.url)
	expect(await page.evaluate(() => window.pageUnderTest.support)).toEqual({ ok: true, value: null })
	await page.route('http://kith.example/**', (route) =>
		route
			.fetch({ url: route.request().url().replace('http://kith.example/', served.url) })
			.then((response) => route.fulfill({ response })),
	)
	await page.goto('http://kith.example/')
	expect(await page.evaluate(() => window.pageUnderTest.support)).toEqual({ ok: false, error: ['secure-context'] })
})

test('rows are wrapped at rest, and what was written is there after a reload', async ({ context }) => {
	const page = await openTab(context)
	await append(page, 'a secret that must not lie there in clear')
	const raw = await page.evaluate(() => window.pageUnderTest.api().raw())
	expect(Buffer.from(raw).toString('latin1')).not.toContain('secret')
	await page.reload()
	await page.evaluate(() => window.pageUnderTest.open())
	await expect.poll(() => lastSeen(page)).toBe('a secret that must not lie there in clear')
	expect(await page.evaluate(() => window.pageUnderTest.troubles)).toEqual([])
})

test('a device key kept as a handle signs after a reload, and cannot be taken out', async ({ context }) => {
	const page = await openTab(context)
	const sign = () => page.evaluate(() => window.pageUnderTest.api().sign())
	expect(await sign()).toEqual({ extractable: false, length: 64 })
	await page.reload()
	await page.evaluate(() => window.pageUnderTest.open())
	expect(await sign()).toEqual({ extractable: false, length: 64 })
})

test('OPAQUE runs in its worker only, which is loaded when it is needed', async ({ context }) => {
	const page = await openTab(context)
	expect(served.requested.filter((path) => path.includes('opaque'))).toEqual([])
	const request = await page.evaluate(() => window.pageUnderTest.api().opaque('correct horse'))
	expect(request).toMatch(/^[\w-]{43}$/)
	expect(served.requested.filter((path) => /^\/workers\/opaque-.*\.js$/.test(path))).toHaveLength(1)
})

test('two tabs have one core; when the leading one is closed the other goes on', async ({ context }) => {
	const first = await openTab(context)
	const second = await openTab(context)
	const generation = await append(first, '1')
	expect(await append(second, '2')).toBe(generation)
	await expect.poll(() => lastSeen(first)).toBe('12')
	await first.close()
	expect(await append(second, '3')).toBe((generation ?? 0) + 1)
	await expect.poll(() => lastSeen(second)).toBe('123')
})

test('a leading tab that does not answer is replaced, and changes nothing afterwards', async ({ context }) => {
	const first = await openTab(context)
	const second = await openTab(context)
	const generation = (await append(first, '1')) ?? 0
	await second.evaluate(() => {
		new BroadcastChannel('test').onmessage = () => document.body.classList.add('blocked')
	})
	const busy = first.evaluate(() => window.pageUnderTest.api().block(8000)).catch(() => undefined)
	await expect(second.locator('body')).toHaveClass('blocked')
	const late = append(first, '4')
	const started = Date.now()
	expect(await append(second, '2')).toBe(generation + 1)
	expect(Date.now() - started).toBeLessThan(6000)
	expect(await append(second, '3')).toBe(generation + 1)
	await busy
	// Its own core finds itself stale, or it has heard by then who leads, and the call goes there.
	expect([generation + 1, { ok: false, error: { type: 'interrupted' } }]).toContainEqual(await late)
	expect(await append(first, '5')).toBe(generation + 1)
	await expect.poll(() => lastSeen(second)).toMatch(/^1234?5$/)
	await expect.poll(() => lastSeen(first)).toMatch(/^1234?5$/)
})
