import { expect, test, type Page } from '@playwright/test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pseudoMarks, type PseudoLocale } from '../support/pseudo-locale.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { signUp } from './app.ts'
import { groupWithAlice } from './group-with.ts'
import { eachMediaScreen, sayMedia } from './media-screens.ts'
import { newTab, openProfile, type Profile } from './profile.ts'
import { preparePseudoBuild } from './pseudo-build.ts'
import { cutWords } from './screen-checks.ts'
import { conversationWithAlice, joinByLink, type Friend } from './shots-people.ts'
import { administrationPaths } from './with-a-friend.ts'

/** Every screen in a language that is longer, and in one that runs from right to left. */
let data: string
let server: ServerProcess
let alice: Profile
let page: Page
const friends: Friend[] = []
let group: string
let direct: string

const viewports = [
	{ width: 390, height: 844 },
	{ width: 820, height: 1180 },
	{ width: 1280, height: 800 },
]
const unknown = 'AAAAAAAAAAAAAAAAAAAAAA'
const doors = [
	...['/sign-in', '/recover', '/setup', '/i#broken', '/nowhere'],
	...['/look', `/look/${unknown}`, `/look/${unknown}/join`],
]
const rooms = [
	...['/', '/rooms', '/rooms/new', '/friends', '/friends/add', '/alerts', '/search', '/share', '/settings'],
	...['profile', 'appearance', 'privacy', 'notifications', 'devices', 'storage', 'about', ...administrationPaths].map(
		(section) => `/settings/${section}`,
	),
	`/c/${unknown}`,
]

test.beforeAll(async () => {
	test.setTimeout(360_000)
	data = await mkdtemp(join(tmpdir(), 'kith-languages-'))
	server = await startServerProcess({ data, root: await preparePseudoBuild(), env: { KITH_GUESTS: 'on' } })
	alice = await openProfile({ port: server.port })
	page = await newTab(alice)
})

test.afterAll(async () => {
	await Promise.all(friends.map(({ api }) => api.close()))
	await alice?.close()
	await server?.stop()
	if (data !== undefined) await rm(data, { recursive: true, force: true })
})

const speak = (locale: PseudoLocale | 'en') =>
	page.evaluate((chosen) => localStorage.setItem('kith.locale', chosen), locale)

/** The screen stands, and what it waits for has come. */
async function open(path: string): Promise<void> {
	await page.goto(`${server.origin}${path}`)
	await expect(page.getByRole('heading', { level: 1 }).filter({ visible: true }).first()).toBeVisible()
	await expect(page.getByRole('status', { name: /\S/ })).toHaveCount(0)
}

/** Words on screen, or said by it, that no catalogue brought. Names, codes, dates and keys are nobody's to translate. */
function plainWords(marks: readonly [string, string]): Promise<string[]> {
	return page.evaluate(([begin, end]) => {
		const isFree = (element: Element) =>
			element.closest('bdi, time, data, kbd, pre, [translate=no], [dir=ltr], #svelte-announcer, dd, .avatar') !== null
		const isOurs = (text: string) => text.includes(begin) && text.includes(end)
		const needed = (text: string) => /\p{L}{2}/u.test(text)
		const found: string[] = []
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
		for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
			const [text, parent] = [node.textContent?.trim() ?? '', node.parentElement]
			if (parent === null || !parent.checkVisibility() || isFree(parent)) continue
			// A message with a name in it is one text for each part of it.
			const whole = parent.closest('p, li, dt, label, button, a, h1, h2, h3, legend, span')?.textContent ?? ''
			if (needed(text) && !isOurs(text) && !isOurs(whole)) found.push(text)
		}
		for (const element of document.body.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
			for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
				const text = element.getAttribute(name) ?? ''
				if (needed(text) && !isOurs(text) && !isFree(element) && !['Alice', 'Bob'].includes(text))
					found.push(`${name}: ${text}`)
			}
		}
		if (!isOurs(document.title)) found.push(document.title)
		return found
	}, marks)
}

