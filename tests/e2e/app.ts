/** The app as a person meets it: what is on screen, by its words and roles. */
import { expect, type Locator, type Page } from '@playwright/test'
import type { Mark } from '#core/api.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { words } from './wording.ts'

export interface Newcomer {
	readonly name: string
	readonly displayName: string
	readonly password: string
}

/** The production hashing of a password on a busy machine, a first start, or another tab that takes over. */
const slowStep = { timeout: 60_000 }

/** From the first form until the account is made. Returns the recovery code. */
export async function signUp(page: Page, newcomer: Newcomer): Promise<string[]> {
	await fillSignUp(page, newcomer)
	await page.getByRole('button', { name: words('sign_up_action') }).click()
	const code = await shownWords(page)
	await page.getByRole('button', { name: words('words_action') }).click()
	await confirmWords(page, code)
	await page.getByRole('button', { name: words('confirm_action') }).click()
	await expect(page.getByRole('heading', { name: words('confirm_title') })).toBeHidden(slowStep)
	return code
}

export async function fillSignUp(page: Page, { name, displayName, password }: Newcomer): Promise<void> {
	await page.getByLabel(words('field_username')).fill(name)
	await page.getByLabel(words('field_display_name')).fill(displayName)
	await page.getByLabel(words('field_password'), { exact: true }).fill(password)
}

export async function shownWords(page: Page): Promise<string[]> {
	const list = page.getByRole('list', { name: words('words_list') })
	await expect(list).toBeVisible(slowStep)
	const code = await list.locator('[translate=no]').allInnerTexts()
	expect(code).toHaveLength(15)
	return code
}

/** Types the two words that are asked for. */
export async function confirmWords(page: Page, code: readonly string[]): Promise<void> {
	const asked = code.map((word, i) => ({
		word,
		field: page.getByLabel(words('confirm_word', { number: i + 1 }), { exact: true }),
	}))
	await expect(page.getByRole('heading', { name: words('confirm_title') })).toBeVisible()
	let filled = 0
	for (const { word, field } of asked) {
		if ((await field.count()) === 0) continue
		await field.fill(word)
		filled++
	}
	expect(filled).toBe(2)
}

/** Chooses one of several by its label, as a hand does: once it stands still, and until it is chosen. */
export async function choose(page: Page, label: string): Promise<void> {
	const radio = page.getByRole('radio', { name: label })
	await page.locator('label').filter({ has: radio }).click()
	await expect(radio).toBeChecked()
}

/** Switches it, and sees it switched: what comes next may leave the page. */
export async function flip(page: Page, label: string): Promise<void> {
	const control = page.getByRole('switch', { name: label })
	const before = await control.isChecked()
	await control.click()
	await expect(control).toBeChecked({ checked: !before })
}

/** The same with a setting of the account, until the server has it: a page that is left before takes the wish along. */
export async function flipKept(page: Page, label: string, server: ServerProcess): Promise<void> {
	const kept = () => server.log().split('"route":"PUT /account/entries"').length
	const before = kept()
	await flip(page, label)
	await expect.poll(kept).toBeGreaterThan(before)
}

/** Own friend link; `new`: with an invitation in it. */
export async function ownLink(page: Page, audience: 'here' | 'new'): Promise<string> {
	await page.goto(new URL('/friends/add', page.url()).href)
	const link = page.getByText(/\/i#/)
	const first = await link.innerText()
	if (audience === 'here') return linkIn(first)
	await choose(page, words('add_link_new'))
	await expect(link).not.toHaveText(first)
	return linkIn(await link.innerText())
}

const linkIn = (text: string) => /https?:\S+/.exec(text)?.[0] ?? ''

export async function openFriend(page: Page, displayName: string): Promise<void> {
	await page
		.getByRole('link', { name: new RegExp(`^${words('nav_friends')}`) })
		.filter({ visible: true })
		.click()
	await page
		.getByRole('list', { name: words('friends_accepted') })
		.getByRole('button', { name: displayName })
		.first()
		.click()
	await expect(composer(page, displayName)).toBeVisible()
}

export const composer = (page: Page, displayName: string) =>
	page.getByLabel(words('composer_label', { name: displayName }))

export async function write(page: Page, displayName: string, text: string): Promise<void> {
	await composer(page, displayName).fill(text)
	await composer(page, displayName).press('Enter')
	await expect(message(page, text)).toBeVisible()
}

const messages = (page: Page): Locator => page.getByRole('log').getByRole('article')

export const message = (page: Page, text: string): Locator => messages(page).filter({ hasText: text })

export async function expectMark(page: Page, text: string, mark: Mark): Promise<void> {
	await expect(message(page, text)).toHaveAttribute('data-mark', mark)
}

/** All messages on screen, in order, without times and marks. */
function shownTexts(page: Page): Promise<string[]> {
	return messages(page)
		.locator('[dir=auto]')
		.evaluateAll((bubbles) =>
			bubbles.map((bubble) => {
				const copy = bubble.cloneNode(true) as HTMLElement
				for (const extra of copy.querySelectorAll('.select-none')) extra.remove()
				return copy.textContent.trim()
			}),
		)
}

export async function expectTexts(page: Page, texts: readonly string[]): Promise<void> {
	await expect.poll(() => shownTexts(page), slowStep).toEqual(texts)
}
