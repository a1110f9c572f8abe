import { expect, test, type Page } from '@playwright/test'
import { composer, message, ownLink } from './app.ts'
import { groupName, groupWithAlice } from './group-with.ts'
import { overflow, phone, rest, shifts, tablet, watchShifts, withInsets } from './hand-held.ts'
import { newTab, type Profile } from './profile.ts'
import { cutWords, smallTargets } from './screen-checks.ts'
import { isKept } from './service-worker.ts'
import { joinByLink, type Friend } from './shots-people.ts'
import { twoPeople, type TwoPeople } from './two-people.ts'
import { administrationPaths, appRoutes } from './with-a-friend.ts'
import { words } from './wording.ts'

/** The app in a hand: one pane and a bottom bar on a phone, list and conversation on a tablet, and fingers instead of a mouse. */
test.describe.configure({ mode: 'serial' })

let people: TwoPeople
let alice: Profile
let page: Page
let carol: Friend
/** Paths of the conversation with Bob, and of a group that he made. */
let conversation: string
let group: string

test.beforeAll(async () => {
	test.setTimeout(360_000)
	people = await twoPeople(phone)
	;({ alice, page } = people)
	conversation = new URL(people.url).pathname
	await people.bob.say('Good morning', 'The boat goes at 8:40', 'Shall I come by at eight?')
	await expect(message(page, 'Shall I come by')).toBeVisible()
	// Somebody who waits for an answer, so that no list is empty.
	carol = await joinByLink(people.server.origin, {
		name: 'carol',
		displayName: 'Carol',
		link: await ownLink(page, 'new'),
	})
	group = `/c/${await groupWithAlice(people.bob.api)}`
})
test.afterAll(async () => {
	await carol?.api.close()
	await people?.close()
})

const goTo = (path: string) => page.goto(`${people.server.origin}${path}`)
const bar = () => page.getByRole('navigation', { name: words('nav_label') }).filter({ visible: true })
const chats = () => page.getByRole('list', { name: words('chats_list') })
const chat = () => chats().getByRole('link', { name: /^(\w+ )?Bob\b/ })
const log = () => page.getByRole('log')
const button = (key: string) => page.getByRole('button', { name: words(key), exact: true })
const back = (key = 'conversation_back') => page.getByRole('link', { name: words(key), exact: true })
const path = () => new URL(page.url()).pathname
/** How many steps lie behind this one. */
const depth = () =>
	page.evaluate(
		() => (globalThis as unknown as { navigation: { currentEntry: { index: number } } }).navigation.currentEntry.index,
	)
const edges = async (of: ReturnType<Page['locator']>) => {
	const { y, height } = (await of.boundingBox())!
	return { top: y, bottom: y + height }
}

/** The screen stands when its last part does. */
async function settled(where: string): Promise<void> {
	await goTo(where)
	if (where === conversation) await expect(composer(page, 'Bob')).toBeVisible()
	if (where === group) await expect(message(page, 'From the old pier')).toBeVisible()
	await expect(page.getByRole('heading', { level: 1 }).filter({ visible: true }).first()).toBeVisible()
	await expect(page.getByRole('status', { name: /\S/ })).toHaveCount(0)
	if (where.startsWith('/friends'))
		await page.getByRole('img', { name: words('add_link_qr'), includeHidden: true }).waitFor({ state: 'attached' })
}

test('[P3] a phone shows one pane: the list with the bar below it, or what was chosen from it', async () => {
	await goTo('/')
	await expect(chat()).toBeVisible()
	await expect(bar()).toHaveCount(1)
	for (const name of ['nav_chats', 'nav_rooms', 'nav_friends', 'nav_alerts', 'nav_settings'])
		await expect(bar().getByRole('link', { name: new RegExp(`^${words(name)}`) })).toBeInViewport({ ratio: 1 })
	await expect(page.locator('#pane')).toBeHidden()
	await chat().tap()
	await expect(composer(page, 'Bob')).toBeInViewport({ ratio: 1 })
	await expect(chats()).toBeHidden()
	await expect(bar()).toHaveCount(0)
	// No keyboard jumps up for who only wants to read.
	await expect(composer(page, 'Bob')).not.toBeFocused()
})

