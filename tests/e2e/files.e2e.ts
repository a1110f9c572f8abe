/** Files in a browser: chosen, pasted and dropped, spoken, looked at and saved; what goes along with a picture, and what does not. */
import { expect, test, type Page } from '@playwright/test'
import { readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesOfFile, fileNamed, filesUntil, hashOfNew } from '../support/files.ts'
import { must, until } from '../support/watching.ts'
import { createHash } from 'node:crypto'
import { atHome, type Home } from './at-home.ts'
import { composer } from './app.ts'
import { eachMediaScreen, sayMedia } from './media-screens.ts'
import { photograph, placeOfHome } from './photograph.ts'
import { cutWords, expectAccessible, smallTargets } from './screen-checks.ts'
import { meetBob } from './with-a-friend.ts'
import { words } from './wording.ts'

let home: Home

test.beforeAll(async () => {
	test.setTimeout(360_000)
	home = await atHome()
})
test.afterAll(() => home?.close())

const tray = (page: Page) => page.getByRole('list', { name: words('files_chosen') })
const send = (page: Page) => page.getByRole('button', { name: words('composer_send') }).click()

test('[M3] pictures, files and voice in a browser: sent, seen, heard and saved', async () => {
	test.setTimeout(360_000)
	const { tab, conversation: path, bob } = await meetBob(home.server, home.alice)
	const conversation = path.split('/').at(-1) as string
	const photo = await photograph(tab, 3000, 2000)
	const notes = Buffer.from('Tide at 7:12\n'.repeat(1000))

	await test.step('chosen by a file picker, shown, and sent: smaller, and without the place', async () => {
		expect(photo.includes(placeOfHome)).toBe(true)
		const picking = tab.waitForEvent('filechooser')
		await tab.getByRole('button', { name: words('composer_attach') }).click()
		await (
			await picking
		).setFiles([
			{ name: 'pier.jpeg', mimeType: 'image/jpeg', buffer: photo },
			{ name: 'tide table.txt', mimeType: 'text/plain', buffer: notes },
		])
		await expect(tab.getByText(words('files_tell'))).toHaveCount(0)
		await expect(tray(tab).getByRole('listitem')).toHaveCount(2)
		await composer(tab, 'Bob').fill('From the pier')
		await send(tab)
		await expect(tray(tab)).toHaveCount(0)
		const [picture, text] = await filesUntil({ api: bob }, conversation)
		expect(picture).toMatchObject({ name: 'pier.jpeg', mime: 'image/jpeg', picture: { width: 2048, height: 1365 } })
		expect(picture?.picture?.thumbhash.length).toBeGreaterThan(10)
		for (const file of [picture, text]) must(await bob.fetchFile({ conversation, blob: file?.blob ?? '' }))
		const sent = Buffer.from(await bytesOfFile(bob, conversation, picture as NonNullable<typeof picture>))
		expect([sent.includes(placeOfHome), sent.includes('Exif')]).toEqual([false, false])
		expect(Buffer.from(await bytesOfFile(bob, conversation, text as NonNullable<typeof text>)).equals(notes)).toBe(true)
	})

	await test.step('pasted and dropped: shown before anything goes, and taken out again', async () => {
		const bytes = [...(await photograph(tab, 40, 30))]
		await composer(tab, 'Bob').evaluate((field, all) => {
			const data = new DataTransfer()
			data.items.add(new File([new Uint8Array(all)], 'pasted.jpg', { type: 'image/jpeg' }))
			field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
			window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
		}, bytes)
		await expect(tray(tab).getByRole('listitem')).toHaveCount(2)
		for (let left = 1; left >= 0; left--) {
			const remove = tab.getByRole('button', { name: words('files_remove', { name: 'pasted.jpg' }) })
			await remove.first().click()
			await expect(tray(tab).getByRole('listitem')).toHaveCount(left)
		}
	})

	await test.step('what the browser cannot draw goes as a file, and that it may tell of its place is said before', async () => {
		const picker = tab.locator('[data-picker]')
		const tells = tab.getByText(words('files_tell'))
		await picker.setInputFiles({ name: 'broken.jpg', mimeType: 'image/jpeg', buffer: notes })
		await expect(tray(tab).getByText('broken.jpg')).toBeVisible()
		await expect(tells).toBeVisible()
		await tab.getByRole('button', { name: words('files_remove', { name: 'broken.jpg' }) }).click()
		await expect(tells).toHaveCount(0)
		await picker.setInputFiles({ name: 'IMG_0001.HEIC', mimeType: '', buffer: notes })
		await expect(tells).toBeVisible()
		await tab.getByRole('button', { name: words('files_remove', { name: 'IMG_0001.HEIC' }) }).click()
	})

	await test.step('while a film is encrypted it says how far that is; stopped, it is still chosen, and the words are back', async () => {
		const film = join(home.data, 'film.mkv')
		await writeFile(film, '')
		await truncate(film, 400 * 1024 * 1024)
		await tab.locator('[data-picker]').setInputFiles(film)
		await composer(tab, 'Bob').fill('Our film')
		await send(tab)
		const line = tab.getByRole('progressbar')
		await expect(line).toBeVisible()
		await expect.poll(async () => Number(await line.getAttribute('aria-valuenow'))).toBeGreaterThan(0)
		await tab.getByRole('button', { name: words('files_preparing_stop') }).click()
		await expect(line).toHaveCount(0)
		await expect(tray(tab)).toContainText('film.mkv')
		await expect(composer(tab, 'Bob')).toHaveValue('Our film')
		await expect(tab.getByRole('alert')).toHaveCount(0)
		await expect(tab.getByRole('article').filter({ hasText: 'Our film' })).toHaveCount(0)
		await tab.getByRole('button', { name: words('files_remove', { name: 'film.mkv' }) }).click()
		await composer(tab, 'Bob').fill('')
		await rm(film)
	})

	await test.step('while the server cannot keep files, that is said; it goes on when asked', async () => {
		const blobs = join(home.data, 'blobs')
		await rename(blobs, `${blobs}-away`)
		await writeFile(blobs, '')
		await tab.locator('[data-picker]').setInputFiles({ name: 'log.txt', mimeType: 'text/plain', buffer: notes })
		await send(tab)
		const waiting = tab.getByRole('article').filter({ hasText: 'log.txt' })
		await expect(waiting.getByRole('status')).toContainText(words('wire_files_unavailable'))
		await expectAccessible(tab, 'a file that waits for the server')
		// Tried at once, and every few seconds by itself: the last time it goes.
		await waiting.getByRole('button', { name: words('stalled_retry') }).click()
		await rm(blobs)
		await rename(`${blobs}-away`, blobs)
		await expect(waiting).toHaveAttribute('data-mark', /sent|delivered/)
		await expect(waiting.getByRole('status')).toHaveCount(0)
	})

	await test.step('what waits is taken back: a file, a picture, by the keyboard too', async () => {
		home.alice.wire.cut()
		const discard = tab.getByRole('button', { name: words('message_discard_action') })
		const waiting = tab.getByRole('article').and(tab.locator('[data-mark=queued]'))
		const chosen = [
			{
				name: 'wrong.txt',
				mimeType: 'text/plain',
				buffer: notes,
				stop: words('file_stop_sending', { name: 'wrong.txt' }),
			},
			{ name: 'wrong.jpg', mimeType: 'image/jpeg', buffer: photo, stop: words('picture_stop_sending') },
		]
		for (const { stop, ...file } of chosen) {
			await tab.locator('[data-picker]').setInputFiles(file)
			await send(tab)
			await waiting.getByRole('button', { name: stop }).click()
			await discard.click()
			await expect(waiting).toHaveCount(0)
		}
		await tab.getByRole('button', { name: words('composer_voice') }).click()
		await expect(tab.getByRole('timer')).toHaveText('0:01')
		await tab.getByRole('button', { name: words('voice_send') }).click()
		await waiting.getByRole('button', { name: words('voice_stop_sending') }).click()
		await discard.click()
		await expect(waiting).toHaveCount(0)
		await composer(tab, 'Bob').fill('wrong words')
		await tab.keyboard.press('Enter')
		await waiting.focus()
		await tab.keyboard.press('Enter')
		await tab.getByRole('menuitem', { name: words('message_stop') }).click()
		await discard.click()
		await expect(waiting).toHaveCount(0)
		home.alice.wire.resume()
	})

	await test.step('spoken, and heard again', async () => {
		await tab.getByRole('button', { name: words('composer_voice') }).click()
		await expect(tab.getByRole('timer')).toHaveText('0:02')
		await tab.getByRole('button', { name: words('voice_send') }).click()
		const voice = await until(bob, {
			view: 'conversation',
			of: conversation,
			is: (view) => view?.messages.at(-1)?.files[0]?.sound != null,
		})
		const file = voice?.messages.at(-1)?.files[0]
		expect(file?.sound?.durationMs).toBeGreaterThan(1500)
		expect(Math.max(...(file?.sound?.waveform ?? []))).toBeGreaterThan(0)
		expect(file?.mime).toMatch(/^audio\//)
		const note = tab.getByRole('group', { name: words('file_voice') }).last()
		await note.getByRole('button', { name: words('voice_play') }).click()
		await expect(note.getByRole('button', { name: words('voice_pause') })).toBeVisible()
		await note.getByRole('button', { name: words('voice_speed', { speed: '1' }) }).click()
		await expect(note.getByRole('button', { name: words('voice_speed', { speed: '1.5' }) })).toBeVisible()
		expect(await note.locator('audio').evaluate((audio: HTMLAudioElement) => audio.playbackRate)).toBe(1.5)
	})

	const large = fileNamed('charts.bin', 3_000_000)
	await test.step('pictures of others are looked at over the whole screen, one after the other', async () => {
		const picture = (name: string, buffer: Buffer) => ({
			...{ name, mime: 'image/jpeg', sound: null, file: new Blob([new Uint8Array(buffer)]) },
			picture: { width: 600, height: 400, thumbhash: new Uint8Array(0) },
		})
		const files = [picture('one.jpg', await photograph(tab, 600, 400)), picture('two.jpg', photo)]
		must(await bob.post({ conversation, text: '', files }))
		const tiles = tab.getByRole('button', { name: words('picture_open') })
		await expect(tiles).toHaveCount(3)
		await tiles.nth(1).click()
		const viewer = tab.getByRole('dialog', { name: words('viewer_title') })
		await expect(viewer.getByRole('img')).toBeVisible()
		await tab.keyboard.press('ArrowRight')
		await expect(viewer.getByRole('button', { name: words('viewer_next') })).toBeDisabled()
		await viewer.getByRole('button', { name: words('viewer_zoom_in') }).click()
		await expect(viewer.getByRole('button', { name: words('viewer_zoom_out') })).toBeVisible()
		const saving = tab.waitForEvent('download')
		await viewer.getByRole('button', { name: words('file_save', { name: 'two.jpg' }) }).click()
		expect((await readFile(await (await saving).path())).equals(photo)).toBe(true)
		await tab.keyboard.press('Escape')
		await expect(viewer).toHaveCount(0)
	})

	await test.step('a picture that is deleted while somebody looks at it is on no screen any more', async () => {
		const file = new Blob([new Uint8Array(await photograph(tab, 60, 40))])
		const picture = { width: 60, height: 40, thumbhash: new Uint8Array(0) }
		const gone = { name: 'gone.jpg', mime: 'image/jpeg', sound: null, file, picture }
		const { key } = must(await bob.post({ conversation, text: 'Look quickly', files: [gone] }))
		const row = tab.getByRole('article').filter({ hasText: 'Look quickly' })
		await row.getByRole('button', { name: words('picture_open') }).click()
		const viewer = tab.getByRole('dialog', { name: words('viewer_title') })
		await expect(viewer.getByRole('img')).toBeVisible()
		must(await bob.deleteForEveryone({ conversation, key }))
		await expect(viewer).toHaveCount(0)
		await expect(row).toHaveCount(0)
	})

	await test.step('a picture goes as large as it is where one says so, and without the place all the same', async () => {
		await tab.locator('[data-picker]').setInputFiles({ name: 'wide.jpg', mimeType: 'image/jpeg', buffer: photo })
		await tab.getByRole('switch', { name: words('files_smaller') }).click()
		await send(tab)
		const view = await until(bob, {
			view: 'conversation',
			of: conversation,
			is: (now) => now?.messages.at(-1)?.files[0]?.name === 'wide.jpg',
		})
		const [file] = view?.messages.at(-1)?.files ?? []
		expect(file?.picture).toMatchObject({ width: 3000, height: 2000 })
		must(await bob.fetchFile({ conversation, blob: file?.blob ?? '' }))
		const sent = Buffer.from(await bytesOfFile(bob, conversation, file as NonNullable<typeof file>))
		expect([sent.includes(placeOfHome), sent.includes('Exif')]).toEqual([false, false])
	})

	await test.step('a file is saved, byte for byte, and again with no network', async () => {
		must(await bob.post({ conversation, text: 'Charts', files: [large] }))
		for (const offline of [false, true]) {
			if (offline) home.alice.wire.cut()
			const saving = tab.waitForEvent('download')
			await tab.getByRole('button', { name: words('file_save', { name: 'charts.bin' }) }).click()
			const saved = await readFile(await (await saving).path())
			expect(createHash('sha256').update(saved).digest('hex')).toBe(await hashOfNew(large))
		}
		home.alice.wire.resume()
	})

	await test.step('forwarded: what goes along is said, and it waits where there is no network', async () => {
		home.alice.wire.cut()
		await tab.getByRole('article').filter({ hasText: 'From the pier' }).click({ button: 'right' })
		await tab.getByRole('menuitem', { name: words('message_forward'), exact: true }).click()
		const dialog = tab.getByRole('dialog', { name: words('forward_title') })
		const goesAlong = dialog.getByRole('region', { name: words('forward_files') })
		await expect(goesAlong.getByRole('listitem')).toHaveText([
			new RegExp(`^${words('file_picture')}`),
			/^tide table\.txt\s*13/,
		])
		await expectAccessible(tab, 'forward with files')
		await dialog.getByText(words('notes_title'), { exact: true }).click()
		await dialog.getByRole('button', { name: words('forward_action'), exact: true }).click()
		await expect(dialog).toHaveCount(0)
		await tab
			.getByRole('link', { name: new RegExp(`^${words('notes_title')}`) })
			.first()
			.click()
		const forwarded = tab.getByRole('article').filter({ hasText: 'From the pier' })
		await expect(forwarded).toHaveAttribute('data-mark', 'queued')
		await expect(forwarded.getByRole('button', { name: words('picture_open') })).toBeVisible()
		await expect(forwarded).toContainText('tide table.txt')
		home.alice.wire.resume()
		await expect(forwarded).toHaveAttribute('data-mark', 'sent', { timeout: 60_000 })
	})

	await test.step('[P1] what media bring onto the screen keeps the rules, on a phone and at 200 % too', async () => {
		await tab.goto(`${home.server.origin}${path}`)
		await sayMedia(bob, conversation, tab)
		await eachMediaScreen(tab, async (where) => {
			await expectAccessible(tab, where)
			await tab.setViewportSize({ width: 390, height: 844 })
			expect(await smallTargets(tab, 24), where).toEqual([])
			await tab.evaluate(() => (document.documentElement.style.fontSize = '200%'))
			await expect.poll(() => cutWords(tab), { message: `${where} at 200 %` }).toEqual([])
			await tab.evaluate(() => (document.documentElement.style.fontSize = ''))
			await tab.setViewportSize({ width: 1280, height: 800 })
		})
	})

	expect(home.alice.errors).toEqual([])
	expect(home.alice.mainThread).toEqual([])
})
