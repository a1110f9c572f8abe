import { expect, test } from '@playwright/test'
import { until } from '../support/watching.ts'
import { message } from './app.ts'
import { atHome } from './at-home.ts'
import { expectAccessible, smallTargets } from './screen-checks.ts'
import { meetBob } from './with-a-friend.ts'
import { words } from './wording.ts'

test('[M5] a message is found from the palette, by keys, on a phone and in its conversation, and a day is gone to', async () => {
	test.setTimeout(240_000)
	const home = await atHome()
	try {
		const { tab: page, conversation, bob, say } = await meetBob(home.server, home.alice)
		await say('The Café at the harbour opens at nine')
		for (let i = 1; i <= 120; i++) await say(`fills the page ${i}`)
		await until(bob, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
		const field = page.getByRole('textbox', { name: words('search_field') })
		const hits = page.getByRole('list', { name: words('search_results') }).getByRole('link')

		await page.keyboard.press('Control+k')
		await page.getByRole('combobox').fill('cafe har')
		await expect(page.getByRole('option', { selected: true })).toContainText(words('search_for', { query: 'cafe har' }))
		await page.keyboard.press('Enter')
		await expect(hits).toHaveCount(1)
		await expect(hits.locator('mark')).toHaveText(['Café', 'harbour'])
		await expect(field).toBeFocused()
		await expectAccessible(page, 'search')
		await page.keyboard.press('ArrowDown')
		await expect(hits.first()).toBeFocused()
		await page.keyboard.press('Enter')
		await expect(message(page, 'The Café at the harbour')).toBeInViewport()
		await page.goBack()
		await expect(hits).toHaveCount(1)
		await expect(field).toHaveValue('cafe har')

		await page.goto(`${home.server.origin}${conversation}`)
		await page.getByRole('link', { name: words('search_here') }).click()
		await expect(page.getByText(words('search_empty_text'))).toBeVisible()
		await expectAccessible(page, 'empty search')
		await field.fill('page')
		await expect(hits).toHaveCount(25)
		await page.getByRole('button', { name: words('search_more') }).click()
		await expect(hits).toHaveCount(50)
		await field.fill('page from:nobody')
		await expect(page.getByText(words('search_unclear', { filter: 'from:nobody' }))).toBeVisible()
		await page.setViewportSize({ width: 390, height: 844 })
		await field.fill('has:link')
		await expect(page.getByText(words('search_none_text'))).toBeVisible()
		expect(await smallTargets(page, 24)).toEqual([])

		await page.goto(`${home.server.origin}${conversation}`)
		await page.getByRole('button', { name: words('conversation_details') }).click()
		await page.getByRole('button', { name: words('jump_open') }).click()
		await expect(page.getByRole('dialog', { name: words('jump_title') })).toBeVisible()
		await expectAccessible(page, 'go to a day')
		await page.getByRole('button', { name: words('jump_go') }).click()
		await expect(page.getByRole('dialog')).toBeHidden()
		await expect(message(page, 'The tide tables')).toBeInViewport()
	} finally {
		await home.close()
	}
})
