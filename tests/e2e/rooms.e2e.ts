import { expect, test, type Page } from '@playwright/test'
import { must, until } from '../support/watching.ts'
import { choose, composer, signUp, write, message } from './app.ts'
import { overflow, phone } from './hand-held.ts'
import { newTab, openProfile, type Profile } from './profile.ts'
import { expectAccessible, smallTargets } from './screen-checks.ts'
import { twoPeople, type TwoPeople } from './two-people.ts'
import { words } from './wording.ts'

test.describe.configure({ mode: 'serial' })

/** Rooms as people meet them: Alice in a browser, Bob without one, and Dora, who is new. */
let home: TwoPeople
let dora: Profile
let page: Page

test.beforeAll(async () => {
	test.setTimeout(360_000)
	home = await twoPeople({ context: { permissions: ['clipboard-read', 'clipboard-write'] } })
	dora = await openProfile({ port: home.server.port })
	page = home.page
})

test.afterAll(async () => {
	await dora?.close()
	await home?.close()
})

const goTo = (path: string) => page.goto(new URL(path, home.server.origin).href)
const button = (name: string) => page.getByRole('button', { name, exact: true }).filter({ visible: true })
const details = () => page.getByRole('complementary', { name: words('details_title') })
const plain = { topic: '', history: 'shared', invite: 'members', knock: 'no', members: [] } as const

/** On a desktop and in a hand: nothing is wrong, nothing overflows, all is in a finger's reach. */
async function expectSound(where: string): Promise<void> {
	await expectAccessible(page, where)
	const before = page.viewportSize()
	await page.setViewportSize(phone.viewport)
	expect(await overflow(page), where).toEqual([])
	expect(await smallTargets(page, 24), where).toEqual([])
	if (before !== null) await page.setViewportSize(before)
}

async function expectWelcomed(): Promise<void> {
	await goTo('/friends')
	await expect(
		page.getByRole('list', { name: words('friends_accepted') }).getByText('Dora', { exact: true }),
	).toBeVisible()
}

test('[C3] [C4] the directory shows open rooms with who is in them and here, and one click joins', async () => {
	await goTo('/rooms')
	await expect(page.getByRole('heading', { name: words('rooms_none_open') })).toBeVisible()
	await expectSound('rooms-empty')
	const { conversation } = must(
		await home.bob.api.createGroup({ ...plain, kind: 'room-open', name: 'Lobby', topic: 'Everything and nothing' }),
	)
	must(await home.bob.api.createGroup({ ...plain, kind: 'room-open', name: 'Gardening', topic: 'Tomatoes above all' }))
	must(await home.bob.api.createGroup({ ...plain, kind: 'room-private', name: 'Hidden' }))
	must(await home.bob.api.post({ conversation, text: 'Anybody here?' }))
	await page.reload()
	const list = page.getByRole('list', { name: words('rooms_open') })
	const lobby = list.getByRole('listitem').filter({ hasText: 'Lobby' })
	await expect(lobby.getByText('Everything and nothing')).toBeVisible()
	await expect(lobby.getByText(words('rooms_members', { count: 1 }))).toBeVisible()
	await expect(lobby.getByText(words('rooms_online', { count: 1 }))).toBeVisible()
	await expect(page.getByText(words('rooms_open_readable'))).toBeVisible()
	await expect(page.getByText('Hidden')).toBeHidden()
	await expectSound('rooms')
	await page.getByLabel(words('rooms_search')).fill('tomatoes')
	await expect(lobby).toBeHidden()
	await expect(list.getByText('Gardening')).toBeVisible()
	await page.getByLabel(words('rooms_search')).fill('nothing like it')
	await expect(page.getByRole('heading', { name: words('rooms_none_found') })).toBeVisible()
	await page.getByLabel(words('rooms_search')).fill('')
	await lobby.getByRole('button', { name: words('rooms_join_name', { name: 'Lobby' }) }).click()
	await expect(composer(page, 'Lobby')).toBeEnabled()
	await expect(message(page, 'Anybody here?')).toBeVisible()
	await expect(page.getByText(words('rooms_members_online', { count: 2, online: 2 })).first()).toBeVisible()
	await write(page, 'Lobby', 'I am')
	await button(words('conversation_details')).click()
	await expect(details().getByText(words('rooms_members_online', { count: 2, online: 2 }))).toBeVisible()
	await expect(details().getByText(words('details_readers_server'))).toBeVisible()
	await expectSound('room-details')
	await goTo('/rooms')
	await expect(lobby.getByRole('link', { name: words('rooms_open_name', { name: 'Lobby' }) })).toBeVisible()
	await expect(page.getByRole('list', { name: words('rooms_yours') }).getByText('Lobby')).toBeVisible()
	await expectSound('rooms-joined')
})

test('[C3] without a connection the directory says that it is old, and what is joined opens all the same', async () => {
	await goTo('/rooms')
	await expect(page.getByRole('list', { name: words('rooms_open') }).getByText('Gardening')).toBeVisible()
	home.alice.wire.cut()
	await expect(page.getByText(words('rooms_older'))).toBeVisible()
	await page
		.getByRole('list', { name: words('rooms_yours') })
		.getByRole('link', { name: 'Lobby' })
		.click()
	await expect(message(page, 'Anybody here?')).toBeVisible()
	await expect(page.getByText(words('group_members', { count: 2 })).first()).toBeVisible()
	home.alice.wire.resume()
	await expect(page.getByText(words('rooms_members_online', { count: 2, online: 2 })).first()).toBeVisible()
})

