import { expect, test, type Locator, type Page } from '@playwright/test'
import { composer, expectMark, flip, message, write } from './app.ts'
import { hostile } from './hostile-markdown.ts'
import { expectAccessible } from './screen-checks.ts'
import { twoPeople, type TwoPeople } from './two-people.ts'
import { words } from './wording.ts'

/** One conversation, as Alice has it in her browser; Bob writes to her without one. */
let people: TwoPeople
let page: Page

test.describe.configure({ mode: 'serial' })

test.beforeAll(async () => {
	test.setTimeout(360_000)
	people = await twoPeople()
	page = people.page
	await people.alice.context.grantPermissions(['clipboard-read', 'clipboard-write'])
})
test.afterAll(() => people?.close())

/** Scrolling back loads what is not here yet: on a busy machine, one page after the other. */
const patience = 60_000

const log = () => page.getByRole('log')
const rows = () => log().locator('[data-key]')
const field = () => composer(page, 'Bob')
const said = (text: string): Locator => message(page, text)
const button = (key: string) => page.getByRole('button', { name: words(key), exact: true })
/** Where it stands in the window, pixels from its top. */
const topOf = async (text: string) => (await said(text).boundingBox())?.y ?? Number.NaN

test('[M2] Markdown is drawn, and its links are safe and say where they lead', async () => {
	await people.bob.say(
		'5. About **Saturday**: the `8:40` boat, see [the map](https://maps.example/x) or https://ferries.example/a_b_c',
	)
	const row = said('About Saturday')
	await expect(row.locator('ol')).toHaveAttribute('start', '5')
	await expect(row.locator('strong')).toHaveText('Saturday')
	await expect(row.locator('code')).toHaveText('8:40')
	await expect(row).toContainText('the map (maps.example)')
	const links = await row
		.locator('a')
		.evaluateAll((all) => all.map((link) => ['href', 'rel', 'target'].map((name) => link.getAttribute(name))))
	const apart = ['noopener noreferrer nofollow', '_blank']
	expect(links).toEqual([
		['https://maps.example/x', ...apart],
		['https://ferries.example/a_b_c', ...apart],
	])
})

test('[M2] code has the colours of the language that it names, and its lines stand where they stood', async () => {
	const code = ['// The boat leaves at', "export const boat = { at: '8:40', seats: 12 }"].join('\n')
	await people.bob.say('```ts\n' + code + '\n```', '```nobody-knows\n' + code + '\n```')
	const [coloured, plain] = [log().locator('pre').nth(-2), log().locator('pre').last()]
	await expect(coloured.locator('.hljs-keyword')).toHaveText(['export', 'const'])
	await expect(coloured.locator('.hljs-string')).toHaveText("'8:40'")
	await expect(coloured).toHaveText(code)
	await expect(plain).toHaveText(code)
	await expect(plain.locator('span')).toHaveCount(0)
	const sizeOf = async (block: Locator) => {
		const { width, height } = (await block.boundingBox())!
		// A line in pieces is measured piece by piece, in 64ths of a pixel.
		return { width: Math.round(width), height }
	}
	expect(await sizeOf(coloured)).toEqual(await sizeOf(plain))
	expect(people.alice.strays).toEqual([])
	await expectAccessible(page, 'code')
})

test('[M2] no text becomes more than text: a hostile corpus in a real browser', async () => {
	await people.bob.say(...hostile)
	await people.bob.say('the corpus ends')
	await expect(said('the corpus ends')).toBeVisible()
	for (const end = Date.now() + patience; Date.now() < end && (await said('About Saturday').count()) === 0;) {
		await log().hover()
		await page.mouse.wheel(0, -1_500)
		await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)))
		await checkNothingSlipped()
	}
	await expect(said('About Saturday')).toBeVisible()
	await checkNothingSlipped()
	expect(people.alice.strays).toEqual([])
	await log().press('End')
	await expect(said('the corpus ends')).toBeInViewport()
})

const allowed =
	'ARTICLE DIV SPAN P BR STRONG EM DEL CODE PRE BLOCKQUOTE UL OL LI A HR TABLE THEAD TBODY TR TH TD TIME BUTTON'

