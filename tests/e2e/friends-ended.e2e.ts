import { expect, test, type Page } from '@playwright/test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { composer, expectTexts, openFriend, ownLink, signUp, write } from './app.ts'
import { newTab, openProfile, type Profile } from './profile.ts'
import { scanCode } from './scan-code.ts'

/** Presence, the end of a friendship and a block, as two people see them on their screens. */
let data: string
let server: ServerProcess
let alice: Profile
let bob: Profile

test.beforeAll(async () => {
	test.setTimeout(360_000)
	data = await mkdtemp(join(tmpdir(), 'kith-e2e-'))
	server = await startServerProcess({ data })
	alice = await openProfile({ port: server.port })
	bob = await openProfile({ port: server.port })
})

test.afterAll(async () => {
	for (const profile of [alice, bob]) await profile?.close()
	await server?.stop()
	if (data !== undefined) await rm(data, { recursive: true, force: true })
})

const goTo = (page: Page, path: string) => page.goto(new URL(path, page.url()).href)

test('[F1] [F2] [F4] friends see each other, switch it off, end it, block and unblock', async () => {
	const a = await newTab(alice)
	await a.goto(await server.setupLink())
	await signUp(a, { name: 'alice', displayName: 'Alice', password: 'painting the roses red at noon' })
	await expect(a.getByRole('heading', { name: 'Chats' })).toBeVisible({ timeout: 60_000 })
	const link = await ownLink(a, 'new')
	const b = await newTab(bob)
	await test.step('his camera reads the code on her screen, which is the link, and it lets him in', async () => {
		await expect.poll(() => scanCode(a)).toBe(link)
		await b.goto((await scanCode(a)) ?? '')
	})
	await b.getByRole('button', { name: 'Create an account' }).click()
	await signUp(b, { name: 'bob', displayName: 'Bob', password: 'scoop muck dizzy roley lofty' })
	await expect(b.getByRole('heading', { name: 'Friends' })).toBeVisible({ timeout: 60_000 })

	await test.step('the request comes, and its answer', async () => {
		await goTo(a, '/friends')
		await a.getByRole('button', { name: 'Accept Bob' }).click()
		await openFriend(a, 'Bob')
		await openFriend(b, 'Alice')
		await write(a, 'Bob', 'Are you there?')
		await expectTexts(b, ['Are you there?'])
	})

	const online = (page: Page) => page.getByRole('paragraph').filter({ hasText: /^online$/ })
	await test.step('each sees that the other is here, until one does not want it', async () => {
		for (const page of [a, b]) await expect(online(page)).toBeVisible()
		await goTo(b, '/settings/privacy')
		await b.getByRole('switch', { name: 'When you are here' }).click()
		await expect(online(a)).toHaveCount(0)
		await openFriend(b, 'Alice')
		await expect(online(b)).toHaveCount(0)
	})

	await test.step('she removes him: both read on, neither writes', async () => {
		await goTo(a, '/friends')
		await a.getByRole('button', { name: 'More about Bob' }).click()
		await a.getByRole('menuitem', { name: 'Remove friend' }).click()
		await a.getByRole('dialog').getByRole('button', { name: 'Remove Bob' }).click()
		await expect(b.getByText('You and Alice are no longer friends. You can still read this.')).toBeVisible()
		await expect(composer(b, 'Alice')).toHaveCount(0)
		await expectTexts(b, ['Are you there?'])
	})

	await test.step('he asks again, she blocks; he waits, she may unblock', async () => {
		await b.getByRole('button', { name: 'Send a friend request' }).click()
		await a.getByRole('button', { name: 'Block Bob' }).click()
		await a.getByRole('dialog').getByRole('button', { name: 'Block Bob' }).click()
		await expect(a.getByRole('list', { name: 'Blocked' })).toContainText('Bob')
		await expect(b.getByText('Your friend request to Alice waits for an answer.')).toBeVisible()
		await a.getByRole('button', { name: 'Unblock Bob' }).click()
		await a.getByRole('button', { name: 'Accept Bob' }).click()
		await expect(composer(b, 'Alice')).toBeVisible()
	})
})
