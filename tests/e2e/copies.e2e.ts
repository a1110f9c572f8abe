/** Copies in a browser: saved as a person saves them, opened with another program, and read where there is no network. */
import { expect, test, type Page } from '@playwright/test'
import { unzipSync } from 'fflate'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { must } from '../support/watching.ts'
import { atHome, type Home } from './at-home.ts'
import { composer, message } from './app.ts'
import { greeting, meetBob } from './with-a-friend.ts'
import { words } from './wording.ts'

let home: Home

test.beforeAll(async () => {
	test.setTimeout(360_000)
	home = await atHome()
})
test.afterAll(() => home?.close())

const notes = Buffer.from('Tide at 7:12\n'.repeat(1000))

async function picture(page: Page): Promise<Buffer> {
	const bytes = await page.evaluate(async () => {
		const canvas = new OffscreenCanvas(60, 40)
		canvas.getContext('2d')?.fillRect(5, 5, 20, 20)
		return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())]
	})
	return Buffer.from(bytes)
}

/** Where a browser cannot ask for a file. */
const withoutPicker = () => void Reflect.deleteProperty(window, 'showSaveFilePicker')

/** The dialog of the system is not ours to test: a file of the browser's own stands for the one that is chosen. */
const withPicker = () =>
	Object.assign(window, {
		showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) => {
			Object.assign(window, { chosen: suggestedName })
			return (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true })
		},
	})

async function chosenFile(page: Page): Promise<Buffer> {
	const bytes = await page.evaluate(async () => {
		const { chosen } = window as unknown as { chosen: string }
		const handle = await (await navigator.storage.getDirectory()).getFileHandle(chosen)
		return [...new Uint8Array(await (await handle.getFile()).arrayBuffer())]
	})
	return Buffer.from(bytes)
}

