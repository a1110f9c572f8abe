import { expect as patient, test, type Page } from '@playwright/test'
import type { Someone } from '../support/world.ts'
import { befriend, openDirect, post } from '../support/world.ts'
import { must, talksOf, textsUntil, until } from '../support/watching.ts'
import { readWire } from '../support/wire-capture.ts'
import { composer, expectTexts, message, write } from './app.ts'
import { household, type Household } from './household.ts'
import { newTab, openProfile, type Profile } from './profile.ts'
import { blankTab, damageStore, rowsLeft } from './raw-store.ts'
import { words } from './wording.ts'

/**
 * One account, several devices and tabs: Alice has a laptop without a browser, and signs in with one. Bob and Charlie talk to
 * her. One story, in the order in which things happen to her.
 */
test.describe.configure({ mode: 'serial', timeout: 240_000 })

let home: Household<'alice' | 'bob' | 'charlie'>
let browser: Profile
/** The tabs that are open now, both on the conversation with Bob. */
let tabs: [Page, Page]
let conversation: string
/** What Alice and Bob have written, in order. */
const texts: string[] = ['Is this thing on?', 'It is, on the laptop.']

test.beforeAll(async () => {
	test.setTimeout(360_000)
	home = await household('alice', 'bob', 'charlie')
	const { alice, bob, charlie } = home.people
	for (const friend of [bob, charlie]) await befriend(alice, friend)
	conversation = await openDirect(alice, bob)
	await post(bob, conversation, texts[0] ?? '')
	await textsUntil(alice.api, conversation, texts.slice(0, 1))
	await post(alice, conversation, texts[1] ?? '')
	await textsUntil(bob.api, conversation, texts)
	const other = await openDirect(charlie, alice)
	await post(charlie, other, 'Newer than all of it')
	await textsUntil(alice.api, other, ['Newer than all of it'])
	// Freezing a tab here stops its process, and with it a service worker that may live in it, which a browser never freezes.
	browser = await openProfile({ port: home.server.port, context: { serviceWorkers: 'block' } })
})

test.afterEach(async ({}, testInfo) => {
	if (testInfo.status === testInfo.expectedStatus) return
	const body = `${home.server.log()}\n${browser?.errors.join('\n')}`
	await testInfo.attach('server log and console errors', { body, contentType: 'text/plain' })
})

test.afterAll(async () => {
	await browser?.close()
	await home?.close()
})

/** Stretching as in production, several browsers, a busy machine: bounds are for what hangs, not for what is slow. */
const expect = patient.configure({ timeout: 60_000 })

async function tabAt(path: string): Promise<Page> {
	const page = await newTab(browser)
	await page.goto(`${home.server.origin}${path}`)
	return page
}

async function signIn(page: Page, { name, password }: Someone): Promise<void> {
	await page.getByLabel(words('field_username')).fill(name)
	await page.getByLabel(words('field_password'), { exact: true }).fill(password)
	await page.getByRole('button', { name: words('sign_in_action') }).click()
	await expect(page.getByRole('heading', { name: words('chats_title') })).toBeVisible()
}

const signInForm = (page: Page) => page.getByRole('button', { name: words('sign_in_action') })

/** Written in `page`, seen by Bob and on the laptop. */
async function say(page: Page, text: string): Promise<void> {
	texts.push(text)
	await write(page, 'Bob', text)
	for (const { api } of [home.people.bob, home.people.alice]) await textsUntil(api, conversation, texts)
}

async function hear(text: string, pages: readonly Page[] = tabs): Promise<void> {
	texts.push(text)
	await post(home.people.bob, conversation, text)
	for (const page of pages) await expectTexts(page, texts)
}

/** Set in a page, and gone with it: who still has it was never loaded again. */
const mark = (page: Page) => page.evaluate(() => void Object.assign(globalThis, { neverReloaded: true }))
const isMarked = (page: Page) => page.evaluate(() => 'neverReloaded' in globalThis)

/** The browser's own name for the worker that holds the lock of the leading tab. */
const leader = (page: Page) =>
	page.evaluate(async () => (await navigator.locks.query()).held?.find(({ name }) => name === 'kith-core')?.clientId)

