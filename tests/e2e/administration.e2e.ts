/** The administration as an administrator meets it: people, a notice, a closed account, a report, and every section's screen. */
import { expect, test, type Page } from '@playwright/test'
import { composer, message } from './app.ts'
import { expectAccessible } from './screen-checks.ts'
import { twoPeople, type TwoPeople } from './two-people.ts'
import { words } from './wording.ts'
import { administrationPaths } from './with-a-friend.ts'
import { textsUntil, until } from '../support/watching.ts'

let people: TwoPeople
let page: Page

test.beforeAll(async () => {
	test.setTimeout(360_000)
	people = await twoPeople()
	page = people.page
})
test.afterAll(() => people?.close())

const open = (path: string) => page.goto(`${people.server.origin}/settings/${path}`)
const press = (key: string, values: Record<string, string> = {}) =>
	page.getByRole('button', { name: words(key, values), exact: true }).click()
const choose = async (key: string) => {
	await press('admin_menu', { name: 'bob' })
	await page.getByRole('menuitem', { name: words(key) }).click()
}
const inDialog = (key: string) => page.getByRole('dialog').getByRole('button', { name: words(key) })

test('[C5] an administrator finds somebody, writes to him as the operator, and reads the answer', async () => {
	await open('administration')
	await page.getByRole('textbox', { name: words('admin_people_search') }).fill('BO')
	await expect(page.getByText(words('admin_people_count', { count: 1 }))).toBeVisible()
	await choose('admin_write')
	await expect(page.getByText(words('notice_by'))).toBeVisible()
	await composer(page, 'Bob').fill('The server moves on Sunday')
	await composer(page, 'Bob').press('Enter')
	const chats = await until(people.bob.api, {
		view: 'chats',
		of: null,
		is: (list) => list.some(({ kind, last }) => kind === 'notice' && last !== null),
	})
	const notice = chats.find(({ kind }) => kind === 'notice')?.conversation ?? ''
	await textsUntil(people.bob.api, notice, ['The server moves on Sunday'])
	await people.bob.api.post({ conversation: notice, text: 'Good to know' })
	await expect(message(page, 'Good to know')).toBeVisible()
	await expectAccessible(page, 'a notice')
	const list = page.getByRole('list', { name: words('chats_title') })
	await expect(page.getByTitle(words('notice_from')).first()).toBeVisible()
	await expect(list.or(page.getByRole('navigation')).first()).toBeVisible()
})

test('[A4] an account is closed by name, is signed out at once, and is opened again', async () => {
	await open('administration')
	await choose('admin_close')
	await expectAccessible(page, 'closing an account')
	await inDialog('admin_close_action').click()
	await expect(page.getByText(words('admin_closed'), { exact: true })).toBeVisible()
	await until(people.bob.api, {
		view: 'session',
		of: null,
		is: (session) => session.type === 'signed-out' && session.why === 'disabled',
	})
	await choose('admin_open')
	await expect(page.getByText(words('admin_closed'), { exact: true })).toBeHidden()
	const back = await people.bob.api.signIn({ name: 'bob', password: 'bob correct horse battery staple' })
	expect(back).toMatchObject({ ok: true })
})

test('[A4] the role is given and taken, and the last administrator keeps it', async () => {
	await open('administration')
	await choose('admin_promote')
	await inDialog('admin_promote_action').click()
	await expect(page.getByText(words('admin_role'), { exact: true })).toHaveCount(2)
	await choose('admin_demote')
	await inDialog('admin_demote_action').click()
	await expect(page.getByText(words('admin_role'), { exact: true })).toHaveCount(1)
	await press('admin_menu', { name: 'alice' })
	await page.getByRole('menuitem', { name: words('admin_demote') }).click()
	await inDialog('admin_demote_action').click()
	await expect(page.getByRole('dialog').getByText(words('wire_last_admin'))).toBeVisible()
	await page.keyboard.press('Escape')
})

test('[M9] a message is reported from its menu: what is sent is shown, and the operator reads that one alone', async () => {
	await page.goto(people.url)
	await people.bob.say('Something that nobody should write')
	await expect(message(page, 'Something that nobody should write')).toBeVisible()
	await message(page, 'Something that nobody should write').click({ button: 'right' })
	await page.getByRole('menuitem', { name: words('message_report') }).click()
	const dialog = page.getByRole('dialog', { name: words('report_title') })
	await expect(dialog.getByText('Something that nobody should write')).toBeVisible()
	await expect(dialog.getByText(words('report_plain'))).toBeVisible()
	await expectAccessible(page, 'a report')
	await dialog.getByLabel(words('report_words')).fill('Please look at this')
	await inDialog('report_action').click()
	await expect(dialog).toBeHidden()
	await open('administration/reports')
	const report = page.getByRole('article')
	await expect(report).toHaveCount(1)
	await expect(report.getByText('Something that nobody should write')).toBeVisible()
	await expect(report.getByText('Please look at this')).toBeVisible()
	await expect(report.getByText(words('admin_report_true', { name: 'Bob' }))).toBeVisible()
	await expectAccessible(page, 'reports')
	await press('admin_report_dismiss')
	await inDialog('admin_report_dismiss_action').click()
	await expect(page.getByText(words('admin_reports_none_title'))).toBeVisible()
})

test('[S5] an invitation is made, shown once, and ended', async () => {
	await open('administration/invitations')
	const ends = page.getByRole('button', { name: /^End the invitation/ })
	await expect(ends.or(page.getByText(words('admin_invites_none_title'))).first()).toBeVisible()
	const list = page.getByText(words('admin_invite_left', { count: 1 }))
	const before = await list.count()
	await press('admin_invite_make')
	await expect(page.getByText(words('admin_invite_made'))).toBeVisible()
	await expect(list).toHaveCount(before + 1)
	await ends.first().click()
	await inDialog('admin_invite_end_action').click()
	await expect(list).toHaveCount(before)
})

test('[S5] every section is accessible in light and dark, and says when it is offline', async () => {
	for (const path of administrationPaths) {
		await open(path)
		await expect(page.getByRole('navigation', { name: words('admin_sections') })).toBeVisible()
		await expect(page.locator('main [role=status][aria-label]')).toHaveCount(0)
		await expectAccessible(page, path)
	}
	await open('administration/storage')
	await expect(page.getByText(words('admin_figure_database'))).toBeVisible()
	people.alice.wire.cut()
	await expect(page.getByText(words('admin_offline'))).toBeVisible()
	await expect(page.getByText(words('admin_figure_database'))).toBeVisible()
	people.alice.wire.resume()
	await expect(page.getByText(words('admin_offline'))).toBeHidden()
})
