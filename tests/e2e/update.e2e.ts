import { expect, test, type Page } from '@playwright/test'
import { atHome, type Home } from './at-home.ts'
import { composer, expectMark, message, write } from './app.ts'
import { newTab } from './profile.ts'
import { makeRelease, type Release } from './release.ts'
import { greeting, meetBob } from './with-a-friend.ts'
import { words } from './wording.ts'

/** The operator installs the next release while people have the app open. */
let release: Release
let home: Home

test.beforeEach(async () => {
	test.setTimeout(360_000)
	release = await makeRelease()
	home = await atHome(release.root)
})

test.afterEach(async () => {
	await home?.close()
	await release?.remove()
})

/** A new build takes over in its own time. */
const slow = { timeout: 60_000 }

async function installNext(): Promise<void> {
	await home.server.stop()
	await release.upgrade()
	await home.startAgain()
}

/** As a browser does by itself, when a page is opened or an hour has passed. */
async function lookForUpdate(page: Page): Promise<void> {
	await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()))
}

const runs = (page: Page) => page.locator('html').evaluate((root) => root.dataset['release'] ?? 'first')
const offer = (page: Page) => page.getByRole('status').filter({ hasText: words('update_title') })
const shells = (page: Page) => page.evaluate(() => caches.keys())

async function open(path: string): Promise<Page> {
	const page = await newTab(home.alice)
	await page.goto(new URL(path, home.server.origin).href)
	return page
}

test('[L4] a new version asks first, takes over in every tab at once, and loses no draft', async () => {
	const { tab, conversation, bob, say } = await meetBob(home.server, home.alice)
	const other = await open('/friends')
	await expect(other.getByRole('heading').first()).toBeVisible()
	const [before] = await shells(tab)
	await installNext()

	await test.step('it is offered in both tabs and changes nothing before somebody says so', async () => {
		await lookForUpdate(tab)
		await expect(offer(tab)).toBeVisible()
		await expect(offer(other)).toBeVisible()
		await tab.reload()
		await expect(message(tab, greeting)).toBeVisible()
		expect(await runs(tab)).toBe('first')
		await expect(offer(tab)).toBeVisible()
		await other.reload()
		await expect(offer(other)).toBeVisible()
	})

	await test.step('later: it goes away, and the app works on', async () => {
		await offer(other)
			.getByRole('button', { name: words('update_later') })
			.click()
		await expect(offer(other)).toBeHidden()
		await write(tab, 'Bob', 'Still the old version')
		await expectMark(tab, 'Still the old version', 'delivered')
	})

	await test.step('accepted in the middle of a word: both tabs run it, the draft stands', async () => {
		await composer(tab, 'Bob').fill('half a thought')
		await offer(tab)
			.getByRole('button', { name: words('update_action') })
			.click()
		await expect.poll(() => runs(tab).catch(() => null), slow).toBe('next')
		await expect.poll(() => runs(other).catch(() => null), slow).toBe('next')
		await expect(composer(tab, 'Bob')).toHaveValue('half a thought')
		expect(new URL(tab.url()).pathname).toBe(conversation)
		await expect(offer(tab)).toBeHidden()
	})

	await test.step('of the version before nothing is kept', async () => {
		await expect.poll(async () => (await shells(tab)).length).toBe(1)
		expect(await shells(tab)).not.toEqual([before])
	})

	await test.step('and the two go on talking', async () => {
		await write(tab, 'Bob', 'Now the new one')
		await expectMark(tab, 'Now the new one', 'delivered')
		await say('I see no difference')
		await expect(message(tab, 'I see no difference')).toBeVisible()
		await bob.close()
	})
})

test('[L4] a version that nobody accepted runs once all tabs were closed', async () => {
	const { tab, conversation, bob } = await meetBob(home.server, home.alice)
	await installNext()
	await lookForUpdate(tab)
	await expect(offer(tab)).toBeVisible()
	await composer(tab, 'Bob').fill('half a thought')
	await offer(tab)
		.getByRole('button', { name: words('update_later') })
		.click()
	const other = await open(conversation)
	await expect(composer(other, 'Bob')).toHaveValue('half a thought')
	await other.close()
	await tab.close()
	await expect
		.poll(async () => {
			const page = await open(conversation)
			await expect(message(page, greeting)).toBeVisible()
			const release = await runs(page)
			if (release === 'first') await page.close()
			return release
		}, slow)
		.toBe('next')
	const page = home.alice.context.pages().find((each) => each.url().endsWith(conversation))
	await expect(composer(page!, 'Bob')).toHaveValue('half a thought')
	await expect.poll(async () => (await shells(page!)).length).toBe(1)
	await bob.close()
})