test('[P3] the back gesture closes the details, then the conversation, and the arrow adds no step', async () => {
	await goTo('/')
	await expect(chat()).toBeVisible()
	const start = await depth()
	await chat().tap()
	await button('conversation_details').tap()
	await expect(page.getByText(words('details_readers_direct', { name: 'Bob' })).last()).toBeInViewport()
	await page.goBack()
	await expect(page.getByRole('complementary', { name: words('details_title') })).toHaveCount(0)
	await expect(composer(page, 'Bob')).toBeVisible()
	await page.goBack()
	await expect(chat()).toBeVisible()
	expect(path()).toBe('/')

	await chat().tap()
	await back().tap()
	await expect(chat()).toBeVisible()
	expect(await depth()).toBe(start)
	await bar()
		.getByRole('link', { name: new RegExp(`^${words('nav_settings')}`) })
		.tap()
	await page.getByRole('link', { name: new RegExp(words('settings_appearance')) }).tap()
	await expect(page.getByRole('heading', { name: words('settings_appearance') })).toBeVisible()
	await back('action_back').tap()
	await expect(page.getByRole('navigation', { name: words('settings_sections') })).toBeVisible()
	expect(await depth()).toBe(start + 1)
})

test('[P3] from a deep link the arrow leads to the list, which takes its place', async () => {
	const tab = await newTab(alice)
	await tab.goto(people.url)
	await expect(composer(tab, 'Bob')).toBeVisible()
	const before = await tab.evaluate(() => history.length)
	await tab.getByRole('link', { name: words('conversation_back') }).tap()
	await expect(tab.getByRole('list', { name: words('chats_list') })).toBeVisible()
	expect(await tab.evaluate(() => history.length)).toBe(before)
	await tab.close()
})

test('[P3] the composer and the newest message stay above the keyboard', async () => {
	await settled(conversation)
	const height = 844 - 336
	await composer(page, 'Bob').tap()
	await page.setViewportSize({ width: 390, height })
	await expect(composer(page, 'Bob')).toBeInViewport({ ratio: 1 })
	await expect(message(page, 'Shall I come by')).toBeInViewport({ ratio: 1 })
	await page.setViewportSize(phone.viewport)

	// Where a keyboard slides over the page, only the visual viewport gets smaller.
	await page.evaluate((height) => {
		const viewport = window.visualViewport!
		Object.defineProperty(viewport, 'height', { value: height, configurable: true })
		viewport.dispatchEvent(new Event('resize'))
	}, height)
	await expect.poll(async () => (await edges(composer(page, 'Bob'))).bottom).toBeLessThanOrEqual(height)
	await expect.poll(async () => (await edges(message(page, 'Shall I come by'))).bottom).toBeLessThanOrEqual(height)
	await page.reload()
})

test('[P3] nothing lies below the notch or on the home indicator', async () => {
	const giveBack = await withInsets(page, { top: 47, bottom: 34 })
	await settled(conversation)
	expect((await edges(back())).top).toBeGreaterThanOrEqual(47)
	expect((await edges(composer(page, 'Bob'))).bottom).toBeLessThanOrEqual(844 - 34)
	await settled('/')
	expect((await edges(page.getByRole('heading', { name: words('chats_title') }))).top).toBeGreaterThanOrEqual(47)
	for (const link of await bar().getByRole('link').all()) {
		const { top, bottom } = await edges(link)
		expect(bottom).toBeLessThanOrEqual(844 - 34)
		expect(bottom - top).toBeGreaterThanOrEqual(44)
	}
	await giveBack()
})

