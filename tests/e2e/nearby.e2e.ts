import { expect, test, type Page } from '@playwright/test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { expectMark, expectTexts, message, openFriend, ownLink, signUp, write } from './app.ts'
import { hold, holdNothing } from './held-code.ts'
import { newTab, openProfile, type Profile } from './profile.ts'
import { scanCode } from './scan-code.ts'
import { expectAccessible } from './screen-checks.ts'
import { isKept } from './service-worker.ts'
import { words } from './wording.ts'

/** Two browsers with cameras, side by side, and no server: each sees what the other shows. */
let folder: string
let server: ServerProcess
let alice: Profile
let bob: Profile
let a: Page
let b: Page

const people = {
	alice: { name: 'alice', displayName: 'Alice', password: 'painting the roses red at noon' },
	bob: { name: 'bob', displayName: 'Bob', password: 'scoop muck dizzy roley lofty' },
}
const cameraOf = (name: string) => join(folder, `${name}.y4m`)

test.describe.configure({ mode: 'serial' })

test.beforeAll(async () => {
	test.setTimeout(360_000)
	folder = await mkdtemp(join(tmpdir(), 'kith-nearby-'))
	for (const name of ['alice', 'bob']) await holdNothing(cameraOf(name))
	server = await startServerProcess({ data: join(folder, 'server') })
	alice = await openProfile({ port: server.port, peers: true, camera: cameraOf('alice') })
	bob = await openProfile({
		...{ port: server.port, peers: true, camera: cameraOf('bob') },
		viewport: { width: 390, height: 844 },
	})
	a = await newTab(alice)
	await a.goto(await server.setupLink())
	await signUp(a, people.alice)
	await expect(a.getByRole('heading', { name: words('chats_title') })).toBeVisible()
	const link = await ownLink(a, 'new')
	b = await newTab(bob)
	await b.goto(link)
	await b.getByRole('button', { name: words('join_create') }).click()
	await signUp(b, people.bob)
	await a.goto(`${server.origin}/friends`)
	await a.getByRole('button', { name: words('friends_accept_name', { name: 'Bob' }) }).click()
	await openFriend(a, 'Bob')
	await openFriend(b, 'Alice')
})

test.afterAll(async () => {
	for (const profile of [alice, bob]) await profile?.close()
	await server?.stop()
	if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

const code = (page: Page) => page.getByRole('img', { name: words('nearby_qr') })

const heading = (page: Page, key: Parameters<typeof words>[0], said: Record<string, string> = {}) =>
	page.getByRole('heading', { name: words(key, said) })

async function start(page: Page): Promise<void> {
	await page.goto(new URL('/settings/nearby', page.url()).href)
	await page.getByRole('button', { name: words('nearby_start') }).click()
	await expect(code(page)).toBeVisible()
}

test('[L3][PEER17] two browsers without a server scan each other, and go on from there; it is placed once when there is one', async () => {
	test.setTimeout(240_000)
	const { origin, port } = server
	const [atAlice, atBob] = [a.url(), b.url()]

	await test.step('no server, and none since the pages were opened', async () => {
		for (const page of [a, b]) await isKept(page)
		await server.stop()
		await expect(fetch(origin)).rejects.toThrow()
		for (const page of [a, b]) await page.reload()
		await write(a, 'Bob', 'From the train')
		await expectMark(a, 'From the train', 'queued')
		await expectTexts(b, [])
	})

	await test.step('each shows a code, one is scanned, and its answer too', async () => {
		for (const page of [a, b]) await start(page)
		for (const page of [a, b]) await expectAccessible(page, 'a code to be scanned')
		// Its own, in a mirror.
		await hold(cameraOf('bob'), code(b))
		await expect(b.getByText(words('nearby_own'))).toBeVisible()
		await hold(cameraOf('bob'), code(a))
		await expect(heading(b, 'nearby_answer_title')).toBeVisible()
		await expectAccessible(b, 'an answer to be scanned')
		await hold(cameraOf('alice'), code(b))
		await expect(heading(a, 'nearby_met', { name: 'Bob' })).toBeVisible()
		await expect(heading(b, 'nearby_met', { name: 'Alice' })).toBeVisible()
		await expectAccessible(a, 'a device that was met')
	})

	await test.step('what waited is there, and what is said goes over', async () => {
		for (const page of [a, b]) await page.getByRole('link', { name: words('nearby_to_chats') }).click()
		await a.getByRole('link', { name: /Bob/ }).first().click()
		await b.getByRole('link', { name: /Alice/ }).first().click()
		await expectTexts(b, ['From the train'])
		await write(b, 'Alice', 'From the next seat')
		await expectTexts(a, ['From the train', 'From the next seat'])
		await expectMark(b, 'From the next seat', 'direct')
		await expect(fetch(origin)).rejects.toThrow()
		expect([a.url(), b.url()]).toEqual([atAlice, atBob])
	})

	await test.step('a server is there again: everything once', async () => {
		server = await startServerProcess({ data: join(folder, 'server'), port })
		await expect(message(a, 'From the train')).toHaveAttribute('data-mark', /^(delivered|read)$/)
		await expect(message(b, 'From the next seat')).toHaveAttribute('data-mark', /^(delivered|read)$/)
		for (const page of [a, b]) await expectTexts(page, ['From the train', 'From the next seat'])
	})
})

test('[L3][PEER17] who may not use the camera is told, and codes are carried by hand', async () => {
	// This browser is started with a yes to every question; here its person said no.
	await b.addInitScript(() => {
		navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))
	})
	for (const page of [a, b]) await start(page)
	await expect(b.getByText(words('nearby_camera_refused'))).toBeVisible()
	const take = async (page: Page, text: string) => {
		const field = page.getByLabel(words('nearby_typed'))
		if (!(await field.isVisible())) await page.getByText(words('nearby_by_hand')).click()
		await field.fill(text)
		await page.getByRole('button', { name: words('nearby_typed_action') }).click()
	}
	await take(b, 'https://example.org/')
	await expect(b.getByText(words('nearby_unreadable'))).toBeVisible()
	await expectAccessible(b, 'codes by hand')
	await take(b, (await scanCode(a, words('nearby_qr'))) ?? '')
	await expect(heading(b, 'nearby_answer_title')).toBeVisible()
	await take(a, (await scanCode(b, words('nearby_qr'))) ?? '')
	for (const page of [a, b]) await expect(page.getByRole('button', { name: words('nearby_another') })).toBeVisible()
	await b.getByRole('button', { name: words('nearby_another') }).click()
	await b.getByRole('button', { name: words('action_cancel') }).click()
	await expect(b.getByRole('button', { name: words('nearby_start') })).toBeVisible()
})
