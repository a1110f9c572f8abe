/**
 * `npm run screenshots`: every screen of the real app, phone, tablet and desktop, light and dark, into docs/screenshots/
 * as `<screen>-<device>-<theme>.png`. One story makes the world; each picture is one row of `screens`.
 */
import { expect, test, type CDPSession, type Page } from '@playwright/test'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { messagesUntil, must } from '../support/watching.ts'
import { composer, expectMark, ownLink, signUp, write } from './app.ts'
import { newTab, openProfile, type Profile } from './profile.ts'
import { talkRichly, screensOfMessages } from './rich-talk.ts'
import { openBob, openGroup, screensOfAlice, screensOfVisitor, type Screen } from './shown-screens.ts'
import { joinByLink, type Friend } from './shots-people.ts'

const folder = 'docs/screenshots'
const devices = {
	desktop: { width: 1280, height: 800 },
	tablet: { width: 820, height: 1180 },
	phone: { width: 390, height: 844 },
} as const
type Device = keyof typeof devices
const themes = ['light', 'dark'] as const

let data: string
let server: ServerProcess
let alice: Profile
let visitor: Profile
const friends: Friend[] = []

test.beforeAll(async () => {
	test.setTimeout(360_000)
	await mkdir(folder, { recursive: true })
	data = await mkdtemp(join(tmpdir(), 'kith-shots-'))
	server = await startServerProcess({ data, env: { KITH_GUESTS: 'on' } })
	// Sharp on the screens that people read them on.
	const context = { deviceScaleFactor: 2 }
	alice = await openProfile({ port: server.port, context })
	visitor = await openProfile({ port: server.port, context })
})

test.afterAll(async () => {
	await Promise.all(friends.map(({ api }) => api.close()))
	for (const profile of [alice, visitor]) await profile?.close()
	await server?.stop()
	if (data !== undefined) await rm(data, { recursive: true, force: true })
})

/** One screen on every device in every theme; the page stays where it is. */
async function takeAll(page: Page, name: string): Promise<void> {
	for (const device of ['desktop', 'tablet', 'phone'] as const) {
		for (const theme of themes) await take(page, { name, device, theme })
	}
}

/** What one session of the developer tools switched on, no other switches off. */
const hands = new Map<Page, CDPSession>()

/** The page on this device from now on: its size, and fingers instead of a mouse. */
async function hold(page: Page, device: Device): Promise<void> {
	await page.setViewportSize(devices[device])
	const devtools = hands.get(page) ?? (await page.context().newCDPSession(page))
	hands.set(page, devtools)
	await devtools.send('Emulation.setTouchEmulationEnabled', { enabled: device !== 'desktop' })
}

interface Picture {
	readonly name: string
	readonly device: Device
	readonly theme: (typeof themes)[number]
}

async function take(page: Page, { name, device, theme }: Picture): Promise<void> {
	await hold(page, device)
	await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
	await page.evaluate(() => document.fonts.ready)
	await page.screenshot({ path: join(folder, `${name}-${device}-${theme}.png`), animations: 'disabled', caret: 'hide' })
}

async function show(page: Page, { name, path, act }: Screen): Promise<void> {
	for (const device of ['desktop', 'tablet', 'phone'] as const) {
		await hold(page, device)
		await page.goto(new URL(path, server.origin).href)
		await expect(page.getByRole('heading').first()).toBeVisible()
		await act?.(page)
		for (const theme of themes) await take(page, { name, device, theme })
	}
}

test('every screen', async () => {
	test.setTimeout(600_000)
	const page = await newTab(alice)

	await test.step('the ways in', async () => {
		await page.goto(await server.setupLink())
		await page.getByLabel('Username').fill('alice')
		await page.getByLabel('Your name').fill('Alice Hart')
		await page.getByLabel('Password', { exact: true }).fill('ferry to the island')
		await expect(page.getByText(/^(Good|Strong)\./)).toBeVisible()
		await takeAll(page, 'set-up')
		await page.getByRole('button', { name: 'Continue' }).click()
		await expect(page.getByRole('list', { name: 'Recovery code, 15 words' })).toBeVisible()
		await takeAll(page, 'recovery-code')
		await page.getByRole('button', { name: 'I wrote them down' }).click()
		await takeAll(page, 'confirm-words')
		await page.getByRole('button', { name: 'Show the words again' }).click()
		await page.getByRole('button', { name: 'Start over' }).click()
		await hold(page, 'desktop')
		await signUp(page, { name: 'alice', displayName: 'Alice Hart', password: 'ferry to the island' })
		await expect(page.getByRole('heading', { name: 'Chats' })).toBeVisible()
	})

	await test.step('alone', async () => {
		await expect(page.getByRole('heading', { name: 'Invite a friend' })).toBeVisible()
		await expect(page.getByRole('img', { name: /QR/ })).toBeVisible()
		await takeAll(page, 'first-run')
	})

	await test.step('friends come', async () => {
		await hold(page, 'desktop')
		for (const [name, displayName] of newcomers) {
			friends.push(await joinByLink(server.origin, { name, displayName, link: await ownLink(page, 'new') }))
		}
		for (const displayName of ['Bob Lindqvist', 'Mia Okafor', 'Tess van der Meer']) {
			await page.getByRole('button', { name: `Accept ${displayName}` }).click()
			await expect(page.getByRole('list', { name: 'Your friends' }).getByText(displayName)).toBeVisible()
		}
	})

	await test.step('and talk', () => talk(page))

	await test.step('among many too', () => meet(page))

	const screens = [...screensOfAlice(server.origin), ...screensOfMessages(openGroup)]
	// Some of them, by name: for who works on those.
	const wanted = process.env['KITH_SCREENS']?.split(',')
	for (const screen of screens.filter(({ name }) => wanted?.includes(name) ?? true))
		await test.step(screen.name, () => show(page, screen))

	await test.step('offline', async () => {
		await hold(page, 'desktop')
		await openBob(page, server.origin)
		alice.wire.cut()
		await expect(page.getByText(/^Offline/)).toBeVisible()
		for (const text of ['In the tunnel now', 'You read this when I am out', 'Save me a seat']) {
			await write(page, 'Bob Lindqvist', text)
		}
		await expect(page.getByText('Offline. 3 messages wait to be sent.')).toBeVisible()
		await takeAll(page, 'offline')
		alice.wire.resume()
		await expectMark(page, 'Save me a seat', 'delivered')
	})

	await test.step('for visitors', async () => {
		const link = await ownLink(page, 'new')
		const guest = await newTab(visitor)
		const room = await openRoom()
		for (const screen of screensOfVisitor({ link, room })) await show(guest, screen)
	})

	await test.step('two of them are what a system shows before it installs the app', async () => {
		for (const device of ['desktop', 'phone']) {
			const [from, to] = [`conversation-${device}-light.png`, `conversation-${device}.png`]
			await copyFile(join(folder, from), join('static/screenshots', to))
		}
	})
})

