import { expect, test, type Locator, type Page } from '@playwright/test'
import type { ConversationId, KithApi } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import { alertsUntil, brief } from '../support/alerts.ts'
import { must, until } from '../support/watching.ts'
import { composer, ownLink, signUp } from './app.ts'
import { atHome, type Home } from './at-home.ts'
import { newTab } from './profile.ts'
import { cutWords, expectAccessible, smallTargets } from './screen-checks.ts'
import { joinByLink, type Friend } from './shots-people.ts'
import { words } from './wording.ts'

/** What asks for attention: the hub, its counts, and what is muted. Alice has a browser, and a phone without one. */
test.describe.configure({ mode: 'serial' })

let home: Home
let page: Page
let phone: KithApi
let bob: Friend
let carol: Friend
let group: ConversationId
const alice = { name: 'alice', displayName: 'Alice', password: 'painting the roses red at noon' }

test.beforeAll(async () => {
	test.setTimeout(360_000)
	home = await atHome()
	page = await newTab(home.alice)
	await page.goto(await home.server.setupLink())
	await signUp(page, alice)
	await expect(page.getByRole('heading', { name: words('welcome_title') })).toBeVisible()
})
test.afterAll(async () => {
	for (const api of [phone, bob?.api, carol?.api]) await api?.close()
	await home?.close()
})

const goTo = (path: string) => page.goto(`${home.server.origin}${path}`)
const heading = () => page.getByRole('heading', { level: 1, name: words('alerts_title') })
const row = (text: string) => page.getByRole('listitem').filter({ has: page.locator('a[data-row]', { hasText: text }) })
const unread = () => page.getByRole('listitem').filter({ hasText: words('alerts_unread') })
const nav = () => page.getByRole('navigation', { name: words('nav_label') }).filter({ visible: true })
const entry = (): Locator => nav().getByRole('link', { name: new RegExp(words('nav_alerts')) })
const button = (key: string, values = {}) => page.getByRole('button', { name: words(key, values), exact: true })
/** Row of a chat by its title, which only where somebody is here comes first. */
const chat = (name: string) =>
	page.getByRole('list', { name: words('chats_list') }).getByRole('link', { name: new RegExp(`^(\\w+ )?${name}\\b`) })
const titleIs = (count: number, key: string) =>
	expect(page).toHaveTitle(
		words(count === 0 ? 'app_title' : 'app_title_unread', { page: words(key), count: String(count) }),
	)

test('[N1] an empty hub says what will come here, and is reached by keys, rail and palette', async () => {
	await goTo('/')
	await expect(entry()).toBeVisible()
	await expect(page.getByRole('heading', { name: words('welcome_title') })).toBeVisible()
	await page.keyboard.press('g')
	await page.keyboard.press('a')
	await expect(heading()).toBeFocused()
	await expect(page.getByText(words('alerts_empty_text'))).toBeVisible()
	await expect(button('alerts_mark_all')).toBeDisabled()
	await expectAccessible(page, 'no alerts')
	await goTo('/settings/about')
	await expect(page.getByRole('heading', { level: 1, name: words('settings_about') })).toBeVisible()
	await page.keyboard.press('Control+k')
	await expect(page.getByRole('combobox', { name: words('palette_title') })).toBeFocused()
	await page.keyboard.type('alerts')
	await expect(page.getByRole('option', { selected: true })).toContainText(words('nav_alerts'))
	await page.keyboard.press('Enter')
	await expect(heading()).toBeFocused()
})