test('[C3] a private room is made, its links are made, shown once, counted and ended', async () => {
	await goTo('/rooms/new')
	await expect(button(words('rooms_make_private'))).toBeVisible()
	await expectSound('room-new')
	await button(words('rooms_make_private')).click()
	await page
		.getByRole('dialog')
		.getByRole('button', { name: words('group_continue_alone') })
		.click()
	await page.getByRole('dialog').getByLabel(words('room_name')).fill('Kitchen')
	await page
		.getByRole('dialog')
		.getByRole('button', { name: words('room_create') })
		.click()
	await expect(composer(page, 'Kitchen')).toBeEnabled()
	await button(words('conversation_details')).click()
	await expect(details().getByText(words('links_none'))).toBeVisible()
	await button(words('links_make')).click()
	await choose(page, words('links_role_reader'))
	await expectSound('link-new')
	await button(words('links_create')).click()
	await expect(page.getByRole('img', { name: words('links_qr') })).toBeVisible()
	await expectSound('link-made')
	await button(words('action_copy_link')).click()
	const url = await page.evaluate(() => navigator.clipboard.readText())
	await button(words('action_close')).click()
	await expect(details().getByText(words('links_item_reader'))).toBeVisible()
	await expect(details().getByText(words('links_unused'))).toBeVisible()
	must(await home.bob.api.joinByLink({ url }))
	await expect(details().getByText(words('links_used', { count: 1 }))).toBeVisible()
	await expectSound('links')
	await details()
		.getByRole('button', { name: words('links_end') })
		.click()
	await page
		.getByRole('dialog')
		.getByRole('button', { name: words('links_end') })
		.click()
	await expect(details().getByText(words('links_none'))).toBeVisible()
	expect((await home.bob.api.previewRoom({ url })).ok).toBe(false)
})

test('[C3] who opens a link sees who is there and what can be read, and joins with one confirmation', async () => {
	const room = must(
		await home.bob.api.createGroup({ ...plain, kind: 'room-private', name: 'Attic', topic: 'Old things' }),
	)
	const terms = { role: 'member', expires: null, uses: null } as const
	const { url } = must(await home.bob.api.createGroupLink({ conversation: room.conversation, ...terms }))
	await page.goto(url)
	await expect(page.getByRole('heading', { name: words('join_room_title', { name: 'Attic' }) })).toBeVisible()
	await expect(page.getByText('Old things')).toBeVisible()
	await expect(page.getByText(words('join_room_members_known', { count: 1, name: 'Bob' }))).toBeVisible()
	await expect(page.getByText(words('join_room_reads_all'))).toBeVisible()
	await expectSound('join-room')
	await button(words('join_room_action')).click()
	await expect(composer(page, 'Attic')).toBeEnabled()
	await page.goto(url)
	await expect(page.getByRole('heading', { name: words('join_room_in') })).toBeVisible()
	await page.goto(`${home.server.origin}/i#broken`)
	await expect(page.getByRole('heading', { name: words('join_broken_title') })).toBeVisible()
})

test('[C3] [A3] one link for a newcomer: an account, the room and a friend, with one confirmation', async () => {
	await goTo('/rooms')
	await page
		.getByRole('list', { name: words('rooms_yours') })
		.getByRole('link', { name: 'Kitchen' })
		.click()
	await button(words('conversation_details')).click()
	await button(words('links_make')).click()
	await choose(page, words('links_for_new'))
	await expectSound('link-newcomer')
	await button(words('links_create')).click()
	await button(words('action_copy_link')).click()
	const url = await page.evaluate(() => navigator.clipboard.readText())
	await button(words('action_close')).click()
	await write(page, 'Kitchen', 'Soup at seven')

	const tab = await newTab(dora)
	await tab.goto(url)
	await expect(tab.getByText(words('join_room_welcome_text'))).toBeVisible()
	await expectAccessible(tab, 'newcomer')
	await tab.getByRole('button', { name: words('join_create') }).click()
	await signUp(tab, { name: 'dora', displayName: 'Dora', password: 'lanterns over the quiet bay' })
	await expect(composer(tab, 'Kitchen')).toBeEnabled({ timeout: 60_000 })
	await expect(message(tab, 'Soup at seven')).toBeVisible()
	await write(tab, 'Kitchen', 'I bring bread')
	await expect(message(page, 'I bring bread')).toBeVisible()
	await expectWelcomed()
})

test('[C3] who has no link knocks at the address, and an administrator lets in from the details', async () => {
	const tab = await newTab(dora)
	await goTo('/rooms/new')
	await button(words('rooms_make_private')).click()
	await page
		.getByRole('dialog')
		.getByRole('button', { name: words('group_continue_alone') })
		.click()
	await page.getByRole('dialog').getByLabel(words('room_name')).fill('Study')
	await page
		.getByRole('dialog')
		.getByRole('button', { name: words('room_create') })
		.click()
	await expect(composer(page, 'Study')).toBeEnabled()
	await button(words('conversation_details')).click()
	await button(words('links_address_copy')).click()
	const address = await page.evaluate(() => navigator.clipboard.readText())
	await tab.goto(address)
	await tab.getByRole('button', { name: words('knock_action') }).click()
	await expect(tab.getByRole('heading', { name: words('knock_done_title') })).toBeVisible()
	await expectAccessible(tab, 'knocked')
	const knocks = details().getByRole('region', { name: words('knocks_title') })
	await expect(knocks.getByText('Dora', { exact: true })).toBeVisible()
	await expectSound('knocks')
	await knocks.getByRole('button', { name: words('knocks_let_in_name', { name: 'Dora' }) }).click()
	await expect(knocks).toBeHidden()
	await expect(composer(tab, 'Study')).toBeEnabled()
	await until(home.bob.api, { view: 'chats', of: null, is: (all) => all.every(({ title }) => title !== 'Study') })
})
