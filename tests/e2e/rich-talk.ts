/** What a message can be, said by friends in the group of the screenshots, and the screens that come of it. */
import { expect, type Page } from '@playwright/test'
import type { ConversationId } from '#core/api.ts'
import { fileNamed } from '../support/files.ts'
import { messagesUntil, must, textOf } from '../support/watching.ts'
import { composer, message } from './app.ts'
import { photograph } from './photograph.ts'
import type { Friend } from './shots-people.ts'
import type { Screen } from './shown-screens.ts'
import { words } from './wording.ts'

const code = [
	'The gate wants this:',
	'```ts',
	"const tide = at('8:40', { pier: 'old' })",
	'if (tide.low) wait(20) // minutes',
	'```',
].join('\n')
const list =
	'**Who brings what**\n\n- stove and gas\n- two tents\n- ~~umbrellas~~ no rain in sight\n\n> Only what you can carry'

/** `conversation`: with Bob and Mia; `page` lends its canvas. */
export async function talkRichly(friends: readonly Friend[], conversation: ConversationId, page: Page): Promise<void> {
	const [bob, mia] = friends as readonly [Friend, Friend]
	const drawn = new Blob([new Uint8Array(await photograph(page, 900, 600))])
	const picture = { width: 900, height: 600, thumbhash: new Uint8Array(0) }
	const photo = (name: string) => ({ name, file: drawn, mime: 'image/jpeg', sound: null, picture })
	const waveform = Uint8Array.from({ length: 48 }, (_, i) => Math.round(120 + 110 * Math.sin(i / 3) * Math.cos(i / 7)))
	const voice = { ...fileNamed('Voice message.ogg', 9_000), mime: 'audio/ogg', sound: { durationMs: 14_000, waveform } }
	const said = async ({ api }: Friend, text: string) => {
		const all = await messagesUntil(api, conversation, (messages) => messages.some((one) => textOf(one) === text))
		return all.find((one) => textOf(one) === text)
	}
	const post = async ({ api }: Friend, input: Omit<Parameters<typeof api.post>[0], 'conversation'>) =>
		must(await api.post({ conversation, ...input }))

	await post(mia, { text: 'From the last time', files: [photo('pier.jpg'), photo('beach.jpg'), photo('tent.jpg')] })
	await expect(message(page, 'From the last time')).toBeVisible()
	const photos = await said(bob, 'From the last time')
	await post(bob, { text: 'That beach again, please', replyTo: photos?.event ?? null })
	for (const [friend, emoji] of [
		[bob, '⛵'],
		[mia, '⛵'],
		[bob, '😍'],
	] as const) {
		const { key = '' } = (await said(friend, 'From the last time')) ?? {}
		must(await friend.api.react({ conversation, key, emoji, on: true }))
	}
	await post(mia, { text: list })
	await post(bob, { text: code })
	await post(mia, { text: '', files: [voice] })
	await post(bob, { text: 'And the map, @alice', files: [fileNamed('island map.pdf', 2_400_000)] })
	await expect(message(page, 'And the map')).toBeVisible()
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const inDialog = (page: Page) => expect(page.locator('dialog[open]')).toBeVisible()

/** `open` brings up the group. */
export function screensOfMessages(open: (page: Page) => Promise<void>): Screen[] {
	const inGroup = (name: string, act: (page: Page) => Promise<unknown>): Screen => ({
		name,
		path: '/',
		act: async (page) => {
			await open(page)
			await act(page)
		},
	})
	const byKey = (name: string, key: string, text = 'From the last time') =>
		inGroup(name, async (page) => {
			await message(page, text).first().focus()
			await page.keyboard.press(key)
			await inDialog(page)
		})
	const details = async (page: Page) => {
		await press(page, words('conversation_details'))
		await expect(page.getByRole('complementary')).toBeVisible()
	}
	return [
		inGroup('messages', (page) => message(page, 'From the last time').first().scrollIntoViewIfNeeded()),
		inGroup('message-menu', async (page) => {
			await message(page, 'The early boat').first().click({ button: 'right' })
			await expect(page.getByRole('menu')).toBeVisible()
		}),
		inGroup('reply', async (page) => {
			await message(page, 'The early boat').first().focus()
			await page.keyboard.press('r')
			await composer(page, 'Island in May').fill('See you there, **early**')
		}),
		byKey('message-info', 'i'),
		byKey('forward', 'f'),
		inGroup('talk-end', (page) => expect(message(page, 'And the map')).toBeInViewport()),
		inGroup('viewer', async (page) => {
			const photos = message(page, 'From the last time').first()
			await photos.scrollIntoViewIfNeeded()
			await photos.locator('button:has(img)').first().click()
			await inDialog(page)
		}),
		inGroup('files-to-send', async (page) => {
			const buffer = await photograph(page, 600, 400)
			await page.locator('[data-picker]').setInputFiles([
				{ name: 'harbour.jpg', mimeType: 'image/jpeg', buffer },
				{ name: 'tickets.pdf', mimeType: 'application/pdf', buffer },
			])
			await expect(page.locator('[data-file-tray]').getByRole('listitem')).toHaveCount(2)
		}),
		inGroup('voice', async (page) => {
			// A draft of an earlier picture would take the place of the microphone.
			await composer(page, 'Island in May').fill('')
			await press(page, words('composer_voice'))
			await expect(page.getByRole('timer')).toHaveText('0:01')
		}),
		inGroup('group-edit', async (page) => {
			await details(page)
			await press(page, words('group_edit'))
			await inDialog(page)
		}),
		inGroup('details-end', async (page) => {
			await details(page)
			await page.getByRole('button', { name: words('copy_html') }).scrollIntoViewIfNeeded()
		}),
		inGroup('lifetime', async (page) => {
			await details(page)
			await press(page, words('lifetime_menu'))
			await expect(page.getByRole('menu')).toBeVisible()
		}),
		inGroup('go-to-day', async (page) => {
			const button = page.getByRole('button', { name: words('jump_open') }).filter({ visible: true })
			// On a phone it stands in the details.
			if ((await button.count()) === 0) await details(page)
			await button.click()
			await inDialog(page)
		}),
		{
			name: 'search',
			path: '/search?q=early',
			act: (page) =>
				expect(
					page
						.getByRole('list', { name: words('search_results') })
						.getByRole('link')
						.first(),
				).toBeVisible(),
		},
		{ name: 'search-empty', path: '/search' },
		{
			name: 'notes',
			path: '/',
			act: (page) =>
				page
					.getByRole('link', { name: words('notes_title') })
					.first()
					.click(),
		},
		{
			name: 'archive-passphrase',
			path: '/settings/storage',
			act: async (page) => {
				await press(page, words('copy_archive'))
				await inDialog(page)
			},
		},
	]
}