test('[A6][M7] copies are saved: unzipped and read with no network, or sealed and opened again', async () => {
	test.setTimeout(360_000)
	const { tab, conversation: path, bob } = await meetBob(home.server, home.alice)
	const conversation = path.split('/').at(-1) as string
	const png = await picture(tab)
	const file = (name: string, mime: string, bytes: Buffer) => ({
		...{ name, mime, picture: null, sound: null, file: new Blob([new Uint8Array(bytes)]) },
	})
	const files = [file('pier.png', 'image/png', png), file('tide table.txt', 'text/plain', notes)]
	must(await bob.post({ conversation, text: 'From the pier', files }))
	await expect(message(tab, 'From the pier')).toBeVisible()
	const folder = await mkdtemp(join(tmpdir(), 'kith-copy-'))
	const button = (name: 'copy_html' | 'copy_json') => tab.getByRole('button', { name: words(name) })

	await test.step('as a download, and opened from the folder that it becomes', async () => {
		await tab.evaluate(withoutPicker)
		await tab.getByRole('button', { name: words('conversation_details'), exact: true }).click()
		const saving = tab.waitForEvent('download')
		await button('copy_html').click()
		const download = await saving
		expect(download.suggestedFilename()).toMatch(/^Bob .*\.zip$/)
		const zip = unzipSync(await readFile(await download.path()))
		expect(Object.keys(zip)).toEqual(['files/1 pier.png', 'files/2 tide table.txt', 'index.html'])
		expect([png.equals(zip['files/1 pier.png'] ?? png), notes.equals(zip['files/2 tide table.txt'] ?? png)]).toEqual([
			true,
			true,
		])
		for (const [name, bytes] of Object.entries(zip)) {
			await mkdir(dirname(join(folder, name)), { recursive: true })
			await writeFile(join(folder, name), bytes)
		}
		await home.alice.context.setOffline(true)
		const page = await home.alice.context.newPage()
		await page.goto(pathToFileURL(join(folder, 'index.html')).href)
		await expect(page.getByText(greeting)).toBeVisible()
		await expect
			.poll(() => page.getByRole('img', { name: 'pier.png' }).evaluate((img: HTMLImageElement) => img.naturalWidth))
			.toBe(60)
		const link = page.getByRole('link', { name: 'tide table.txt' })
		const href = await link.evaluate((one: HTMLAnchorElement) => one.href)
		expect(href).toBe(pathToFileURL(join(folder, 'files/2 tide table.txt')).href)
		await page.close()
		await home.alice.context.setOffline(false)
		await rm(folder, { recursive: true })
	})

	await test.step('into a file that is chosen', async () => {
		await tab.evaluate(withPicker)
		await button('copy_json').click()
		await expect(button('copy_json')).toBeVisible()
		await expect.poll(async () => (await chosenFile(tab)).length).toBeGreaterThan(notes.length)
		const zip = unzipSync(await chosenFile(tab))
		expect(Object.keys(zip)).toEqual(['files/1 pier.png', 'files/2 tide table.txt', 'messages.json'])
		expect(notes.equals(zip['files/2 tide table.txt'] ?? png)).toBe(true)
	})

	await test.step('the whole account, without files', async () => {
		await tab.evaluate(withoutPicker)
		await tab.goto(`${home.server.origin}/settings/storage`)
		await tab.evaluate(withoutPicker)
		await tab.getByRole('switch', { name: words('copy_files') }).click()
		const saving = tab.waitForEvent('download')
		await button('copy_json').click()
		const exported = JSON.parse(await readFile(await (await saving).path(), 'utf8')) as { account: { name: string } }
		expect(exported.account.name).toBe('alice')
	})

	const passphrase = 'seven lamps under the old pier'
	const archive = join(await mkdtemp(join(tmpdir(), 'kith-archive-')), 'all.kith')
	await test.step('as an archive under a passphrase, with files', async () => {
		await tab.getByRole('switch', { name: words('copy_files') }).click()
		await tab.getByRole('button', { name: words('copy_archive') }).click()
		const dialog = tab.getByRole('dialog', { name: words('copy_archive') })
		const field = dialog.getByLabel(words('copy_archive_passphrase'), { exact: true })
		const save = dialog.getByRole('button', { name: words('copy_archive_save') })
		await field.fill('pier')
		await expect(save).toBeDisabled()
		await field.fill(passphrase)
		const saving = tab.waitForEvent('download')
		await save.click()
		const download = await saving
		expect(download.suggestedFilename()).toMatch(/^Kith .*\.kith$/)
		await download.saveAs(archive)
		expect((await readFile(archive)).includes('Bob')).toBe(false)
	})

	await test.step('which is opened as copies: in the list, read, found, and deleted', async () => {
		const choosing = tab.waitForEvent('filechooser')
		await tab.getByRole('button', { name: words('copies_choose') }).click()
		await (await choosing).setFiles(archive)
		const dialog = tab.getByRole('dialog', { name: words('copies_open_title', { name: 'all.kith' }) })
		const field = dialog.getByLabel(words('copy_archive_passphrase'), { exact: true })
		await field.fill('seven lamps under the new pier')
		await dialog.getByRole('button', { name: words('copies_open') }).click()
		await expect(dialog.getByText(words('err_wrong_passphrase'))).toBeVisible()
		await field.fill(passphrase)
		await dialog.getByRole('button', { name: words('copies_open') }).click()
		await expect(dialog).toHaveCount(0)

		await tab.goto(home.server.origin)
		const { host } = new URL(home.server.origin)
		const mark = words('copies_mark', { instance: host })
		const row = tab.getByRole('list', { name: words('chats_list') }).getByRole('link', { name: `${mark} Bob` })
		await row.click()
		await expect(message(tab, greeting)).toBeVisible()
		await expect(tab.getByText(words('copies_not_writable'))).toBeVisible()
		await expect(composer(tab, 'Bob')).toHaveCount(0)
		await tab.reload()
		await expect(message(tab, greeting)).toBeVisible()
		// No server knows this conversation: its files came with it.
		const saving = tab.waitForEvent('download')
		await tab.getByRole('button', { name: words('file_save', { name: 'tide table.txt' }) }).click()
		expect(notes.equals(await readFile(await (await saving).path()))).toBe(true)
		await tab.getByRole('button', { name: words('conversation_details'), exact: true }).click()
		await tab.getByRole('button', { name: words('copies_delete') }).click()
		const asked = tab.getByRole('dialog', { name: words('copies_delete_title', { name: 'Bob' }) })
		await asked.getByRole('button', { name: words('copies_delete') }).click()
		await expect(row).toHaveCount(0)
		await rm(dirname(archive), { recursive: true })
	})

	expect(home.alice.errors).toEqual([])
})
