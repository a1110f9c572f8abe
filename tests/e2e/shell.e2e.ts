import { expect, test, type Locator, type Page } from '@playwright/test'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { choose, composer, flip, ownLink, shownWords } from './app.ts'
import { groupName, groupWithAlice } from './group-with.ts'
import { newTab, openProfile, type Profile } from './profile.ts'
import { cutWords, expectAccessible, smallTargets, tabTo } from './screen-checks.ts'
import { joinByLink, type Friend } from './shots-people.ts'
import { administrationPaths } from './with-a-friend.ts'
import { words } from './wording.ts'

/** The app around its conversations: the first minutes, every screen for everybody, the keyboard, and what goes wrong. */
test.describe.configure({ mode: 'serial' })

let data: string
let server: ServerProcess
let laptop: Profile
let page: Page
const friends: Friend[] = []

const alice = { name: 'alice', displayName: 'Alice', password: 'painting the roses red at noon' }
/** Stretching as in production, on a busy machine. */
const slow = { timeout: 60_000 }

test.beforeAll(async () => {
	test.setTimeout(300_000)
	data = await mkdtemp(join(tmpdir(), 'kith-shell-'))
	server = await startServerProcess({ data })
	laptop = await openProfile({ port: server.port })
})

test.afterAll(async () => {
	await Promise.all(friends.map(({ api }) => api.close()))
	await laptop?.close()
	await server?.stop()
	if (data !== undefined) await rm(data, { recursive: true, force: true })
})

const goTo = (path: string, where = page) => where.goto(`${server.origin}${path}`)
const heading = (key: string, where = page): Locator => where.getByRole('heading', { name: words(key), exact: true })
const conversationWith = (name: string, where = page) =>
	where
		.getByRole('list', { name: words('chats_list') })
		.getByRole('link', { name: new RegExp(name === '' ? '^(?!Notes)' : `^(\\w+ )?${name}`) })

test('[P1] the first run by keyboard alone, from the set-up link to a link for a friend', async () => {
	page = await newTab(laptop)
	const started = Date.now()
	await page.goto(await server.setupLink())
	const username = page.getByLabel(words('field_username'))
	await expect(username).toBeFocused()
	await expectAccessible(page, 'set-up')
	await page.keyboard.type(alice.name)
	await page.keyboard.press('Tab')
	await page.keyboard.type(alice.displayName)
	await tabTo(page, page.getByLabel(words('field_password'), { exact: true }))
	await page.keyboard.type(alice.password)
	await page.keyboard.press('Enter')
	const code = await shownWords(page)
	await expect(heading('words_title')).toBeFocused()
	await expectAccessible(page, 'recovery code')
	await tabTo(page, page.getByRole('button', { name: words('words_action') }))
	await page.keyboard.press('Enter')
	await expect(heading('confirm_title')).toBeFocused()
	await expectAccessible(page, 'two words')
	for (let asked = 0; asked < 2; asked++) {
		await page.keyboard.press('Tab')
		const label = await page.evaluate(() => (document.activeElement as HTMLInputElement).labels?.[0]?.textContent ?? '')
		await page.keyboard.type(code[Number(/\d+/.exec(label)?.[0]) - 1] ?? '')
	}
	await page.keyboard.press('Enter')
	await expect(heading('welcome_title')).toBeVisible(slow)
	await expect(page.getByRole('img', { name: words('add_link_qr') })).toBeVisible()
	expect(Date.now() - started).toBeLessThan(120_000)
	await expectAccessible(page, 'welcome')
	await tabTo(page, page.getByRole('button', { name: words('action_copy_link') }))
})

test('on a phone the first minutes end at the same link', async () => {
	await page.setViewportSize({ width: 390, height: 844 })
	await goTo('/')
	await expect(heading('welcome_title')).toBeVisible()
	await expect.poll(() => cutWords(page)).toEqual([])
	await page.setViewportSize({ width: 1280, height: 800 })
})

test('friends come, and are found by name and username, with and without accents', async () => {
	for (const [name, displayName] of [
		['zoe', 'Zoë Müller'],
		['bob', 'Bob'],
		['carol', 'Carol'],
	] as const) {
		friends.push(await joinByLink(server.origin, { name, displayName, link: await ownLink(page, 'new') }))
	}
	for (const name of ['Zoë Müller', 'Bob']) {
		await page.getByRole('button', { name: words('friends_accept_name', { name }) }).click()
	}
	await friends[0]?.say('The tide is out')
	await friends[1]?.say('Good morning')
	await goTo('/')
	await expect(conversationWith('Zoë')).toContainText('The tide is out')
	await expect(conversationWith('Bob')).toContainText(words('chats_unread', { count: 1 }))
	const search = page.getByLabel(words('chats_search'), { exact: true })
	for (const query of ['zoe', 'muller', '@zoe', 'ZOË']) {
		await search.fill(query)
		await expect(conversationWith('')).toHaveCount(1)
		await expect(conversationWith('Zoë')).toBeVisible()
	}
	await search.fill('nobody')
	await expect(page.getByText(words('chats_none_found_text', { query: 'nobody' }))).toBeVisible()
	await search.press('Escape')
	await expect(conversationWith('')).toHaveCount(2)
})

