import { expect, test, type Locator } from '@playwright/test'
import { messagesUntil, must, now, textOf } from '../support/watching.ts'
import { composer, expectMark, message, write } from './app.ts'
import { expectAccessible } from './screen-checks.ts'
import { twoPeople, type TwoPeople } from './two-people.ts'
import { words } from './wording.ts'

/** What is written offline to somebody who meanwhile ended the friendship: refused for good, and nothing is lost unasked. */
let people: TwoPeople

test.beforeAll(async () => {
	test.setTimeout(360_000)
	people = await twoPeople()
})
test.afterAll(() => people?.close())

const within = (row: Locator, key: string) => row.getByRole('button', { name: words(key), exact: true })

test('a message that failed says why, is tried again, or goes once somebody says so', async () => {
	const { alice, bob, page, url } = people
	const [friend] = await now(bob.api, 'friends', null)
	const account = friend?.account ?? ''
	await write(page, 'Bob', 'Before the tunnel')
	await expectMark(page, 'Before the tunnel', 'delivered')
	const dialog = page.getByRole('dialog', { name: words('message_discard_title') })
	const why = (text: string) => message(page, text).getByRole('status')

	await test.step('written in the tunnel, refused at its end, with the reason', async () => {
		alice.wire.cut()
		for (const text of ['Gone in a moment', 'By keyboard', 'Worth another try']) {
			await write(page, 'Bob', text)
			await expectMark(page, text, 'queued')
		}
		must(await bob.api.removeFriend({ account }))
		alice.wire.resume()
		for (const text of ['Gone in a moment', 'By keyboard', 'Worth another try']) {
			await expectMark(page, text, 'failed')
			await expect(why(text)).toContainText(words('wire_not_friends'))
		}
		await expectAccessible(page, 'failed messages')
	})

	await test.step('it is not discarded before the person says so a second time', async () => {
		await within(message(page, 'Gone in a moment'), 'action_discard').click()
		await expect(dialog).toContainText('Gone in a moment')
		await expectAccessible(page, 'discard')
		await dialog.getByRole('button', { name: words('action_cancel') }).click()
		await expect(message(page, 'Gone in a moment')).toBeVisible()
		await within(message(page, 'Gone in a moment'), 'action_discard').click()
		await dialog.getByRole('button', { name: words('message_discard_action') }).click()
		await expect(message(page, 'Gone in a moment')).toHaveCount(0)
	})

	await test.step('the same from its menu, by keyboard alone', async () => {
		await message(page, 'By keyboard').focus()
		await page.keyboard.press('Enter')
		await expect(page.getByRole('menuitem').first()).toBeFocused()
		await page.keyboard.press('End')
		await expect(page.getByRole('menuitem', { name: words('action_discard') })).toBeFocused()
		await page.keyboard.press('Enter')
		await expect(dialog).toContainText('By keyboard')
		await page.keyboard.press('Shift+Tab')
		await page.keyboard.press('Shift+Tab')
		await expect(dialog.getByRole('button', { name: words('message_discard_action') })).toBeFocused()
		await page.keyboard.press('Enter')
		await expect(message(page, 'By keyboard')).toHaveCount(0)
	})

	await test.step('what failed is there after a reload, and what was discarded is not', async () => {
		await page.goto(url)
		await expectMark(page, 'Worth another try', 'failed')
		await expect(message(page, 'Gone in a moment')).toHaveCount(0)
	})

	await test.step('friends again, it is tried again, and arrives once', async () => {
		await page.getByRole('button', { name: words('conversation_not_friends_action') }).click()
		await expect(page.getByText(words('conversation_requested', { name: 'Bob' }))).toBeVisible()
		await expect.poll(async () => (await bob.api.acceptFriend({ account })).ok).toBe(true)
		await expect(composer(page, 'Bob')).toBeVisible()
		await within(message(page, 'Worth another try'), 'action_retry').click()
		await expectMark(page, 'Worth another try', 'delivered')
		const conversation = new URL(url).pathname.slice(3)
		const heard = await messagesUntil(bob.api, conversation, (all) => all.map(textOf).includes('Worth another try'))
		expect(heard.map(textOf)).toEqual(['Before the tunnel', 'Worth another try'])
	})
})
