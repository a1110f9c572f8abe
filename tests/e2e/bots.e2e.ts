/** A bot from its making in the settings to its end, as its owner meets it; its program is the one that the package brings. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import type { KithApi } from '#core/api.ts'
import { createBot } from '#platform/node/bot.ts'
import { must, until } from '../support/watching.ts'
import { message } from './app.ts'
import { expectAccessible } from './screen-checks.ts'
import { twoPeople, type TwoPeople } from './two-people.ts'
import { words } from './wording.ts'

let people: TwoPeople
let page: Page
let folder: string
let bot: KithApi | null = null

test.beforeAll(async () => {
	test.setTimeout(360_000)
	people = await twoPeople()
	page = people.page
	folder = await mkdtemp(join(tmpdir(), 'kith-bot-'))
})
test.afterAll(async () => {
	await bot?.close()
	await people?.close()
	await rm(folder, { recursive: true, force: true })
})

const goTo = (path: string) => page.goto(`${people.server.origin}${path}`)
const button = (key: string, values = {}) => page.getByRole('button', { name: words(key, values), exact: true })
const mark = () => page.getByTitle(words('bot_mark_title'))

test('[S2] a bot is made in the settings, taken in as a friend, marked where it stands, and ended', async () => {
	await goTo('/settings/bots')
	await expect(page.getByText(words('bots_none_title'))).toBeVisible()
	await page.getByRole('textbox', { name: words('bots_name') }).fill('parrot')
	await page.getByText(words('bots_manage')).click()
	await expectAccessible(page, 'the form of a bot')
	await button('bots_make').click()
	const token = (await page.getByText(/^kith-bot-/).textContent()) ?? ''
	await expect(page.getByText(words('bots_waiting'))).toBeVisible()
	await expectAccessible(page, 'a bot with its token')
	await page.screenshot({ path: join(tmpdir(), 'kith-shots', 'bot-made.png') })

	bot = await createBot({ serverUrl: people.server.origin, path: join(folder, 'bot.db'), token })
	await goTo('/friends')
	await button('friends_accept_name', { name: 'parrot' }).click()
	await expect(mark().first()).toBeVisible()
	await until(bot, { view: 'friends', of: null, is: (all) => all.some(({ state }) => state === 'accepted') })
	await until(bot, { view: 'friends', of: null, is: (all) => all.some(({ state }) => state === 'accepted') })
	const [owner] = await until(bot, { view: 'friends', of: null, is: (all) => all.length === 1 })
	const about = { kind: 'group', name: 'Birds', topic: '', history: 'shared', invite: 'admins', knock: 'no' } as const
	const members = [{ account: owner?.account ?? '', role: 'member' as const }]
	const { conversation } = must(await bot.createGroup({ ...about, members }))
	must(await bot.post({ conversation, text: 'Polly wants a cracker' }))
	await goTo(`/c/${conversation}`)
	await expect(message(page, 'Polly wants a cracker')).toBeVisible()
	await expect(page.getByRole('log').getByTitle(words('bot_mark_title'))).toBeVisible()
	await page.getByRole('button', { name: words('conversation_details'), exact: true }).click()
	const details = page.getByRole('complementary', { name: words('details_title') })
	await expect(details.getByTitle(words('bot_mark_title'))).toBeVisible()
	await page.screenshot({ path: join(tmpdir(), 'kith-shots', 'bot-speaks.png') })
	await expectAccessible(page, 'a group with a bot')

	await goTo('/settings/bots')
	await button('bots_end_name', { name: 'parrot' }).click()
	await page
		.getByRole('dialog')
		.getByRole('button', { name: words('bots_end'), exact: true })
		.click()
	await expect(page.getByText(words('bots_none_title'))).toBeVisible()
	await until(bot, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
})
