import { expect, test, type Page } from '@playwright/test'
import { groupOf } from '../support/groups.ts'
import { messagesUntil } from '../support/watching.ts'
import { post } from '../support/world.ts'
import { message, signUp } from './app.ts'
import { phone, overflow } from './hand-held.ts'
import { householdWith, type Household } from './household.ts'
import { newTab, openProfile, type Profile } from './profile.ts'
import { cutWords, expectAccessible, smallTargets, tabTo } from './screen-checks.ts'
import { words } from './wording.ts'

/** Somebody without an account comes by, reads, and stays. */
let home: Household<'alice' | 'bob'>
let room: string
const profiles: Profile[] = []

/** Enough that what is read does not all stand on one screen. */
const lines = Array.from({ length: 40 }, (_, i) => `Line ${i + 1} of what was said in the lobby`)

test.beforeAll(async () => {
	test.setTimeout(360_000)
	home = await householdWith({ KITH_GUESTS: 'on', KITH_SIGN_UP: 'open', KITH_NAME: 'Harbour' }, ['alice', 'bob'])
	const { alice, bob } = home.people
	room = await groupOf(alice, [[bob, 'member']], { kind: 'room-open', name: 'Lobby', topic: 'For everybody' })
	await groupOf(alice, [], { kind: 'room-open', name: 'Boats', topic: '' })
	await groupOf(alice, [], { kind: 'room-private', name: 'Hidden' })
	await post(alice, room, ...lines.slice(0, 39))
	await messagesUntil(alice.api, room, (all) => all.length > 30 && all.at(-1)?.mark !== 'queued')
	await post(bob, room, lines[39] ?? '')
	await messagesUntil(bob.api, room, (all) => all.at(-1)?.mark !== 'queued')
})

test.afterEach(async () => {
	for (const profile of profiles.splice(0)) await profile.close()
})

test.afterAll(async () => {
	await home?.close()
})

async function visitor(options: Parameters<typeof openProfile>[0] | object = {}): Promise<Page> {
	const profile = await openProfile({ port: home.server.port, ...options })
	profiles.push(profile)
	return newTab(profile)
}

const goTo = (page: Page, path: string) => page.goto(`${home.server.origin}${path}`)
const rooms = (page: Page) => page.getByRole('list', { name: words('guest_rooms') })

test('[A4][C3] a visitor looks around, reads an open room, sees what is new, and writes nothing', async () => {
	const page = await visitor()
	await goTo(page, '/')
	await page.getByRole('link', { name: words('guest_look') }).click()
	await expect(rooms(page).getByRole('link')).toHaveText(['Boats', /Lobby\s*For everybody/])
	await rooms(page).getByRole('link', { name: /Lobby/ }).click()
	await expect(page.getByText(words('guest_line'))).toBeVisible()
	await expect(message(page, lines[39] ?? '')).toBeVisible()
	await expect(page.getByRole('textbox')).toHaveCount(0)
	await post(home.people.bob, room, 'Somebody is reading')
	await expect(message(page, 'Somebody is reading')).toBeVisible()
	await test.step('a reload comes back to the room, as another guest', async () => {
		await page.reload()
		await expect(message(page, 'Somebody is reading')).toBeVisible()
	})
	await test.step('by keyboard alone', async () => {
		await tabTo(page, page.getByRole('button', { name: words('guest_join') }))
		await page.keyboard.press('Enter')
		await expect(page.getByRole('heading', { name: words('guest_join_title') })).toBeVisible()
	})
})

test('[A4][C3] a guest becomes an account without losing the place', async () => {
	const page = await visitor()
	await goTo(page, `/look/${room}`)
	const read = message(page, 'Line 8 of what was said')
	await page.getByRole('log').focus()
	await expect(message(page, lines[39] ?? '')).toBeVisible()
	await expect(async () => {
		await page.getByRole('log').press('PageUp')
		await expect(read).toBeInViewport({ timeout: 500 })
	}).toPass()
	await page.getByRole('button', { name: words('guest_join') }).click()
	await page.getByRole('button', { name: words('join_create') }).click()
	await signUp(page, { name: 'gwen', displayName: 'Gwen', password: 'ferry to the island at noon' })
	await expect(page).toHaveURL(`${home.server.origin}/c/${room}`)
	await expect(read).toBeInViewport()
	const field = page.getByLabel(words('composer_label', { name: 'Lobby' }))
	await field.fill('I stayed')
	await field.press('Enter')
	const { api } = home.people.bob
	await messagesUntil(api, room, (all) =>
		all.some(({ content }) => content.type === 'text' && content.text === 'I stayed'),
	)
})

test('[A4] a room that is archived while it is read is closed, and says so', async () => {
	const { alice } = home.people
	const shortLived = await groupOf(alice, [], { kind: 'room-open', name: 'Regatta' })
	await post(alice, shortLived, 'Bring sails')
	const page = await visitor()
	await goTo(page, `/look/${shortLived}`)
	await expect(message(page, 'Bring sails')).toBeVisible()
	await alice.api.archiveGroup({ conversation: shortLived, archived: true })
	await expect(page.getByRole('heading', { name: words('guest_gone_title') })).toBeVisible()
	await expect(message(page, 'Bring sails')).toBeHidden()
})

for (const [device, options, least] of [
	['desktop', {}, 24],
	['phone', phone, 44],
] as const) {
	test(`[A4][P1] every screen of a guest, on a ${device}`, async () => {
		const page = await visitor(options)
		const screens = [
			{ path: '/look', heading: words('guest_rooms') },
			{ path: `/look/${room}`, heading: 'Lobby' },
			{ path: '/look/AAAAAAAAAAAAAAAAAAAAAA', heading: words('guest_gone_title') },
			{ path: `/look/${room}/join`, heading: words('guest_join_title') },
			{ path: '/sign-in', heading: words('sign_in_to', { server: 'Harbour' }) },
		]
		for (const { path, heading } of screens) {
			await goTo(page, path)
			await expect(page.getByRole('heading', { name: heading }).filter({ visible: true })).toBeVisible()
			await expectAccessible(page, `${path} on a ${device}`)
			expect(await overflow(page), path).toEqual([])
			expect(await cutWords(page), path).toEqual([])
			expect(await smallTargets(page, least), path).toEqual([])
		}
	})
}