test('[N1] requests arrive live, are counted and announced, and answered where they stand', async () => {
	test.setTimeout(120_000)
	for (const [name, displayName] of [
		['bob', 'Bob'],
		['carol', 'Carol'],
	] as const) {
		const link = await ownLink(page, 'new')
		await goTo('/settings/about')
		const friend = await joinByLink(home.server.origin, { name, displayName, link })
		if (name === 'bob') bob = friend
		else carol = friend
		await expect(page.locator('[data-alerts-announcer]')).toHaveText(words('alerts_request', { name: displayName }))
	}
	await expect(entry()).toContainText(words('nav_new_alerts', { count: 2 }))
	await entry().click()
	await titleIs(2, 'alerts_title')
	await expect(unread()).toHaveCount(2)
	await expectAccessible(page, 'requests')
	await button('friends_accept_name', { name: 'Bob' }).click()
	await expect(row(words('alerts_request', { name: 'Bob' }))).toHaveCount(0)
	await expect(page.getByText(words('friends_accepted_toast', { name: 'Bob' }))).toBeVisible()
	await titleIs(1, 'alerts_title')
	await button('friends_decline_name', { name: 'Carol' }).click()
	const asked = page.getByRole('dialog', { name: words('friends_decline_title', { name: 'Carol' }) })
	await asked.getByRole('button', { name: words('action_cancel') }).click()
	// Who looks at the requests has seen them, and they wait all the same.
	await row(words('alerts_request', { name: 'Carol' }))
		.locator('a[data-row]')
		.click()
	await expect(button('friends_accept_name', { name: 'Carol' })).toBeVisible()
	await entry().click()
	await expect(row(words('alerts_request', { name: 'Carol' }))).toBeVisible()
	await expect(unread()).toHaveCount(0)
	await titleIs(0, 'alerts_title')
})

test('[N1] what is said, who names me and who takes me in: each line leads to its place, and is read there', async () => {
	const { account } = (
		await until(bob.api, { view: 'friends', of: null, is: ([one]) => one?.state === 'accepted' })
	)[0]!
	const plain = { kind: 'group', topic: '', history: 'shared', invite: 'admins', knock: 'no' } as const
	const members = [{ account, role: 'member' }] as const
	group = must(await bob.api.createGroup({ ...plain, name: 'Island trip', members })).conversation
	must(await bob.api.post({ conversation: group, text: '@alice have you got the tickets?' }))
	must(await bob.api.post({ conversation: group, text: 'The ferry leaves at **noon**' }))
	await bob.say('Good morning', 'Shall we meet at the pier?')
	const [place, name] = ['Island trip', 'Bob']
	const mention = row(words('alerts_mention_in', { name, place }))
	await expect(mention).toContainText('@alice have you got the tickets?')
	await expect(row(words('alerts_messages_in', { place, count: 1 }))).toContainText('Bob: The ferry leaves at noon')
	await expect(row(words('alerts_messages', { name, count: 2 }))).toContainText('Shall we meet at the pier?')
	await expect(row(words('alerts_added', { name, place }))).toBeVisible()
	await expect(unread()).toHaveCount(4)
	// Four messages, of which the mention is one, and the group.
	await titleIs(5, 'alerts_title')
	// Those that a chat does not count: the mention and the group.
	await expect(entry()).toContainText(words('nav_new_alerts', { count: 2 }))
	await mention.locator('a[data-row]').click()
	await expect(page).toHaveURL(new RegExp(`/c/${group}$`))
	await expect(page.getByRole('log').getByText('@alice have you got the tickets?')).toBeVisible()
	await page.goBack()
	await expect(unread()).toHaveCount(1)
	await expect(mention).toBeVisible()
	await expect(row(words('alerts_added', { name, place }))).toBeVisible()
	await titleIs(2, 'alerts_title')
})

test('[N1] by arrow keys through the list, and in with Enter', async () => {
	const rows = page.locator('a[data-row]')
	await rows.first().focus()
	await page.keyboard.press('ArrowDown')
	await expect(rows.nth(1)).toBeFocused()
	await page.keyboard.press('Home')
	await page.keyboard.press('Enter')
	await expect(composer(page, 'Bob')).toBeFocused()
	await page.goBack()
	await expect(heading()).toBeFocused()
	await titleIs(0, 'alerts_title')
})

