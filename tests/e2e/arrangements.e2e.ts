/** How Alice keeps her conversations: at the top, put away, marked; for how long; and what another app shares into them. */
import { expect, test, type Page } from '@playwright/test'
import { sharedCacheName } from '#platform/browser/shell-messages.ts'
import { filesUntil } from '../support/files.ts'
import { messagesUntil, must, textOf, until } from '../support/watching.ts'
import { composer, message } from './app.ts'
import { expectAccessible } from './screen-checks.ts'
import { isKept } from './service-worker.ts'
import { twoPeople, type TwoPeople } from './two-people.ts'
import { words } from './wording.ts'

let people: TwoPeople
let page: Page
let conversation: string

test.describe.configure({ mode: 'serial' })

test.beforeAll(async () => {
	test.setTimeout(360_000)
	people = await twoPeople()
	page = people.page
	conversation = new URL(people.url).pathname.split('/').at(-1) ?? ''
	await people.bob.say('Good morning')
	await expect(message(page, 'Good morning')).toBeVisible()
})
test.afterAll(() => people?.close())

const list = () => page.getByRole('list', { name: words('chats_list') })
/** As they stand there: the first words of each are whose it is. */
const order = () => list().locator('[data-chat]').allInnerTexts()
const row = (name: string) => list().locator('[data-chat]').filter({ hasText: name })
const notes = words('notes_title')

async function choose(name: string, item: string): Promise<void> {
	await row(name).click({ button: 'right' })
	await page.getByRole('menuitem', { name: words(item), exact: true }).click()
}

test('[M6] a conversation is kept at the top, and goes back to its place', async () => {
	await page.goto(people.server.origin)
	await expect.poll(order).toEqual([expect.stringContaining('Bob'), expect.stringContaining(notes)])
	await choose(notes, 'chats_pin')
	await expect.poll(order).toEqual([expect.stringContaining(notes), expect.stringContaining('Bob')])
	await expect(row(notes)).toContainText(words('chats_pinned'))
	await page.reload()
	await expect.poll(order).toEqual([expect.stringContaining(notes), expect.stringContaining('Bob')])
	await choose(notes, 'chats_unpin')
	await expect.poll(order).toEqual([expect.stringContaining('Bob'), expect.stringContaining(notes)])
})

test('[M6] one that is marked as unread says so until it is opened', async () => {
	await choose('Bob', 'chats_mark_unread')
	await expect(row('Bob')).toContainText(words('chats_marked_unread'))
	await page.reload()
	await expect(row('Bob')).toContainText(words('chats_marked_unread'))
	await row('Bob').click()
	await expect(composer(page, 'Bob')).toBeVisible()
	await expect(row('Bob')).not.toContainText(words('chats_marked_unread'))
	await page.goto(people.server.origin)
})

test('[M6] what is put away is out of the list, found in the archive, and comes back with what is said', async () => {
	const archived = () => page.getByRole('button', { name: new RegExp(`^${words('chats_archived')}`) })
	await choose('Bob', 'chats_archive')
	await expect(row('Bob')).toHaveCount(0)
	await page.getByRole('button', { name: words('action_undo'), exact: true }).click()
	await expect(row('Bob')).toHaveCount(1)
	await choose('Bob', 'chats_archive')
	await archived().click()
	await expect(row('Bob')).toBeVisible()
	await expect(row(notes)).toHaveCount(0)
	await expectAccessible(page, 'the archive')
	await page.getByRole('button', { name: words('chats_archive_close') }).click()
	await expect(row('Bob')).toHaveCount(0)
	await people.bob.say('Are you there?')
	await expect(row('Bob')).toContainText('Are you there?')
	await expect(archived()).toHaveCount(0)
})