test('[A1][L2] a second device signs in and shows all that the account can read, newest first', async () => {
	const page = await tabAt('/sign-in')
	await signIn(page, home.people.alice)
	const list = page.getByRole('link').filter({ has: page.locator('time') })
	await expect(list).toHaveText([/Charlie.*Newer than all of it/s, /Bob.*It is, on the laptop/s])
	await list.filter({ hasText: 'Bob' }).click()
	await expectTexts(page, texts)
	await say(page, 'And in a browser.')
	texts.push('Back on the laptop')
	await post(home.people.alice, conversation, 'Back on the laptop')
	await expectTexts(page, texts)
	// What is read on one device is read on the other.
	const unread = list.filter({ hasText: 'Charlie' }).getByText('1', { exact: true })
	await expect(unread).toBeVisible()
	const laptop = home.people.alice.api
	const chats = await until(laptop, { view: 'chats', of: null, is: (all) => talksOf(all).length === 2 })
	const charlies = chats.find(({ title }) => title === 'Charlie')?.conversation ?? ''
	const view = await until(laptop, { view: 'conversation', of: charlies, is: (value) => value?.messages.length === 1 })
	must(await laptop.markRead({ conversation: charlies, key: view?.messages[0]?.key ?? '' }))
	await expect(unread).toBeHidden()
	const devices = await until(laptop, { view: 'devices', of: null, is: (all) => all.length === 2 })
	expect(devices.filter(({ ended }) => ended)).toEqual([])
	tabs = [page, await tabAt(new URL(page.url()).pathname)]
	await expectTexts(tabs[1], texts)
})

test('[L2] of two tabs one crashes and one freezes: whichever is left goes on at once, and nothing is lost', async () => {
	const [first, second] = tabs
	await say(second, 'Through the tab that leads')
	await expectTexts(first, texts)
	await test.step('the leading tab crashes', async () => {
		const crashed = first.waitForEvent('crash')
		const devtools = await browser.context.newCDPSession(first)
		void devtools.send('Page.crash').catch(() => undefined)
		await crashed
		await say(second, 'One tab less')
		await first.close()
	})
	const third = await tabAt(new URL(second.url()).pathname)
	await expectTexts(third, texts)
	tabs = [second, third]
	await hear('I still see you')
	await test.step('the leading tab freezes, and wakes up', async () => {
		const asleep = await leader(third)
		const thaw = await browser.freeze(second)
		try {
			await say(third, 'One asleep')
			expect(await leader(third)).not.toBe(asleep)
			await hear('Wake up', [third])
		} finally {
			thaw()
		}
		await expectTexts(second, texts)
		await say(second, 'Awake')
		await expectTexts(third, texts)
	})
})

test('[L2] a server that is started again finds both tabs, which heal without being loaded again', async () => {
	for (const page of tabs) await mark(page)
	texts.push('Written while it was down')
	await home.restart(async () => {
		for (const page of tabs) await expect(page.getByText(words('connection_offline')).first()).toBeVisible()
		await write(tabs[1], 'Bob', 'Written while it was down')
	})
	await textsUntil(home.people.bob.api, conversation, texts)
	await hear('There you are')
	for (const page of tabs) {
		await expect(message(page, 'Written while it was down')).toHaveCount(1)
		expect(await isMarked(page)).toBe(true)
	}
})

/** Requests and answers of one kind on this browser's wire, in order. */
function exchanges(path: string) {
	return browser.wire.connections.flatMap(({ up, down }) => {
		const [asked, answers] = [readWire(up, false).messages, readWire(down, false).messages]
		return asked.flatMap((request, i) =>
			request.start.startsWith(`POST ${path}`) ? [{ request, answer: answers[i] }] : [],
		)
	})
}
const refreshes = () => exchanges('/api/v1/auth/refresh')
const tokenIn = (text = '') => /=([\w.-]{20,})/.exec(text)?.[1]

test('[A2][L2] two tabs that are loaded again at once stay signed in, by one rotation of the session', async () => {
	const before = refreshes()
	await Promise.all(tabs.map((page) => page.reload()))
	for (const page of tabs) await expectTexts(page, texts)
	await say(tabs[0], 'Both here')
	await expectTexts(tabs[1], texts)
	const since = refreshes().slice(before.length)
	expect(since.length).toBeGreaterThan(0)
	for (const { answer } of since) expect(answer?.start).toContain('200')
	// However often it was asked for: from one token follows one.
	const asked = new Set(since.map(({ request }) => tokenIn(request.headers.get('cookie'))))
	const given = new Set(since.map(({ answer }) => tokenIn(answer?.headers.get('set-cookie'))))
	expect(given.size).toBe(asked.size)
})

