import { expect, test, type Locator, type Page } from '@playwright/test'
import type { ConversationId, MessageView } from '#core/api.ts'
import { messagesUntil, must, textOf } from '../support/watching.ts'
import { composer, message, write } from './app.ts'
import { expectAccessible } from './screen-checks.ts'
import { twoPeople, type TwoPeople } from './two-people.ts'
import { words } from './wording.ts'

/** What is done to messages, as Alice does it in her browser; Bob does his without one. */
let people: TwoPeople
let page: Page
let conversation: ConversationId

test.describe.configure({ mode: 'serial' })

test.beforeAll(async () => {
	test.setTimeout(360_000)
	people = await twoPeople()
	page = people.page
	conversation = new URL(people.url).pathname.split('/').at(-1) ?? ''
})
test.afterAll(() => people?.close())

const field = () => composer(page, 'Bob')
const said = (text: string): Locator => message(page, text)
const button = (key: string) => page.getByRole('button', { name: words(key), exact: true })
const item = (key: string) => page.getByRole('menuitem', { name: words(key), exact: true })
const dialog = () => page.getByRole('dialog')

/** Bob's view of a message, once it is as wanted. */
async function bobSees(text: string, is: (one: MessageView) => boolean = () => true): Promise<MessageView> {
	const fits = (one: MessageView) => textOf(one) === text && is(one)
	const all = await messagesUntil(people.bob.api, conversation, (messages) => messages.some(fits))
	return all.find(fits) as MessageView
}

test('[M2] the last message is changed by Up, Escape leaves it as it was, and both see the new words and that they are new', async () => {
	await write(page, 'Bob', 'Meet me at the peer')
	await field().fill('')
	await field().press('ArrowUp')
	await expect(page.getByText(words('edit_bar'))).toBeVisible()
	await expect(field()).toHaveValue('Meet me at the peer')
	await page.keyboard.press('Escape')
	await expect(field()).toHaveValue('')
	await field().press('ArrowUp')
	await field().fill('Meet me at the pier')
	await page.keyboard.press('Enter')
	await expect(said('Meet me at the pier')).toContainText(words('message_edited'))
	await expect(field()).toHaveValue('')
	await bobSees('Meet me at the pier', ({ edited }) => edited)
})

test('[M2] reactions are put on by the bar, the menu and the keyboard, joined by a click, and taken back', async () => {
	const { key } = await bobSees('Meet me at the pier')
	must(await people.bob.api.react({ conversation, key, emoji: '⛵', on: true }))
	const row = said('Meet me at the pier')
	const chip = (emoji: string) => row.getByRole('button', { name: new RegExp(`^${emoji}`) })
	await expect(chip('⛵')).toHaveText(/1/)
	await chip('⛵').click()
	await expect(chip('⛵')).toHaveText(/2/)
	await expect(chip('⛵')).toHaveAttribute('aria-pressed', 'true')
	await row.hover()
	await row.getByRole('button', { name: words('message_react') }).click()
	await expectAccessible(page, 'reactions')
	await page.getByRole('button', { name: words('reaction_with', { emoji: '🎉' }) }).click()
	await expect(chip('🎉')).toHaveText(/1/)
	await row.focus()
	await page.keyboard.press('+')
	await expect(page.getByRole('toolbar', { name: words('message_react') })).toBeVisible()
	await page.keyboard.press('Escape')
	await expect(row).toBeFocused()
	await row.click({ button: 'right' })
	await page.getByRole('button', { name: words('reaction_take_back', { emoji: '🎉' }) }).click()
	await expect(chip('🎉')).toHaveCount(0)
	await bobSees('Meet me at the pier', ({ reactions }) => reactions[0]?.by.length === 2)
})

test('[M1][M2] info tells who read it and when, who reacted, and what it said before', async () => {
	await people.bob.read('Meet me at the pier')
	await said('Meet me at the pier').focus()
	await page.keyboard.press('i')
	const read = dialog().getByRole('region', { name: words('info_read') })
	await expect(read).toContainText('Bob')
	await expect(read).toContainText(/\d/)
	await expect(dialog().getByRole('region', { name: words('reactions_label') })).toContainText('⛵')
	await expect(dialog().getByRole('region', { name: words('info_versions') })).toContainText('Meet me at the peer')
	await expectAccessible(page, 'message info')
	await page.keyboard.press('Escape')
})