async function checkNothingSlipped(): Promise<void> {
	const found = await rows().evaluateAll((articles, names) => {
		const wrong: string[] = []
		for (const element of articles.flatMap((article) => [...article.querySelectorAll('*')])) {
			if (element.namespaceURI !== 'http://www.w3.org/1999/xhtml') continue // our own icons
			const isDrawn = element.closest('.markdown') !== null
			if (!names.split(' ').includes(element.tagName)) wrong.push(element.outerHTML)
			for (const { name, value } of element.attributes) {
				if (name.startsWith('on') || (isDrawn && ['style', 'src', 'srcdoc', 'id', 'name'].includes(name)))
					wrong.push(element.outerHTML)
				if (name === 'href' && !/^https?:/.test(value)) wrong.push(element.outerHTML)
			}
		}
		return wrong
	}, allowed)
	expect(found).toEqual([])
	expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined()
	await expect(page.locator('.markdown :is(svg, math, img, form, input, style)')).toHaveCount(0)
}

test('[M2] a reply quotes what it answers, jumps to it, and Escape takes it back', async () => {
	await said('the corpus ends').hover()
	await button('message_reply').click()
	await expect(page.getByText(words('reply_to', { name: 'Bob' }))).toBeVisible()
	await expect(field()).toBeFocused()
	await page.keyboard.press('Escape')
	await expect(page.getByText(words('reply_to', { name: 'Bob' }))).toBeHidden()

	await people.bob.say(...Array.from({ length: 40 }, (_, i) => `filler ${i}`))
	await people.bob.say('where was that?')
	await expect(said('where was that?')).toBeInViewport()
	await page.getByRole('log').hover()
	for (const end = Date.now() + patience; Date.now() < end && !(await isInView('the corpus ends'));) {
		await page.mouse.wheel(0, -600)
		await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)))
	}
	await said('the corpus ends').click({ button: 'right' })
	await page.getByRole('menuitem', { name: words('message_reply') }).click()
	await expect(field()).toBeFocused()
	await page.keyboard.type('Here')
	await page.keyboard.press('Enter')
	const answer = rows().last()
	await expect(answer).toContainText('Here')
	await expect(answer).toBeInViewport()
	await answer.locator('[data-quote]').click()
	const target = rows()
		.filter({ hasText: 'the corpus ends' })
		.filter({ hasNot: page.locator('[data-quote]') })
	await expect(target).toBeInViewport()
	await expect(target).toBeFocused()
	await page.keyboard.press('Escape')
	await button('conversation_latest').click()
	await expect(answer).toBeInViewport()
})

const isInView = (text: string) =>
	said(text)
		.first()
		.evaluate((row) => {
			const { top, bottom } = row.getBoundingClientRect()
			return top > 80 && bottom < innerHeight - 120
		})
		.catch(() => false)

test('[M2] text is copied as it was written, by the bar and by the menu', async () => {
	await people.bob.say('copy *this*')
	await said('copy this').hover()
	await button('message_copy').click()
	await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('copy *this*')
})

/** The list has come to rest: nothing moved, and no row came or went, for so many frames. */
async function standsStill(): Promise<void> {
	const places = () =>
		log().evaluate((list) => {
			const all = [...list.querySelectorAll('[data-key]')]
			return all.map((row) => `${row.getAttribute('data-key')} ${row.getBoundingClientRect().top}`).join()
		})
	const frames = () =>
		page.evaluate(async () => {
			for (let i = 0; i < 12; i++) await new Promise((done) => requestAnimationFrame(done))
		})
	await expect
		.poll(async () => {
			const before = await places()
			await frames()
			return (await places()) === before
		})
		.toBe(true)
}

test('[M6] history loads above without moving what is read, new messages are counted, and a button leads down', async () => {
	await people.bob.say(...Array.from({ length: 150 }, (_, i) => `history ${i}`))
	await expect(said('history 149')).toBeInViewport()
	await log().hover()
	await page.mouse.wheel(0, -2_500)
	await expect(button('conversation_latest')).toBeVisible()
	await standsStill()
	const text = await rows().evaluateAll(
		(all) => all.find((row) => row.getBoundingClientRect().top > 200)?.textContent?.match(/history \d+/)?.[0] ?? '',
	)
	const before = await topOf(text)
	await people.bob.say('news one', 'news two')
	const counted = page.getByRole('button', { name: words('conversation_latest_count', { count: 2 }) })
	await expect(counted).toBeVisible()
	await expect.poll(async () => Math.abs((await topOf(text)) - before)).toBeLessThan(2)
	expect(await rows().count()).toBeLessThan(140)
	await counted.click()
	await expect(said('news two')).toBeInViewport()
	await expect(counted).toBeHidden()
})

