import { expect, test } from '@playwright/test'
import { atHome, type Home } from './at-home.ts'
import { newTab } from './profile.ts'

let home: Home

test.beforeAll(async () => {
	test.setTimeout(360_000)
	home = await atHome()
})

test.afterAll(() => home?.close())

test('[S2] the instance documents its API: every path is shown, one can be tried, and nothing else is asked', async () => {
	const page = await newTab(home.alice)
	await page.goto(`http://localhost:${home.server.port}/swagger`)
	await expect(page.getByRole('heading', { name: /HTTP API/ })).toBeVisible()
	const document = (await (await fetch(`http://127.0.0.1:${home.server.port}/api/v1/openapi.json`)).json()) as {
		paths: Record<string, Record<string, unknown>>
	}
	const operations = Object.values(document.paths).flatMap((path) => Object.keys(path))
	expect(operations.length).toBeGreaterThan(30)
	await expect(page.locator('.opblock')).toHaveCount(operations.length)
	await page.getByText('What this server is').click()
	await page.getByRole('button', { name: 'Try it out' }).click()
	await page.getByRole('button', { name: 'Execute' }).click()
	await expect(page.locator('.live-responses-table').getByText('"serverKey"')).toBeVisible()
	expect(home.alice.strays).toEqual([])
	expect([
		...new Set(home.alice.requested.filter((url) => !url.startsWith('data:')).map((url) => new URL(url).host)),
	]).toEqual([`localhost:${home.server.port}`])
	expect(home.alice.errors).toEqual([])
})