test('[P3] a finger that rests on a message opens its menu, one that taps shows its time', async () => {
	await settled(conversation)
	await message(page, 'The boat goes').tap()
	await expect(message(page, 'The boat goes')).toContainText(/\d\d:\d\d/)
	await rest(page, message(page, 'The boat goes').locator('.bubble'), () =>
		expect(page.getByRole('menuitem', { name: words('message_reply') })).toBeInViewport({ ratio: 1 }),
	)
	// A sheet at the lower edge, where a thumb is; it stays when the finger lifts.
	const sheet = page.getByRole('menu', { name: words('message_actions') })
	await expect.poll(async () => Math.round((await edges(sheet.locator('..'))).bottom)).toBe(844)
	for (const item of await sheet.getByRole('menuitem').all())
		expect((await item.boundingBox())?.height).toBeGreaterThanOrEqual(44)
	await page.getByRole('menuitem', { name: words('message_reply') }).tap()
	await expect(sheet).toHaveCount(0)
	await expect(page.getByText(words('reply_to', { name: 'Bob' }))).toBeVisible()
	await composer(page, 'Bob').fill('Yes, at eight')
	await composer(page, 'Bob').press('End')
	// There is no Shift to reach: Enter breaks the line, the button sends.
	await composer(page, 'Bob').press('Enter')
	await expect(composer(page, 'Bob')).toHaveValue('Yes, at eight\n')
	await button('composer_send').tap()
	await expect(message(page, 'Yes, at eight').locator('[data-quote]')).toContainText('The boat goes')
})

test('[P3] emoji are large enough to hit, and no keyboard covers them', async () => {
	await settled(conversation)
	await button('composer_emoji').tap()
	const picker = page.getByRole('dialog', { name: words('composer_emoji') })
	await expect(picker.getByRole('button', { name: 'grinning face', exact: true })).toBeVisible()
	await expect(picker.locator('input')).not.toBeFocused()
	await expect(picker).toBeInViewport({ ratio: 1 })
	expect(await smallTargets(page, 44)).toEqual([])
	await picker.getByRole('button', { name: 'grinning face', exact: true }).tap()
	await expect(composer(page, 'Bob')).toHaveValue('😀')
	await composer(page, 'Bob').fill('')
})

const everyPath = [...appRoutes, '/settings', '/nowhere']
const allPaths = [...new Set([...everyPath, ...administrationPaths.map((path) => `/settings/${path}`)])]

/** What is wrong, by where it is. */
async function onEveryPath(
	look: () => Promise<readonly string[]>,
	paths: readonly string[] = everyPath,
): Promise<Record<string, readonly string[]>> {
	const found: Record<string, readonly string[]> = {}
	for (const where of [...paths, conversation, group]) {
		await settled(where)
		const wrong = await look()
		if (wrong.length > 0) found[where] = wrong
	}
	return found
}

test('[P3][C2] a group is made and looked into by fingers', async () => {
	await settled('/')
	await button('chats_new').tap()
	await page
		.getByRole('dialog', { name: words('pick_friend_title') })
		.getByRole('button', { name: words('group_new') })
		.tap()
	const making = page.getByRole('dialog', { name: words('group_new') })
	await making.getByText('@bob').tap()
	await expect(making.getByRole('checkbox', { name: 'Bob' })).toBeChecked()
	expect(await smallTargets(page, 44)).toEqual([])
	await making.getByRole('button', { name: words('group_continue', { count: 1 }) }).tap()
	await making.getByLabel(words('group_name')).fill('By hand')
	expect(await smallTargets(page, 44)).toEqual([])
	await making.getByRole('button', { name: words('group_create') }).tap()
	await expect(composer(page, 'By hand')).toBeInViewport({ ratio: 1 })

	await settled(group)
	await button('conversation_details').tap()
	const details = page.getByRole('complementary', { name: words('details_title') })
	await details.getByRole('button', { name: words('group_leave'), exact: true }).scrollIntoViewIfNeeded()
	expect(await smallTargets(page, 44)).toEqual([])
	await details.getByRole('heading', { name: words('group_members', { count: 2 }) }).scrollIntoViewIfNeeded()
	expect(await smallTargets(page, 44)).toEqual([])
	await page.setViewportSize({ width: 320, height: 568 })
	expect([...(await overflow(page)), ...(await cutWords(page))]).toEqual([])
	await page.setViewportSize(phone.viewport)
	await page.goBack()
	await expect(composer(page, groupName)).toBeVisible()
})

