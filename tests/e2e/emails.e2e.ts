import { expect, test, type Page } from '@playwright/test'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMailServer, type MailServer } from '../support/mail-server.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { fillSignUp, ownLink, shownWords, confirmWords, signUp } from './app.ts'
import { newTab, openProfile, type Profile } from './profile.ts'
import { words } from './wording.ts'

/** Addresses as two people meet them: at sign-up, in a mailbox, in the settings, and to find each other. */
let data: string
let mail: MailServer
let server: ServerProcess
let alice: Profile
let bob: Profile

/** Links in mails carry the origin, so it must be known before the server starts. */
function freePort(): Promise<number> {
	const probe = createServer()
	return new Promise((resolve) =>
		probe.listen(0, '127.0.0.1', () => {
			const { port } = probe.address() as AddressInfo
			probe.close(() => resolve(port))
		}),
	)
}

test.beforeAll(async () => {
	test.setTimeout(360_000)
	data = await mkdtemp(join(tmpdir(), 'kith-e2e-'))
	const port = await freePort()
	mail = await startMailServer()
	server = await startServerProcess({ data, port, env: { ...mail.env, KITH_ORIGIN: `http://localhost:${port}` } })
	alice = await openProfile({ port })
	bob = await openProfile({ port })
})

test.afterAll(async () => {
	for (const profile of [alice, bob]) await profile?.close()
	await server?.stop()
	await mail?.close()
	if (data !== undefined) await rm(data, { recursive: true, force: true })
})

const goTo = (page: Page, path: string) => page.goto(new URL(path, page.url()).href)
const text = (page: Page, key: string, values: Record<string, string> = {}) => page.getByText(words(key, values))
const press = (page: Page, key: string, values: Record<string, string> = {}) =>
	page.getByRole('button', { name: words(key, values) }).click()

test('[A1] [F1] [F2] an address is given at sign-up, confirmed from the mailbox, and brings a friend', async () => {
	const a = await newTab(alice)
	await a.goto(await server.setupLink())
	const newcomer = { name: 'alice', displayName: 'Alice', password: 'painting the roses red at noon' }
	await test.step('a mistake in the address is told before the recovery code is drawn', async () => {
		await fillSignUp(a, newcomer)
		await a.getByLabel(words('field_email')).fill('alice at example.org')
		await press(a, 'sign_up_action')
		await expect(text(a, 'wire_bad_email')).toBeVisible()
		await a.getByLabel(words('field_email')).fill('alice@example.org')
		await press(a, 'sign_up_action')
		const code = await shownWords(a)
		await press(a, 'words_action')
		await confirmWords(a, code)
		await press(a, 'confirm_action')
		await expect(a.getByRole('heading', { name: 'Chats' })).toBeVisible({ timeout: 60_000 })
	})

	await test.step('the settings say that it waits; the link confirms it at the press of a button', async () => {
		await goTo(a, '/settings/profile')
		await expect(text(a, 'email_waiting', { address: 'alice@example.org' })).toBeVisible()
		const { link, to } = await mail.next()
		expect(to).toEqual(['alice@example.org'])
		await goTo(a, link)
		await press(a, 'confirm_email_action')
		await expect(text(a, 'confirm_email_done')).toBeVisible()
		await goTo(a, '/settings/profile')
		await expect(text(a, 'email_confirmed', { address: 'alice@example.org' })).toBeVisible()
		await goTo(a, link)
		await press(a, 'confirm_email_action')
		await expect(text(a, 'wire_bad_confirmation')).toBeVisible()
	})

	const b = await newTab(bob)
	await test.step('Bob comes in, and asks by the address', async () => {
		const invite = await ownLink(a, 'new')
		await b.goto(invite)
		await b.getByRole('button', { name: 'Create an account' }).click()
		await signUp(b, { name: 'bob', displayName: 'Bob', password: 'scoop muck dizzy roley lofty' })
		await expect(b.getByRole('heading', { name: 'Friends' })).toBeVisible({ timeout: 60_000 })
		await b.getByRole('button', { name: words('friends_cancel_name', { name: 'Alice' }) }).click()
		await goTo(b, '/friends/add')
		await b.getByLabel(words('add_name_label')).fill('alice@example.org')
		await press(b, 'add_name_action')
		await expect(text(b, 'invite_mail_sent', { address: 'alice@example.org' })).toBeVisible()
		await expect(text(b, 'invite_mail_link_here')).toBeVisible()
	})

	await test.step('for an address that nobody has the screen is the same', async () => {
		await b.getByLabel(words('add_name_label')).fill('nobody@example.org')
		await press(b, 'add_name_action')
		await expect(text(b, 'invite_mail_sent', { address: 'nobody@example.org' })).toBeVisible()
		await expect(text(b, 'invite_mail_link_here')).toBeVisible()
	})

	await test.step('Alice follows her mail, asks Bob, and he accepts', async () => {
		const { link, headers } = await mail.next()
		expect(headers.get('subject')).toBe('@bob wants to be friends on Kith')
		await goTo(a, link)
		await press(a, 'invited_action', { name: 'bob' })
		await expect(a.getByRole('heading', { name: 'Friends' })).toBeVisible()
		await goTo(b, '/friends')
		await b.getByRole('button', { name: 'Accept Alice' }).click()
		await expect(b.getByRole('list', { name: words('friends_accepted') })).toContainText('Alice')
	})
	await test.step('the address goes once she says so twice', async () => {
		await goTo(a, '/settings/profile')
		await press(a, 'email_remove')
		const dialog = a.getByRole('dialog', { name: words('email_remove_title', { address: 'alice@example.org' }) })
		await dialog.getByRole('button', { name: words('action_cancel') }).click()
		await expect(text(a, 'email_confirmed', { address: 'alice@example.org' })).toBeVisible()
		await press(a, 'email_remove')
		await dialog.getByRole('button', { name: words('email_remove') }).click()
		await expect(text(a, 'email_removed')).toBeVisible()
		await a.reload()
		await expect(a.getByLabel(words('email_label'))).toHaveValue('')
		await expect(text(a, 'email_confirmed', { address: 'alice@example.org' })).toHaveCount(0)
	})
	for (const { requested, strays } of [alice, bob]) {
		expect(strays).toEqual([])
		expect(requested.filter((url) => new URL(url).hash !== '')).toEqual([])
	}
})