/** Messages that are not drawn for being far from view, and the blocks of them whose place has not their size. */
const resting = () =>
	rows().evaluateAll((all) => {
		const skipped = all.filter(
			(row) => row.querySelector('.bubble')?.checkVisibility({ contentVisibilityAuto: true }) === false,
		)
		const blocks = [...new Set(skipped.map((row) => row.closest('[data-rests]')))]
		const wrong = blocks.filter((block) => {
			const kept = block?.getBoundingClientRect().height ?? 0
			block?.removeAttribute('data-rests')
			const drawn = block?.getBoundingClientRect().height ?? 0
			block?.setAttribute('data-rests', '')
			return Math.abs(kept - drawn) > 0.5
		})
		return { skipped: skipped.length, wrong: wrong.map((block) => block?.textContent) }
	})

test('[M6] messages far from view are not drawn, and their places have their sizes, also after the window got narrower', async () => {
	await people.bob.say(...Array.from({ length: 40 }, (_, i) => `${'a long way '.repeat(i % 17)}to rest ${i}`))
	await expect(said('to rest 39')).toBeInViewport()
	await log().hover()
	for (const width of [1280, 900]) {
		await page.setViewportSize({ width, height: 800 })
		await log().press('End')
		await page.mouse.wheel(0, -6_000)
		await standsStill()
		await log().press('End')
		await standsStill()
		await expect.poll(async () => (await resting()).skipped).toBeGreaterThan(10)
		expect((await resting()).wrong).toEqual([])
	}
	await page.setViewportSize({ width: 1280, height: 800 })
})

test('[M6] what came while nobody looked stands below a line', async () => {
	await page.goto(`${people.server.origin}/`)
	await expect(page.getByRole('heading', { name: words('chats_title') })).toBeVisible()
	await people.bob.say('unseen one', 'unseen two')
	const chat = page
		.getByRole('list', { name: words('chats_list') })
		.getByRole('link')
		.first()
	await expect(chat).toContainText('unseen two')
	await chat.click()
	const line = page.locator('[data-unread-line]')
	await expect(line).toContainText(words('conversation_unread'))
	await expect(said('unseen two')).toBeVisible()
	const last = log().locator('[data-unread-line], [data-key]')
	await expect(last.nth(-3)).toContainText(words('conversation_unread'))
	await expect(last.nth(-2)).toContainText('unseen one')
	await expect(last.nth(-1)).toContainText('unseen two')
})

test('[M2] the draft of a conversation is there again after a reload', async () => {
	await field().fill('half a thought')
	await page
		.getByRole('link', { name: new RegExp(`^${words('nav_friends')}`) })
		.filter({ visible: true })
		.click()
	await expect(field()).toBeHidden()
	await page.goto(people.url)
	await expect(field()).toHaveValue('half a thought')
	await page.reload()
	await expect(field()).toHaveValue('half a thought')
	await field().fill('')
})

test('the composer marks text, sends by Enter or by Ctrl+Enter as one likes, and inserts emoji', async () => {
	await field().fill('so good')
	await field().selectText()
	await page.keyboard.press('Control+b')
	await expect(field()).toHaveValue('**so good**')
	await page.keyboard.press('Control+b')
	await page.keyboard.press('Control+i')
	await expect(field()).toHaveValue('_so good_')
	await page.keyboard.press('Control+z')
	await expect(field()).toHaveValue('so good')
	await page.keyboard.press('End')
	await page.keyboard.press('Shift+Enter')
	await expect(field()).toHaveValue('so good\n')
	await button('composer_emoji').click()
	await page.getByRole('textbox', { name: words('emoji_search') }).fill('ferry')
	await page.getByRole('button', { name: 'ferry', exact: true }).click()
	await expect(field()).toHaveValue('so good\n⛴️')
	await expect(field()).toBeFocused()
	expect(people.alice.strays).toEqual([])
	const height = async () => (await field().boundingBox())?.height ?? 0
	const two = await height()
	await field().fill(Array.from({ length: 30 }, (_, i) => `${i}`).join('\n'))
	await expect.poll(height).toBeGreaterThan(two * 2)
	expect(await height()).toBeLessThan(230)
	await field().fill('')

	await page.goto(`${people.server.origin}/settings/appearance`)
	await flip(page, words('appearance_enter'))
	await page.goto(people.url)
	await field().fill('first')
	await field().press('End')
	await page.keyboard.press('Enter')
	await page.keyboard.type('second')
	await page.keyboard.press('Control+Enter')
	await expect(rows().last()).toContainText('second')
	// Sent before the page is left: else it goes out after what comes next.
	await expectMark(page, 'second', 'delivered')
	await page.goto(`${people.server.origin}/settings/appearance`)
	await flip(page, words('appearance_enter'))
	await page.goto(people.url)
	await expect(field()).toBeVisible()
})