/** Bob's, for whoever comes by. */
async function openRoom(): Promise<string> {
	const { api } = friends[0] as Friend
	const rules = { kind: 'room-open', history: 'shared', invite: 'admins', knock: 'no' } as const
	const made = await api.createGroup({ ...rules, name: 'Lobby', topic: 'For everybody', members: [] })
	const { conversation } = must(made)
	must(await api.post({ conversation, text: 'Welcome to everybody who comes by' }))
	await messagesUntil(api, conversation, (all) => all.length > 0 && all.every(({ mark }) => mark !== 'queued'))
	return conversation
}

const newcomers = [
	['bob', 'Bob Lindqvist'],
	['mia', 'Mia Okafor'],
	['tess', 'Tess van der Meer'],
	['sam', 'Sam Whitfield'],
] as const

/** As people take turns: what the other one says next comes after it. */
async function answer(page: Page, text: string): Promise<void> {
	await write(page, 'Bob Lindqvist', text)
	await expectMark(page, text, 'delivered')
}

async function talk(page: Page): Promise<void> {
	const [bob, mia, tess] = friends
	await tess?.say('Lovely, see you in May then')
	await bob?.say('Did you get home all right?')
	await openBob(page, server.origin)
	await answer(page, 'Yes, just before the rain. Thanks for the lift!')
	await bob?.say(
		'I found your scarf under the seat, by the way',
		'About Saturday: we could take the early boat and walk up from the other side. It is longer, but there is shade most of the way.',
		'Timetable: https://ferries.example/timetable?day=saturday (the 8:40 one)',
	)
	await expect(page.getByRole('log').getByText('Timetable:')).toBeVisible()
	await answer(page, 'I like that.')
	await answer(page, 'Shall I bring the stove, or do we trust the little place?')
	await bob?.say('Both', 'And bring Mia')
	await expect(page.getByRole('log').getByText('And bring Mia')).toBeVisible()
	await answer(page, 'I will ask her tonight')
	await mia?.say('Are you two going to the island?', 'Can I come too?', 'I make the sandwiches')
	await bob?.read('Shall I bring the stove, or do we trust the little place?')
	await expectMark(page, 'Shall I bring the stove, or do we trust the little place?', 'read')
	await expectMark(page, 'I will ask her tonight', 'delivered')
}

/** The group that the pictures show: made as everybody makes one. */
async function meet(page: Page): Promise<void> {
	const [bob, mia] = friends
	await page.goto(new URL('/', server.origin).href)
	await page.getByRole('button', { name: 'New chat' }).click()
	await page.getByRole('button', { name: 'New group' }).click()
	const chooser = page.getByRole('dialog')
	for (const name of ['Bob Lindqvist', 'Mia Okafor', 'Tess van der Meer']) await chooser.getByText(name).click()
	await page.getByRole('button', { name: 'Continue with 3 friends' }).click()
	await page.getByLabel('Name of the group').fill('Island in May')
	await page.getByLabel('Topic (optional)').fill('Boats, tents and sandwiches')
	await page.getByRole('button', { name: 'Create group' }).click()
	await expect(composer(page, 'Island in May')).toBeVisible()
	const conversation = new URL(page.url()).pathname.split('/').at(-1) ?? ''
	await write(page, 'Island in May', 'Here we are, all four of us')
	for (const [friend, text] of [
		[bob, 'The early boat leaves at 8:40, from the old pier'],
		[bob, 'I have the tickets'],
		[mia, 'And I have the sandwiches'],
	] as const) {
		must(await (friend as Friend).api.post({ conversation, text }))
		await expect(page.getByRole('log').getByText(text)).toBeVisible()
	}
	await talkRichly(friends, conversation, page)
}
