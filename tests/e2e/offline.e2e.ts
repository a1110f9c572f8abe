import { expect, test, type Page } from '@playwright/test'
import { messagesUntil, textOf } from '../support/watching.ts'
import { atHome, type Home } from './at-home.ts'
import { composer, expectMark, expectTexts, message, write } from './app.ts'
import { newTab } from './profile.ts'
import { appRoutes, greeting, meetBob } from './with-a-friend.ts'

/** The app after one visit, on a train: the server is dead and the browser has no network. */
let home: Home

test.beforeAll(async () => {
	test.setTimeout(360_000)
	home = await atHome()
})

test.afterAll(() => home?.close())

async function open(path: string): Promise<Page> {
	const page = await newTab(home.alice)
	await page.goto(new URL(path, home.server.origin).href)
	return page
}

/** Path and query of everything that the service worker keeps. */
function keptPaths(page: Page): Promise<string[]> {
	return page.evaluate(async () => {
		const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()))
		return all.flat().map(({ url }) => url.replace(location.origin, ''))
	})
}

test('[L1] opens, reads, writes and queues with no network after one visit, and delivers once', async () => {
	test.setTimeout(360_000)
	const { tab, conversation, bob } = await meetBob(home.server, home.alice)
	const said = ['Written on the train', 'And this one in the tunnel']

	await test.step('what is kept belongs to nobody: files of the build, and one page', async () => {
		const paths = await keptPaths(tab)
		expect(paths).toContain('/')
		expect(paths.length).toBeGreaterThan(20)
		const ofBuild = /^\/(_app\/immutable\/[\w./-]+|icons\/[\w.-]+|first-paint\.(js|css)|[\w-]+\.json)?$/
		expect(paths.filter((path) => !ofBuild.test(path))).toEqual([])
	})

	await test.step('no server, no network: every page opens', async () => {
		await tab.close()
		await home.server.kill()
		await home.alice.context.setOffline(true)
		home.alice.wire.cut()
		for (const path of appRoutes) {
			const page = await open(path)
			await expect(page.getByRole('heading').first(), path).toBeVisible()
			await page.close()
		}
	})

	await test.step('a conversation opens by its address, and takes what is written', async () => {
		const page = await open(conversation)
		await expect(message(page, greeting)).toBeVisible()
		for (const text of said) {
			await write(page, 'Bob', text)
			await expectMark(page, text, 'queued')
		}
		await page.close()
		const again = await open(conversation)
		await expectTexts(again, [greeting, ...said])
		await composer(again, 'Bob').fill('half a thought')
		// Another tab has it from the store.
		const other = await open(conversation)
		await expect(composer(other, 'Bob')).toHaveValue('half a thought')
		await other.close()
		await again.close()
	})

	await test.step('back on the network, each arrives once and in order', async () => {
		await home.startAgain()
		home.alice.wire.resume()
		await home.alice.context.setOffline(false)
		const page = await open(conversation)
		for (const text of said) await expect(message(page, text)).not.toHaveAttribute('data-mark', 'queued')
		const isThere = (texts: readonly (string | null)[]) => said.every((text) => texts.includes(text))
		const heard = await messagesUntil(bob, conversation.slice(3), (all) => isThere(all.map(textOf)))
		expect(heard.map(textOf)).toEqual([greeting, ...said])
		await expectTexts(page, [greeting, ...said])
		await expect(composer(page, 'Bob')).toHaveValue('half a thought')
		await bob.close()
	})
})