test('[P1] a conversation by keyboard alone: read, answer, choose from the menu, write on', async () => {
	// What is there already is no news.
	await expect(rows().last()).toContainText('second')
	await people.bob.say('by keyboard')
	await expect(said('by keyboard')).toBeVisible()
	await expect(page.locator('[data-announcer]')).toContainText('Bob: by keyboard')
	await log().focus()
	await page.keyboard.press('ArrowUp')
	await expect(rows().last()).toBeFocused()
	await expect(rows().last()).toHaveAttribute('aria-label', /^Bob: by keyboard/)
	const outline = await rows()
		.last()
		.locator('.bubble')
		.evaluate((bubble) => getComputedStyle(bubble).outlineStyle)
	expect(outline).toBe('solid')
	await page.keyboard.press('ArrowUp')
	await expect(rows().nth(-2)).toBeFocused()
	await page.keyboard.press('ArrowDown')
	await page.keyboard.press('Enter')
	await expect(page.getByRole('menuitem').first()).toBeFocused()
	await page.keyboard.press('ArrowDown')
	await expect(page.getByRole('menuitem', { name: words('message_copy') })).toBeFocused()
	await page.keyboard.press('Escape')
	await expect(rows().last()).toBeFocused()
	await page.keyboard.press('r')
	await expect(field()).toBeFocused()
	await page.keyboard.type('answered without a mouse')
	await page.keyboard.press('Enter')
	await expect(rows().last()).toContainText('answered without a mouse')
	await expect(rows().last().locator('[data-quote]')).toContainText('by keyboard')
	await expectMark(page, 'answered without a mouse', 'delivered')
})

test('[L1] offline there is one quiet line, what waits is kept, and goes out in order', async () => {
	people.alice.wire.cut()
	await expect(page.getByText(words('connection_offline')).first()).toBeVisible()
	for (const text of ['tunnel one', 'tunnel two', 'tunnel three']) {
		await write(page, 'Bob', text)
		await expectMark(page, text, 'queued')
	}
	await expect(page.getByText(words('connection_offline_waiting', { count: 3 }))).toHaveCount(1)
	people.alice.wire.resume()
	for (const text of ['tunnel one', 'tunnel two', 'tunnel three']) await expectMark(page, text, 'delivered')
})

test('[P1] nothing is left to mend by axe, light and dark', async () => {
	await said('answered without a mouse').hover()
	await button('message_reply').click()
	await expect(page.getByText(words('reply_to_own'))).toBeVisible()
	await expectAccessible(page, 'an answer')
	await page.keyboard.press('Escape')
	await button('composer_emoji').click()
	await expect(page.getByRole('button', { name: 'grinning face', exact: true })).toBeVisible()
	await expectAccessible(page, 'emoji')
	await page.keyboard.press('Escape')
	await expect(page.getByRole('button', { name: 'grinning face', exact: true })).toBeHidden()
	await said('answered without a mouse').click({ button: 'right' })
	await expect(page.getByRole('menuitem').first()).toBeVisible()
	await expectAccessible(page, 'the menu of a message')
	await page.keyboard.press('Escape')
})

test('[P1] forced colours, twice the text and right to left leave everything readable and in reach', async () => {
	await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' })
	const border = await rows()
		.last()
		.locator('.bubble')
		.evaluate((bubble) => getComputedStyle(bubble).borderTopStyle)
	expect(border).toBe('solid')
	await page.emulateMedia({ forcedColors: 'none' })

	const fits = () =>
		page.evaluate(
			() => document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight,
		)
	await page.setViewportSize({ width: 390, height: 844 })
	await page.evaluate(() => (document.documentElement.style.fontSize = '200%'))
	await expect.poll(fits).toBe(true)
	await expect(field()).toBeInViewport()
	await expect(button('composer_send')).toBeInViewport({ ratio: 1 })
	await expect(said('answered without a mouse').or(rows().last()).first()).toBeVisible()
	await page.evaluate(() => (document.documentElement.style.fontSize = ''))

	await page.setViewportSize({ width: 1280, height: 800 })
	await page.evaluate(() => (document.documentElement.dir = 'rtl'))
	const [own, send] = [
		await rows().last().locator('.bubble').boundingBox(),
		await button('composer_send').boundingBox(),
	]
	const middle = (await log().boundingBox())!
	expect(own!.x).toBeLessThan(middle.x + middle.width / 2)
	expect(send!.x).toBeLessThan(middle.x + middle.width / 2)
	await expect.poll(fits).toBe(true)
	await page.evaluate(() => (document.documentElement.dir = 'ltr'))
})
