/** Alice in a browser, Bob without one, friends who have talked: where stories about the app itself begin. */
import { expect, type Page } from '@playwright/test'
import type { KithApi } from '#core/api.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { composer, message, openFriend, ownLink, signUp } from './app.ts'
import { newTab, type Profile } from './profile.ts'
import { isKept } from './service-worker.ts'
import { joinByLink } from './shots-people.ts'
import { words } from './wording.ts'

export const greeting = 'The tide tables are on the fridge.'

export interface TwoFriends {
	/** At the conversation, once the app is ready to open without a network. */
	readonly tab: Page
	/** Its path. */
	readonly conversation: string
	readonly bob: KithApi
	readonly say: (text: string) => Promise<void>
}

export async function meetBob(server: ServerProcess, profile: Profile): Promise<TwoFriends> {
	const tab = await newTab(profile)
	await tab.goto(await server.setupLink())
	await signUp(tab, { name: 'alice', displayName: 'Alice', password: 'painting the roses red at noon' })
	await expect(tab.getByRole('heading', { name: words('chats_empty_title') })).toBeVisible()
	const bob = await joinByLink(server.origin, { name: 'bob', displayName: 'Bob', link: await ownLink(tab, 'new') })
	await tab.goto(`${server.origin}/friends`)
	await tab.getByRole('button', { name: words('friends_accept_name', { name: 'Bob' }) }).click()
	await bob.say(greeting)
	await openFriend(tab, 'Bob')
	await expect(message(tab, greeting)).toBeVisible()
	await expect(composer(tab, 'Bob')).toBeVisible()
	await isKept(tab)
	return { tab, conversation: new URL(tab.url()).pathname, bob: bob.api, say: bob.say }
}

/** Sections of the administration, under /settings: for administrators, and whoever sets a server up is one. */
export const administrationPaths: readonly string[] = [
	'administration',
	...['invitations', 'rooms', 'reports', 'log', 'storage', 'sight'].map((section) => `administration/${section}`),
]

/** One of each frame: the sections of the administration share theirs (administrationPaths). */
export const appRoutes: readonly string[] = [
	'/',
	'/rooms',
	'/rooms/new',
	'/friends',
	'/friends/add',
	'/alerts',
	'/search',
	'/share',
	'/settings/profile',
	'/settings/appearance',
	'/settings/privacy',
	'/settings/notifications',
	'/settings/devices',
	'/settings/nearby',
	'/settings/bots',
	'/settings/storage',
	'/settings/about',
	'/settings/administration',
]