test('[P3] a tablet shows the list and the conversation, and the details over it', async () => {
	await page.setViewportSize(tablet.viewport)
	await goTo('/')
	await chat().tap()
	await expect(composer(page, 'Bob')).toBeInViewport({ ratio: 1 })
	await expect(chat()).toBeInViewport({ ratio: 1 })
	await expect(chat()).toHaveAttribute('aria-current', 'page')
	await expect(bar().getByRole('link', { name: new RegExp(`^${words('nav_friends')}`) })).toBeInViewport({ ratio: 1 })
	await expect(back()).toHaveCount(0)
	const wide = (await log().boundingBox())!.width
	await button('conversation_details').tap()
	const details = page.getByRole('complementary', { name: words('details_title') })
	await expect(details).toBeInViewport({ ratio: 1 })
	expect((await log().boundingBox())!.width).toBe(wide)
	await page.goBack()
	await expect(details).toHaveCount(0)
	await page.setViewportSize(phone.viewport)
})

/** Each screen is opened once on each device, and asked all that must hold there. */
const devices: readonly {
	readonly name: string
	readonly viewport: { readonly width: number; readonly height: number }
	readonly look: () => Promise<readonly string[]>
	readonly paths: readonly string[]
}[] = [
	{ name: 'phone', viewport: phone.viewport, look: onPhone, paths: allPaths },
	{ name: 'tablet', viewport: tablet.viewport, look: () => smallTargets(page, 44), paths: everyPath },
	{ name: 'desktop', viewport: { width: 1280, height: 800 }, look: () => Promise.resolve([]), paths: everyPath },
]

async function onPhone(): Promise<string[]> {
	const small = await smallTargets(page, 44)
	await page.setViewportSize({ width: 320, height: 568 })
	const narrow = [...(await overflow(page)), ...(await cutWords(page)), ...(await smallTargets(page, 44))]
	await page.setViewportSize(phone.viewport)
	return [...small, ...narrow.map((wrong) => `on 320 pixels: ${wrong}`)]
}

for (const { name, viewport, look, paths } of devices) {
	test(`[P3] on a ${name} nothing moves while a screen loads, every target is large enough, and nothing overflows`, async () => {
		test.setTimeout(300_000)
		if (name === 'phone') {
			await people.bob.say(
				`https://ferries.example/${'a-long-way-'.repeat(20)}`,
				`\`${'x'.repeat(200)}\``,
				'x'.repeat(200),
			)
			await settled(conversation)
			await expect(message(page, 'a-long-way')).toBeVisible()
			await isKept(page)
			await watchShifts(alice.context)
		}
		await page.setViewportSize(viewport)
		expect(await onEveryPath(async () => [...(await shifts(page)), ...(await look())], paths)).toEqual({})
		await page.setViewportSize(phone.viewport)
	})
}

test('[P3] on 320 pixels the details do not overflow', async () => {
	await page.setViewportSize({ width: 320, height: 568 })
	await settled(conversation)
	await button('conversation_details').tap()
	await expect(page.getByRole('complementary', { name: words('details_title') })).toBeVisible()
	expect(await overflow(page)).toEqual([])
	await page.setViewportSize(phone.viewport)
})

test('[P3] nothing moves while a screen loads without a network', async () => {
	alice.wire.cut()
	await alice.context.setOffline(true)
	for (const where of ['/', conversation]) {
		await goTo(where)
		await expect(page.getByText(words('connection_offline')).filter({ visible: true }).first()).toBeVisible()
		expect(await shifts(page), where).toEqual([])
	}
})