test('[A2] a page that is left while its session is renewed stays signed in: the browser kept the cookie of an answer nobody read', async () => {
	const renewal = '**/api/v1/auth/refresh'
	let lost = 0
	await browser.context.route(renewal, async (route) => {
		// The cookie is taken here, as a browser takes it; the answer goes nowhere, and its page may be gone already.
		await route.fetch()
		lost++
		await route.abort().catch(() => null)
	})
	await tabs[1].goto('about:blank')
	await tabs[0].reload()
	await expect.poll(() => lost).toBeGreaterThan(0)
	await browser.context.unroute(renewal)
	await tabs[0].reload()
	await expectTexts(tabs[0], texts)
	await say(tabs[0], 'Still here')
	await tabs[1].goto(tabs[0].url())
	await expectTexts(tabs[1], texts)
})

test('[L2] a damaged database heals from the server alone', async () => {
	const { origin } = home.server
	const blank = await blankTab(browser, origin)
	const path = new URL(tabs[0].url()).pathname
	for (const page of tabs) await page.close()
	await damageStore(blank, [
		...(['events', 'boxes', 'accountLogs', 'streams'] as const).map((store) => ({ type: 'corrupt', store }) as const),
		...(['conversations', 'pages', 'markers'] as const).map((store) => ({ type: 'empty', store }) as const),
	])
	const page = await tabAt(path)
	await expectTexts(page, texts)
	await say(page, 'As if nothing had happened')
	await page.close()
	await damageStore(blank, [{ type: 'empty', store: 'events' }])
	await blank.close()
	tabs = [await tabAt(path), await tabAt(path)]
	for (const tab of tabs) await expectTexts(tab, texts)
	await say(tabs[0], 'Nor now')
	await expectTexts(tabs[1], texts)
})

test('[A1] signing out says how many messages would be lost, and leaves nothing behind', async () => {
	const [page, other] = tabs
	const profile = page.getByRole('link', { name: words('nav_you', { name: 'Alice' }) })
	const path = new URL(page.url()).pathname
	// Its code is loaded while there is a network.
	await profile.click()
	await expect(page.getByRole('button', { name: words('profile_sign_out') })).toBeVisible()
	await page.goBack()
	await expect(composer(page, 'Bob')).toBeVisible()
	browser.wire.cut()
	await expect(page.getByText(words('connection_offline')).first()).toBeVisible()
	for (const text of ['Lost one', 'Lost two']) await write(page, 'Bob', text)
	await profile.click()
	await page.getByRole('button', { name: words('profile_sign_out') }).click()
	const dialog = page.getByRole('dialog')
	await expect(dialog.getByText(words('profile_sign_out_unsent', { count: 2 }))).toBeVisible()
	await dialog.getByRole('button', { name: words('action_cancel') }).click()
	await expectTexts(other, [...texts, 'Lost one', 'Lost two'])
	await page.getByRole('button', { name: words('profile_sign_out') }).click()
	await dialog.getByRole('button', { name: words('profile_sign_out_anyway') }).click()
	for (const tab of tabs) await expect(signInForm(tab)).toBeVisible()
	// The form stands before the last row is gone.
	await expect.poll(() => rowsLeft(page)).toEqual(['kith-generation/generation', 'storage/rows'])
	browser.wire.resume()
	await signIn(page, home.people.alice)
	await page.goto(`${home.server.origin}${path}`)
	await expectTexts(page, texts)
	await textsUntil(home.people.bob.api, conversation, texts)
	await other.goto(`${home.server.origin}${path}`)
	await expectTexts(other, texts)
})

test('[A2] a refresh token that comes a second time ends the session in all tabs, and the screen says why', async () => {
	for (let i = 0; i < 2; i++) {
		await tabs[0].reload()
		await expectTexts(tabs[0], texts)
		await tabs[1].reload()
		await expectTexts(tabs[1], texts)
	}
	const newest = refreshes().at(-1)
	const sid = (text: string | undefined) => tokenIn(text)?.slice(0, 20)
	const [stolen] = refreshes().filter(
		({ request }) => sid(request.headers.get('cookie')) === sid(newest?.request.headers.get('cookie')),
	)
	expect(stolen?.request).not.toBe(newest?.request)
	const headers = new Headers({ origin: home.server.origin })
	for (const name of ['cookie', 'content-type']) headers.set(name, stolen?.request.headers.get(name) ?? '')
	const body = stolen?.request.body ?? new Uint8Array()
	const answer = await fetch(`${home.server.origin}/api/v1/auth/refresh`, {
		method: 'POST',
		headers,
		body: new Uint8Array(body),
	})
	expect(await answer.text()).toContain('token-reused')
	for (const tab of tabs) {
		await expect(signInForm(tab)).toBeVisible()
		await expect(tab.getByText(words('ended_reused'))).toBeVisible()
	}
	// The laptop has a session of its own.
	texts.push('Still here')
	await post(home.people.alice, conversation, 'Still here')
	await textsUntil(home.people.bob.api, conversation, texts)
})
