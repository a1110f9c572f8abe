import { expect, test, type Page } from '@playwright/test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { confirmWords, fillSignUp, shownWords } from './app.ts'
import { lanHost, newTab, openProfile, type Profile } from './profile.ts'
import { words } from './wording.ts'

/** The ways in and out, as people take them. */
let data: string
let server: ServerProcess
const profiles: Profile[] = []

test.beforeEach(async () => {
	test.setTimeout(300_000)
	data = await mkdtemp(join(tmpdir(), 'kith-doors-'))
	server = await startServerProcess({ data })
})

test.afterEach(async () => {
	for (const profile of profiles.splice(0)) await profile.close()
	await server.stop()
	await rm(data, { recursive: true, force: true })
})

async function newProfile(): Promise<Profile> {
	const profile = await openProfile({ port: server.port })
	profiles.push(profile)
	return profile
}

async function tabOf(profile: Profile, path: string): Promise<Page> {
	const page = await newTab(profile)
	await page.goto(new URL(path, server.origin).href)
	return page
}

const alice = { name: 'alice', displayName: 'Alice', password: 'painting the roses red at noon' }
/** Stretching as in production, on a busy machine. */
const slow = { timeout: 60_000 }

async function signIn(
	page: Page,
	{ name, password }: { readonly name: string; readonly password: string },
): Promise<void> {
	await page.getByLabel(words('field_username')).fill(name)
	await page.getByLabel(words('field_password'), { exact: true }).fill(password)
	await page.getByRole('button', { name: words('sign_in_action') }).click()
}

const chats = (page: Page) => page.getByRole('heading', { name: words('chats_title') })

test('[A1][A3][A5] set-up, sign-out, sign-in, recovery on another device, and a session that is ended from there', async () => {
	const link = await server.setupLink()
	const laptop = await newProfile()
	const page = await tabOf(laptop, link)

	const code = await test.step('a weak password and wrong words get no further', async () => {
		await fillSignUp(page, { ...alice, password: 'alice123' })
		await page.getByRole('button', { name: words('sign_up_action') }).click()
		await expect(page.getByText(words('err_weak_password'))).toBeVisible()
		await page.getByLabel(words('field_password'), { exact: true }).fill(alice.password)
		await page.getByRole('button', { name: words('sign_up_action') }).click()
		const shown = await shownWords(page)
		await page.getByRole('button', { name: words('words_action') }).click()
		await confirmWords(
			page,
			shown.map(() => 'wrong'),
		)
		await page.getByRole('button', { name: words('confirm_action') }).click()
		await expect(page.locator('[aria-invalid=true]')).toHaveCount(2)
		await confirmWords(page, shown)
		await page.getByRole('button', { name: words('confirm_action') }).click()
		await expect(chats(page)).toBeVisible(slow)
		return shown
	})

	const other = await newProfile()
	await test.step('the set-up link works once, and a link that lost its end says so', async () => {
		const late = await tabOf(other, link)
		await expect(late.getByRole('heading', { name: words('setup_done_title') })).toBeVisible()
		const broken = await tabOf(other, '/i#half-of-a-link')
		await expect(broken.getByRole('heading', { name: words('join_broken_title') })).toBeVisible()
	})

	await test.step('out, and in again', async () => {
		await page.goto(`${server.origin}/settings/profile`)
		await page.getByRole('button', { name: words('profile_sign_out') }).click()
		await page
			.getByRole('dialog')
			.getByRole('button', { name: words('profile_sign_out') })
			.click()
		await expect(page.getByRole('button', { name: words('sign_in_action') })).toBeVisible(slow)
		await signIn(page, { ...alice, password: 'painting the roses white' })
		await expect(page.getByText(words('wire_wrong_credentials'))).toBeVisible(slow)
		await signIn(page, alice)
		await expect(chats(page)).toBeVisible(slow)
	})

	await test.step('the recovery code opens the account elsewhere, and a wrong one says what is wrong with it', async () => {
		const phone = await tabOf(other, '/recover')
		const action = phone.getByRole('button', { name: words('recover_action') })
		const recover = async (name: string, typed: readonly string[]) => {
			await phone.getByLabel(words('field_username')).fill(name)
			await phone.getByLabel(words('recover_code')).fill(typed.join(' '))
			await action.click()
		}
		await phone.getByLabel(words('recover_code')).fill(code.slice(1).join(' '))
		await expect(phone.getByText(words('recover_count', { count: 14, total: 15 }))).toBeVisible()
		await expect(action).toBeDisabled()
		await recover(alice.name, [...code.slice(0, 14), 'notaword'])
		await expect(phone.getByText(words('err_code_word_at', { position: 15 }))).toBeVisible()
		// Another last word of the list: most fail the checksum, and none opens the account.
		const wrong = code[14] === 'zoo' ? 'abandon' : 'zoo'
		await recover(alice.name, [...code.slice(0, 14), wrong])
		await expect(
			phone.getByText(words('err_code_checksum')).or(phone.getByText(words('wire_wrong_credentials'))),
		).toBeVisible()
		await recover('nobody', code)
		await expect(phone.getByText(words('wire_wrong_credentials'))).toBeVisible()
		await recover(alice.name, code)
		await expect(chats(phone)).toBeVisible(slow)
		await phone.goto(`${server.origin}/settings/devices`)
		await phone.getByRole('button', { name: words('devices_end_name', { code: '' }).trim() }).click()
		await phone
			.getByRole('dialog')
			.getByRole('button', { name: words('devices_end') })
			.click()
		// The laptop is told at once, and may come back.
		await expect(page.getByRole('button', { name: words('sign_in_action') })).toBeVisible(slow)
		await expect(page.getByText(words('wire_session_ended'))).toBeVisible()
		await signIn(page, alice)
		await expect(chats(page)).toBeVisible(slow)
	})
})

test('[P4] over plain http from another machine the page says what is missing and how to mend it', async () => {
	const page = await newTab(await newProfile())
	await page.goto(`http://${lanHost}:${server.port}/`)
	await expect(page.getByRole('heading', { name: words('insecure_title') })).toBeVisible()
	await expect(page.getByText(/KITH_ORIGIN=https:/)).toBeVisible()
	await expect(page.getByText(/KITH_TLS_CERT/).first()).toBeVisible()
	await expect(
		page.getByText(words('insecure_fix_local', { address: `http://localhost:${server.port}` })),
	).toBeVisible()
})