async function expectRoomEverywhere(paths: readonly string[]): Promise<void> {
	for (const path of paths) {
		await open(path)
		await expectRoomHere(path)
	}
}

async function expectRoomHere(where: string): Promise<void> {
	await expect.poll(() => plainWords(pseudoMarks), { message: where }).toEqual([])
	for (const viewport of viewports) {
		await page.setViewportSize(viewport)
		await expect.poll(() => cutWords(page), { message: `${where} at ${viewport.width}` }).toEqual([])
	}
}

/** A group with what happened in it, its details, and what is asked before somebody leaves. */
async function expectRoomInGroup(group: string): Promise<void> {
	await open(`/c/${group}`)
	await expect(page.locator('[data-line]').first()).toBeVisible()
	await expectRoomHere('a group')
	await page.locator('#pane header button').last().click()
	await expect(page.locator('aside ul')).toBeVisible()
	await expectRoomHere('details of a group')
	await page.setViewportSize({ width: 1280, height: 800 })
	await page.locator('aside section button').last().click()
	await expect(page.getByRole('dialog')).toBeVisible()
	await expectRoomHere('leaving a group')
}

/** What media bring onto the screen: files to send, the recorder, the viewer, and what is asked of a message that has some. */
async function expectRoomForMedia(): Promise<void> {
	await page.setViewportSize({ width: 1280, height: 800 })
	await open(`/c/${direct}`)
	await eachMediaScreen(page, expectRoomHere)
}

test('[P2] every word comes from the catalogue and has room for forty percent more, on every screen', async () => {
	test.setTimeout(240_000)
	const link = await server.setupLink()
	await page.goto(`${server.origin}/sign-in`)
	await speak('en-XA')
	await expectRoomEverywhere([...doors, link.replace(server.origin, '')])
	await speak('en')
	await page.goto(link)
	await page.reload()
	await signUp(page, { name: 'alice', displayName: 'Alice', password: 'painting the roses red at noon' })
	await expect(page.getByText(/\/i#/)).toBeVisible({ timeout: 60_000 })
	const url = /https?:\S+/.exec(await page.getByText(/\/i#/).innerText())?.[0] ?? ''
	await speak('en-XA')
	await expectRoomEverywhere(['/'])
	friends.push(await joinByLink(server.origin, { name: 'bob', displayName: 'Bob', link: url }))
	await expectRoomEverywhere(['/friends'])
	await page.getByRole('button', { name: /Bob/ }).first().click()
	await friends[0]?.say('Good morning')
	await expectRoomEverywhere(rooms)
	group = await groupWithAlice((friends[0] as Friend).api)
	await expectRoomInGroup(group)
	direct = await conversationWithAlice((friends[0] as Friend).api)
	await sayMedia((friends[0] as Friend).api, direct, page)
	await expectRoomForMedia()
})

test('[P2] from right to left everything mirrors', async () => {
	test.setTimeout(120_000)
	await speak('ar-XB')
	// The sections of the administration share one frame.
	await expectRoomEverywhere(rooms.filter((path) => !path.startsWith('/settings/administration/')))
	await expectRoomInGroup(group)
	await expectRoomForMedia()
	await page.setViewportSize({ width: 1280, height: 800 })
	await open('/')
	await expect(page.locator('html')).toHaveAttribute('dir', 'rtl')
	const middle = async (selector: string) => {
		const box = await page.locator(selector).filter({ visible: true }).first().boundingBox()
		return (box?.x ?? 0) + (box?.width ?? 0) / 2
	}
	const [rail, list, pane] = [await middle('nav'), await middle('section'), await middle('#pane')]
	expect(rail).toBeGreaterThan(list)
	expect(list).toBeGreaterThan(pane)
	// The way back points to where it leads.
	await page.setViewportSize({ width: 390, height: 844 })
	await open('/settings/about')
	const back = page.locator('header a[href="/settings"]').locator('xpath=..')
	expect(await back.evaluate((element) => getComputedStyle(element).scale)).toBe('-1 1')
})
