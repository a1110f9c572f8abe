/** Which screens `npm run screenshots` shows, and how to come to each. */
import { expect, type Page } from '@playwright/test'
import { composer } from './app.ts'
import { administrationPaths } from './with-a-friend.ts'
import { words } from './wording.ts'

export interface Screen {
	readonly name: string
	readonly path: string
	/** From the address to what the picture shows. */
	readonly act?: (page: Page) => Promise<unknown>
}

export async function openBob(page: Page, origin: string): Promise<void> {
	await page.goto(new URL('/', origin).href)
	await page
		.getByRole('list', { name: 'Conversations' })
		.getByRole('link', { name: /^(\w+ )?Bob Lindqvist/ })
		.click()
	await expect(composer(page, 'Bob Lindqvist')).toBeVisible()
}

export async function openGroup(page: Page): Promise<void> {
	await page
		.getByRole('list', { name: 'Conversations' })
		.getByRole('link', { name: /Island in May/ })
		.click()
	await expect(page.getByRole('log').getByText('And I have the sandwiches')).toBeVisible()
}

export function screensOfAlice(origin: string): Screen[] {
	const press = (name: string) => (page: Page) => page.getByRole('button', { name }).click()
	const inDialog = (page: Page) => expect(page.getByRole('dialog')).toBeVisible()
	return [
		{ name: 'chats', path: '/' },
		{
			name: 'conversation',
			path: '/',
			act: async (page) => {
				await openBob(page, origin)
				await expect(page.getByRole('log').getByText('I will ask her tonight')).toBeVisible()
			},
		},
		{
			name: 'details',
			path: '/',
			act: async (page) => {
				await openBob(page, origin)
				await press('Details')(page)
				await press('Show safety number')(page)
				await expect(page.getByRole('button', { name: 'Copy safety number' })).toBeVisible()
			},
		},
		{ name: 'group', path: '/', act: (page) => openGroup(page) },
		{
			name: 'group-details',
			path: '/',
			act: async (page) => {
				await openGroup(page)
				await press('Details')(page)
				await expect(page.getByRole('heading', { name: '4 members' })).toBeVisible()
			},
		},
		{
			name: 'new-group',
			path: '/',
			act: async (page) => {
				await press('New chat')(page)
				await press('New group')(page)
				await page.getByText('Mia Okafor').last().click()
				await expect(page.getByRole('button', { name: 'Continue with 1 friend' })).toBeVisible()
			},
		},
		{ name: 'new-chat', path: '/', act: (page) => press('New chat')(page).then(() => inDialog(page)) },
		{ name: 'shortcuts', path: '/', act: (page) => page.keyboard.press('?').then(() => inDialog(page)) },
		{
			name: 'palette',
			path: '/',
			act: async (page) => {
				await page.keyboard.press('Control+k')
				await expect(page.getByRole('option', { name: 'Bob Lindqvist' })).toBeVisible()
			},
		},
		{
			name: 'block',
			path: '/friends',
			act: async (page) => {
				await press('More about Bob Lindqvist')(page)
				await page.getByRole('menuitem', { name: 'Block' }).click()
				await inDialog(page)
			},
		},
		{ name: 'rooms', path: '/rooms' },
		{ name: 'new-room', path: '/rooms/new' },
		{ name: 'unknown-conversation', path: '/c/AAAAAAAAAAAAAAAAAAAAAA' },
		{ name: 'friends', path: '/friends', act: (page) => expect(page.getByText('Sam Whitfield')).toBeVisible() },
		{
			name: 'add-friend',
			path: '/friends/add',
			act: (page) => expect(page.getByRole('img', { name: /QR/ })).toBeVisible(),
		},
		{
			name: 'alerts',
			path: '/alerts',
			act: (page) => expect(page.getByText(words('alerts_request', { name: 'Sam Whitfield' }))).toBeVisible(),
		},
		{ name: 'settings', path: '/settings' },
		...['profile', 'appearance', 'privacy', 'notifications', 'devices', 'storage', 'about', ...administrationPaths].map(
			(section) => ({
				name: `settings-${section.replace('/', '-')}`,
				path: `/settings/${section}`,
			}),
		),
		{ name: 'sign-out', path: '/settings/profile', act: (page) => press('Sign out')(page).then(() => inDialog(page)) },
		{ name: 'not-found', path: '/nowhere' },
	]
}

/** `room`: an open one. */
export function screensOfVisitor({ link, room }: { link: string; room: string }): Screen[] {
	return [
		{ name: 'join', path: link },
		{ name: 'sign-in', path: '/sign-in' },
		{ name: 'recover', path: '/recover' },
		{ name: 'broken-link', path: '/i#broken' },
		{ name: 'guest', path: '/look', act: (page) => expect(page.getByRole('link', { name: 'Lobby' })).toBeVisible() },
		{
			name: 'guest-room',
			path: `/look/${room}`,
			act: (page) => expect(page.getByRole('log').getByText('Welcome to everybody')).toBeVisible(),
		},
		{ name: 'guest-join', path: `/look/${room}/join` },
	]
}