test('[M2] a pinned message stands in the details and is a way to it', async () => {
	await said('Meet me at the pier').click({ button: 'right' })
	await item('message_pin').click()
	await people.bob.say(...Array.from({ length: 30 }, (_, i) => `wave ${i}`))
	await expect(said('wave 29')).toBeVisible()
	await button('conversation_details').click()
	const pins = page.getByRole('region', { name: words('pins_title') })
	await expect(pins).toContainText('Meet me at the pier')
	await expectAccessible(page, 'pinned messages')
	await pins.getByRole('button').click()
	await expect(said('Meet me at the pier')).toBeInViewport()
	await page.keyboard.press('Escape')
})

test('[M2] who is in the conversation is offered by an at sign, and chosen by the keyboard', async () => {
	await field().fill('')
	await field().pressSequentially('Ask @b')
	await expect(page.getByRole('option', { name: /Bob/ })).toBeVisible()
	await expectAccessible(page, 'mentions')
	await page.keyboard.press('Enter')
	await expect(field()).toHaveValue('Ask @bob ')
	await page.keyboard.type('again')
	await page.keyboard.press('Enter')
	await bobSees('Ask @bob again')
	// His name is marked, ours more so; a name that is nobody's here is not.
	await expect(page.getByRole('log').locator('.mention')).toHaveText(['@bob'])
	await people.bob.say('@alice, **@alice**: `@alice` and @nobody')
	const marked = said('@nobody').locator('.mention')
	await expect(marked).toHaveText(['@alice', '@alice'])
	await expect(marked.first()).toHaveClass(/mention-self/)
	const ground = () => marked.first().evaluate((mark) => getComputedStyle(mark).backgroundColor)
	expect(await ground()).not.toBe('rgba(0, 0, 0, 0)')
	await expectAccessible(page, 'marked mentions')
})

test('[M8] a message is forwarded as one of our own that says so', async () => {
	await people.bob.say('Low water is at six')
	await said('Low water is at six').click({ button: 'right' })
	await item('message_forward').click()
	await expectAccessible(page, 'forward')
	await dialog().getByText('Bob', { exact: true }).click()
	await dialog()
		.getByRole('button', { name: words('forward_action'), exact: true })
		.click()
	await expect(said('Low water is at six')).toHaveCount(2)
	await expect(said('Low water is at six').last()).toContainText(words('message_forwarded'))
	await bobSees('Low water is at six', ({ mine, forwarded }) => !mine && forwarded)
})

test('[M2] deleted for oneself it can be taken back; deleted for everyone it is gone, and says who deleted it', async () => {
	await said('wave 29').click({ button: 'right' })
	await item('message_delete').click()
	await expect(button('delete_for_everyone')).toHaveCount(0)
	await button('delete_for_me').click()
	await expect(said('wave 29')).toHaveCount(0)
	await button('action_undo').click()
	await expect(said('wave 29')).toHaveCount(1)

	await said('Ask @bob again').click({ button: 'right' })
	await item('message_delete').click()
	await expectAccessible(page, 'delete')
	await button('delete_for_everyone').click()
	await expect(said('Ask @bob again')).toHaveCount(0)
	await expect(said(words('message_deleted_own'))).toBeVisible()
	await messagesUntil(people.bob.api, conversation, (all) => all.some(({ content }) => content.type === 'deleted'))
})

test('[M2] what the other deletes goes from every place where its words stand, also while it is answered or asked about', async () => {
	const secret = 'The key lies under the third stone'
	const copies = () => page.getByText(secret)
	const begin = async () => {
		const { key } = must(await people.bob.api.post({ conversation, text: secret }))
		await expect(said(secret)).toBeVisible()
		return async () => {
			must(await people.bob.api.deleteForEveryone({ conversation, key }))
			await expect(copies()).toHaveCount(0)
		}
	}
	let goes = await begin()
	await said(secret).click({ button: 'right' })
	await item('message_reply').click()
	await expect(button('reply_cancel')).toBeVisible()
	await field().fill('I will look')
	await goes()
	await expect(button('reply_cancel')).toHaveCount(0)
	await expect(field()).toHaveValue('I will look')
	await field().fill('')
	for (const asks of ['message_forward', 'message_delete', 'message_info']) {
		goes = await begin()
		await said(secret).click({ button: 'right' })
		await item(asks).click()
		await expect(dialog()).toBeVisible()
		await goes()
	}
})