test('[M4] messages disappear when their time has come, after whoever set it for both', async () => {
	await row('Bob').click()
	await page.getByRole('button', { name: words('conversation_details'), exact: true }).click()
	await page.getByRole('button', { name: words('lifetime_menu') }).click()
	await page.getByRole('menuitem', { name: words('lifetime_after', { time: '1 hour' }) }).click()
	await expect(page.getByText(words('lifetime_some', { time: '1 hour' }))).toBeVisible()
	const { api } = people.bob
	const lifetimeUntil = (ms: number) =>
		until(api, { view: 'conversation', of: conversation, is: (view) => view?.lifetime === ms })
	await lifetimeUntil(3_600_000)
	// Shorter than any that is offered: his client may say what it wants.
	must(await api.setLifetime({ conversation, lifetime: 10_000 }))
	await expect(page.getByText(words('lifetime_some', { time: '10 seconds' }))).toBeVisible()
	await composer(page, 'Bob').fill('The code is 7714')
	await composer(page, 'Bob').press('Enter')
	await messagesUntil(api, conversation, (all) => all.some((one) => textOf(one) === 'The code is 7714'))
	await expect(message(page, 'The code is 7714')).toHaveCount(0)
	await messagesUntil(api, conversation, (all) => all.every((one) => textOf(one) !== 'The code is 7714'))
	await expect(message(page, 'Are you there?')).toBeVisible()
	await expect(row('Bob')).toContainText('Are you there?')
	must(await api.setLifetime({ conversation, lifetime: null }))
	await expect(page.getByText(words('lifetime_none'))).toBeVisible()
})

/** As a system posts it: from no page of ours. */
async function share(from: Page, { text, files }: { text: string; files: Readonly<Record<string, string>> }) {
	await from.goto('about:blank')
	await from.evaluate(
		([action, words, named]) => {
			const form = document.createElement('form')
			Object.assign(form, { method: 'post', action, enctype: 'multipart/form-data' })
			const field = Object.assign(document.createElement('input'), { name: 'text', value: words })
			const chooser = Object.assign(document.createElement('input'), { type: 'file', name: 'files', multiple: true })
			const chosen = new DataTransfer()
			for (const [name, said] of Object.entries(named)) chosen.items.add(new File([said], name, { type: 'text/plain' }))
			chooser.files = chosen.files
			form.append(field, chooser)
			document.documentElement.append(form)
			form.submit()
		},
		[`${people.server.origin}/share`, text, files] as const,
	)
}

test('[M8] text and files that another app shares are picked up with no network, looked at, and sent', async () => {
	await isKept(page)
	const { wire } = people.alice
	wire.cut()
	await share(page, { text: 'The plans', files: { 'plan.txt': 'Walls', 'list.txt': 'Nails, and more nails' } })
	const named = page.getByRole('region', { name: words('share_files') })
	await expect(named.getByRole('listitem')).toHaveText([/^plan\.txt\s*5/, /^list\.txt\s*21/])
	await expect(page.getByText('The plans')).toBeVisible()
	await expectAccessible(page, 'share')
	expect(new URL(page.url()).hash).toBe('')
	await page
		.getByRole('list', { name: words('share_where') })
		.getByRole('button', { name: 'Bob' })
		.click()
	await expect(composer(page, 'Bob')).toHaveValue('The plans')
	const tray = page.getByRole('list', { name: words('files_chosen') })
	await expect(tray.getByRole('listitem')).toHaveCount(2)
	await page.getByRole('button', { name: words('files_remove', { name: 'list.txt' }) }).click()
	await composer(page, 'Bob').press('Enter')
	await expect(message(page, 'The plans')).toHaveAttribute('data-mark', 'queued')
	wire.resume()
	const [file, ...others] = await filesUntil({ api: people.bob.api }, conversation)
	expect([file?.name, file?.size, others.length]).toEqual(['plan.txt', 5, 0])
	// It is there once.
	await page.goto(`${people.server.origin}/share`)
	await expect(page.getByText(words('share_nothing_title'))).toBeVisible()
	// What nobody took goes when the app starts elsewhere.
	const waits = () => page.evaluate((name) => caches.has(name), sharedCacheName)
	await page.evaluate(
		async (name) => (await caches.open(name)).put('/share/waiting', new Response('')),
		sharedCacheName,
	)
	expect(await waits()).toBe(true)
	await page.goto(people.server.origin)
	await expect.poll(waits).toBe(false)
})