test('[P1] keys: from the list into a conversation and back, the palette, the sheet, and where the focus is', async () => {
	await goTo('/')
	await expect(conversationWith('')).toHaveCount(2)
	await page.keyboard.press('Tab')
	await expect(page.getByRole('link', { name: words('app_skip') })).toBeFocused()
	await page.keyboard.press('Enter')
	await expect(page.locator('#pane')).toBeFocused()

	await tabTo(page, conversationWith('').first())
	await page.keyboard.press('ArrowDown')
	await expect(conversationWith('').nth(1)).toBeFocused()
	await page.keyboard.press('Enter')
	await expect(page.locator('[data-composer]')).toBeFocused()
	await page.keyboard.press('Alt+ArrowUp')
	await expect(conversationWith('').first()).toHaveAttribute('aria-current', 'page')
	await expect(page.locator('[data-composer]')).toBeFocused()

	// Also while something is typed.
	await page.keyboard.press('Control+k')
	const palette = page.getByRole('combobox', { name: words('palette_title') })
	await expect(palette).toBeFocused()
	await expectAccessible(page, 'palette')
	await page.keyboard.type('appear')
	const chosen = page.getByRole('option', { selected: true })
	await expect(chosen).toContainText(words('settings_appearance'))
	await page.keyboard.press('Enter')
	await expect(heading('settings_appearance')).toBeFocused()
	await page.keyboard.press('Control+k')
	await expect(palette).toBeFocused()
	await page.keyboard.type('bob')
	await expect(chosen).toContainText('Bob')
	await page.keyboard.press('Enter')
	await expect(composer(page, 'Bob')).toBeFocused()
	await page.keyboard.press('Control+k')
	await expect(palette).toBeFocused()
	await page.keyboard.press('Escape')
	await expect(palette).toHaveCount(0)
	await expect(composer(page, 'Bob')).toBeFocused()

	await goTo('/friends')
	await expect(heading('add_title')).toBeVisible()
	await page.keyboard.press('?')
	await expect(page.getByRole('dialog', { name: words('keys_title') })).toBeVisible()
	await expectAccessible(page, 'shortcuts')
	await page.keyboard.press('Escape')
	await page.keyboard.press('g')
	await page.keyboard.press('s')
	await expect(heading('settings_title')).toBeVisible()
})

const everyPath = [
	'/',
	'/rooms',
	'/rooms/new',
	'/friends',
	'/friends/add',
	'/alerts',
	'/settings',
	...['profile', 'appearance', 'privacy', 'notifications', 'devices', 'storage', 'about', ...administrationPaths].map(
		(section) => `/settings/${section}`,
	),
	'/c/AAAAAAAAAAAAAAAAAAAAAA',
	'/nowhere',
]
/** The screen stands when its last part does. */
const settled = async (path: string, where = page) => {
	await goTo(path, where)
	await expect(where.getByRole('heading', { level: 1 }).filter({ visible: true }).first()).toBeVisible()
	await expect(where.getByRole('status', { name: /\S/ })).toHaveCount(0)
	if (path.startsWith('/friends'))
		await where.getByRole('img', { name: words('add_link_qr') }).waitFor({ state: 'attached' })
}

test('[P1] every screen keeps the rules in light and dark, and its words at 200 % and in forced colours', async () => {
	test.setTimeout(180_000)
	for (const path of everyPath) {
		await settled(path)
		await expectAccessible(page, path)
		expect(await smallTargets(page, 24), path).toEqual([])
		await page.evaluate(() => (document.documentElement.style.fontSize = '200%'))
		await expect.poll(() => cutWords(page), { message: `${path} at 200 %` }).toEqual([])
	}
	await settled(`/c/${await groupWithAlice((friends[1] as Friend).api)}`)
	await expect(composer(page, groupName)).toBeVisible()
	await page.getByRole('button', { name: words('conversation_details') }).click()
	const details = page.getByRole('complementary', { name: words('details_title') })
	await expect(details.getByRole('heading', { name: words('group_members', { count: 2 }) })).toBeVisible()
	await expectAccessible(page, 'a group with its details')
	expect(await smallTargets(page, 24), 'a group').toEqual([])
	await page.evaluate(() => (document.documentElement.style.fontSize = '200%'))
	await expect.poll(() => cutWords(page), { message: 'a group at 200 %' }).toEqual([])
	await settled('/settings/appearance')
	await page.emulateMedia({ forcedColors: 'active' })
	const outlineOf = (locator: Locator) => locator.first().evaluate((element) => getComputedStyle(element).outlineStyle)
	for (const current of await page.locator('[aria-current=page]').filter({ visible: true }).all())
		expect(await outlineOf(current)).toBe('solid')
	const look = (locator: Locator) =>
		locator.evaluate((element) => {
			const { backgroundColor, borderTopStyle } = getComputedStyle(element)
			return `${backgroundColor} ${borderTopStyle}`
		})
	const toggle = page.getByRole('switch').first()
	const on = await look(toggle)
	await toggle.click()
	await expect.poll(() => look(toggle)).not.toBe(on)
	await toggle.click()
	await expect.poll(() => look(toggle)).toBe(on)
	await page.emulateMedia({ forcedColors: 'none' })
})

