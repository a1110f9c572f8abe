/** What media bring onto the screen of a conversation, one after the other, in whatever language it speaks. */
import { expect, type Page } from '@playwright/test'
import type { ConversationId, KithApi } from '#core/api.ts'
import { fileNamed } from '../support/files.ts'
import { must } from '../support/watching.ts'
import { photograph } from './photograph.ts'

/** Names without letters: what is not in a catalogue is looked for. */
const [document, picture] = ['7-1', '7-2']

/** Two pictures and a file in one message. */
export async function sayMedia(api: KithApi, conversation: ConversationId, page: Page): Promise<void> {
	const drawn = new Blob([new Uint8Array(await photograph(page, 600, 400))])
	const facts = { mime: 'image/jpeg', sound: null, picture: { width: 600, height: 400, thumbhash: new Uint8Array(0) } }
	const pictures = [`${picture}.1`, `${picture}.2`].map((name) => ({ name, file: drawn, ...facts }))
	must(await api.post({ conversation, text: '', files: [...pictures, fileNamed(document, 20_000)] }))
}

/** The conversation in which `sayMedia` spoke is open; `look` is asked of each screen. */
export async function eachMediaScreen(page: Page, look: (where: string) => Promise<void>): Promise<void> {
	const message = page.getByRole('log').getByRole('article').filter({ hasText: document }).last()
	const dialog = page.locator('dialog[open]')
	const tile = message.locator('button:has(img)').first()
	await expect(tile).toBeVisible()

	const buffer = await photograph(page, 60, 40)
	await page.locator('[data-picker]').setInputFiles([
		{ name: picture, mimeType: 'image/jpeg', buffer },
		{ name: document, mimeType: 'application/pdf', buffer },
	])
	const tray = page.locator('[data-file-tray]')
	await expect(tray.getByRole('listitem')).toHaveCount(2)
	await look('files to send')
	for (const left of [1, 0]) {
		await tray.getByRole('listitem').first().getByRole('button').click()
		await expect(tray.getByRole('listitem')).toHaveCount(left)
	}

	// Beside the one that sends, while there is nothing to send.
	await page.locator('button:has(+ button[type=submit])').click()
	await expect(page.getByRole('timer')).toHaveText('0:01')
	await look('voice recorder')
	await page.getByRole('timer').locator('xpath=..').getByRole('button').first().click()
	await expect(page.getByRole('timer')).toHaveCount(0)

	await tile.click()
	await expect(dialog.getByRole('img')).toBeVisible()
	await look('viewer')
	await page.keyboard.press('Escape')
	await expect(dialog).toHaveCount(0)

	for (const [key, where] of [
		['f', 'forward'],
		['i', 'message info'],
	] as const) {
		await message.focus()
		await page.keyboard.press(key)
		await expect(dialog).toBeVisible()
		await look(where)
		await page.keyboard.press('Escape')
		await expect(dialog).toHaveCount(0)
	}
}
