/** Alice in a browser, her friend Bob without one, and a conversation between them. */
import { expect, type Page } from '@playwright/test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { composer, openFriend, ownLink, signUp } from './app.ts'
import { newTab, openProfile, type Profile, type ProfileOptions } from './profile.ts'
import { joinByLink, type Friend } from './shots-people.ts'
import { words } from './wording.ts'

export interface TwoPeople {
	readonly server: ServerProcess
	readonly alice: Profile
	readonly bob: Friend
	/** Alice's tab, with the conversation open. */
	readonly page: Page
	/** Its address. */
	readonly url: string
	close(): Promise<void>
}

export async function twoPeople(options: Omit<ProfileOptions, 'port'> = {}): Promise<TwoPeople> {
	const data = await mkdtemp(join(tmpdir(), 'kith-e2e-'))
	const server = await startServerProcess({ data, env: { KITH_EVENTS_PER_SECOND: '10000' } })
	const alice = await openProfile({ ...options, port: server.port })
	const page = await newTab(alice)
	await page.goto(await server.setupLink())
	await signUp(page, { name: 'alice', displayName: 'Alice', password: 'ferry to the island at noon' })
	await expect(page.getByRole('heading', { name: words('welcome_title') })).toBeVisible()
	const bob = await joinByLink(server.origin, {
		name: 'bob',
		displayName: 'Bob',
		link: await ownLink(page, 'new'),
	})
	await page.goto(`${server.origin}/friends`)
	await page.getByRole('button', { name: words('friends_accept_name', { name: 'Bob' }) }).click()
	await openFriend(page, 'Bob')
	await expect(composer(page, 'Bob')).toBeEnabled()
	return {
		...{ server, alice, bob, page, url: page.url() },
		close: async () => {
			await bob.api.close()
			await alice.close()
			await server.stop()
			await rm(data, { recursive: true, force: true })
		},
	}
}