test('what the person chooses here stays: text size, Enter, theme', async () => {
	await settled('/settings/appearance')
	await choose(page, words('appearance_text_larger'))
	await choose(page, words('appearance_dark'))
	await flip(page, words('appearance_enter'))
	await page.reload()
	await expect(page.locator('html')).toHaveCSS('font-size', '20px')
	await expect(page.locator('html')).toHaveClass(/dark/)
	await goTo('/')
	await conversationWith('Bob').click()
	await composer(page, 'Bob').fill('one line')
	await composer(page, 'Bob').press('Enter')
	await expect(composer(page, 'Bob')).toHaveValue('one line\n')
	await composer(page, 'Bob').press('Control+Enter')
	await expect(page.getByRole('log').getByText('one line')).toBeVisible()
	await settled('/settings/appearance')
	await choose(page, words('appearance_text_normal'))
	await choose(page, words('appearance_system'))
	await flip(page, words('appearance_enter'))
})

test('the settings say what runs here and what is kept here', async () => {
	await settled('/settings/about')
	const stamp = await readFile(join(import.meta.dirname, '../../build/sources.sha256'), 'utf8')
	const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
		version: string
	}
	const fact = (label: string) => page.locator('dt', { hasText: new RegExp(`^${words(label)}$`) }).locator('+ dd')
	await expect(fact('about_build')).toHaveText(stamp.slice(0, 16))
	await expect(fact('about_version')).toHaveText(version)
	await expect(fact('about_server_version')).toHaveText(version)
	await settled('/settings/storage')
	await expect(fact('storage_conversations')).toHaveText('4')
	await expect(fact('storage_messages')).toHaveText('5')
	await expect(fact('storage_space')).toHaveText(/\d/)
})

test('what ends something asks by name or can be taken back', async () => {
	await settled('/friends')
	await page.getByRole('button', { name: words('friends_menu', { name: 'Bob' }) }).click()
	await page.getByRole('menuitem', { name: words('friends_block') }).click()
	const dialog = page.getByRole('dialog', { name: words('friends_block_title', { name: 'Bob' }) })
	await expect(dialog).toBeVisible()
	await expectAccessible(page, 'confirmation')
	await dialog.getByRole('button', { name: words('friends_block_name', { name: 'Bob' }) }).click()
	const blocked = page.getByRole('list', { name: words('friends_blocked') })
	await expect(blocked).toContainText('Bob')
	await blocked.getByRole('button', { name: words('friends_unblock_name', { name: 'Bob' }) }).click()
	await expect(blocked).toHaveCount(0)
	await expectAccessible(page, 'toast')
	await page.getByRole('button', { name: words('action_undo') }).click()
	await expect(blocked).toContainText('Bob')

	const asks = page.getByRole('button', { name: words('friends_decline_name', { name: 'Carol' }) })
	const declining = page.getByRole('dialog', { name: words('friends_decline_title', { name: 'Carol' }) })
	await asks.click()
	await expectAccessible(page, 'declining')
	await declining.getByRole('button', { name: words('action_cancel') }).click()
	await expect(declining).toHaveCount(0)
	await asks.click()
	await declining.getByRole('button', { name: words('friends_decline_name', { name: 'Carol' }) }).click()
	await expect(asks).toHaveCount(0)
	await expect(page.getByText(words('friends_declined_toast', { name: 'Carol' }))).toBeVisible()
})

test('without a network every screen says so, keeps what was typed, and says what to do', async () => {
	await settled('/settings/profile')
	laptop.wire.cut()
	await page.getByLabel(words('field_display_name')).fill('Alice in the tunnel')
	await page.getByRole('button', { name: words('action_save') }).click()
	await expect(page.getByText(words('err_offline'), { exact: true })).toBeVisible()
	await expect(page.getByText(words('err_offline_next'))).toBeVisible()
	await expect(page.getByLabel(words('field_display_name'))).toHaveValue('Alice in the tunnel')
	const nav = page.getByRole('navigation', { name: words('settings_sections') })
	await nav.getByRole('link', { name: words('settings_devices') }).click()
	await expect(page.getByText(words('devices_offline'))).toBeVisible()
	await page.keyboard.press('g')
	await page.keyboard.press('f')
	await expect(page.getByText(words('connection_offline')).filter({ visible: true })).toBeVisible()
	await choose(page, words('add_link_new'))
	await expect(page.getByText(words('err_offline'), { exact: true })).toBeVisible()
	await expect(page.getByRole('button', { name: words('action_retry') })).toBeVisible()
	laptop.wire.resume()
	await page.getByRole('button', { name: words('action_retry') }).click()
	await expect(page.getByRole('img', { name: words('add_link_qr') })).toBeVisible()
})