test('[N1] a new device and a knock on the own room come here, and the knock is answered here', async () => {
	phone = await createNodeClient({ serverUrl: home.server.origin, storage: 'memory' })
	must(await phone.signIn(alice))
	const room = { kind: 'room-private', topic: '', history: 'shared', invite: 'admins', knock: 'yes' } as const
	const { conversation } = must(await phone.createGroup({ ...room, name: 'Harbour', members: [] }))
	must(await bob.api.knock({ conversation }))
	const knock = row(words('alerts_knock', { name: 'Bob', place: 'Harbour' }))
	await expect(knock).toBeVisible()
	await expect(page.getByText(words('alerts_device_text'))).toBeVisible()
	await expectAccessible(page, 'alerts of every kind')
	expect(await smallTargets(page, 24)).toEqual([])
	for (const width of [390, 820, 1280]) {
		await page.setViewportSize({ width, height: 844 })
		await expect.poll(() => cutWords(page), { message: `at ${width}` }).toEqual([])
	}
	await page.setViewportSize({ width: 1280, height: 800 })
	await button('knocks_let_in_name', { name: 'Bob' }).click()
	await expect(knock).toHaveCount(0)
	await expect(page.getByText(words('knocks_let_in_toast', { name: 'Bob' }))).toBeVisible()
	await until(bob.api, { view: 'conversation', of: conversation, is: (view) => view?.writable.type === 'yes' })
})

test('[N1] everything is marked read with no network, stays so over a reload, and is so on the phone', async () => {
	await bob.say('One more thing')
	await expect(row(words('alerts_messages', { name: 'Bob', count: 1 }))).toBeVisible()
	home.alice.wire.cut()
	await expect(page.getByText(words('connection_offline')).filter({ visible: true })).toBeVisible()
	await button('alerts_mark_all').click()
	await expect(unread()).toHaveCount(0)
	await titleIs(0, 'alerts_title')
	home.alice.wire.resume()
	await expect(page.getByText(words('connection_offline'))).toHaveCount(0)
	await page.reload()
	await expect(row(words('alerts_request', { name: 'Carol' }))).toBeVisible()
	await expect(unread()).toHaveCount(0)
	const { alerts } = await until(phone, { view: 'alerts', of: null, is: (view) => view.unread === 0 })
	expect(alerts.map(brief)).toContain('request Carol')
})

test('[M6] a conversation is muted from the list and its details: it raises nothing, and is counted in its row alone', async () => {
	await goTo('/')
	await chat('Bob').click({ button: 'right' })
	const menu = page.getByRole('menu', { name: words('chats_menu', { name: 'Bob' }) })
	await expect(menu).toBeVisible()
	await expectAccessible(page, 'menu of a chat')
	await menu.getByRole('menuitem', { name: words('mute_ask') }).click()
	await menu.getByRole('menuitem', { name: words('mute_ever') }).click()
	await expect(chat('Bob')).toContainText(words('chats_muted'))
	await expect(page.getByText(words('mute_done', { name: 'Bob' }))).toBeVisible()
	await until(phone, { view: 'chats', of: null, is: (chats) => chats.some(({ muted }) => muted?.type === 'ever') })
	await bob.say('Quiet news')
	await expect(chat('Bob')).toContainText(words('chats_unread', { count: 1 }))
	await titleIs(0, 'chats_title')
	await expectAccessible(page, 'a muted chat')
	expect((await alertsUntil({ api: phone } as never, (await shown(phone)).map(brief))).unread).toBe(0)
	await chat('Bob').click()
	await page.getByRole('button', { name: words('conversation_details'), exact: true }).click()
	await expect(page.getByText(words('mute_for_ever'))).toBeVisible()
	await expectAccessible(page, 'details of a muted conversation')
	await button('mute_end').click()
	await expect(page.getByText(words('mute_heard'))).toBeVisible()
	await button('mute_menu').click()
	await page.getByRole('menuitem', { name: words('mute_hour') }).click()
	// Before midnight a time, after it a day too.
	await expect(page.getByText(/^Muted until /)).toBeVisible()
	await button('mute_end').click()
	await page.goBack()
	await page.goBack()
	await expect(chat('Bob')).not.toContainText(words('chats_muted'))
})

const shown = async (api: KithApi) => (await until(api, { view: 'alerts', of: null, is: () => true })).alerts
