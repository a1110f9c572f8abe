/** A large room, opened in Chromium at the size of a phone by somebody who just signed in there. */
import type { Page } from '@playwright/test'
import { openProfile, newTab } from '../tests/e2e/profile.ts'
import { rounded } from './lines.ts'
import { monotonicMs } from './monotonic.ts'

const viewport = { width: 390, height: 844 }
const touch = { hasTouch: true, isMobile: true, deviceScaleFactor: 2 }
const MB = 1e6
/** Rows that the list of people begins with. */
const rowsAtFirst = 50

export interface PhoneOwner {
	readonly name: string
	readonly password: string
}

/**
 * list: from the word to sign in until the room stands in the list, its log verified · open: from the tap until its last message is
 * there · people: from the tap on its details until the first of its members are.
 */
export async function openOnPhone(port: number, owner: PhoneOwner, about: { room: string; last: string }) {
	const profile = await openProfile({ port, viewport, context: { ...touch, serviceWorkers: 'block' } })
	try {
		const page = await newTab(profile)
		page.setDefaultTimeout(240_000)
		const listMs = await signedIn(page, `http://localhost:${port}`, { ...owner, room: about.room })
		const row = page.getByRole('list', { name: 'Conversations' }).getByRole('link').filter({ hasText: about.room })
		const openMs = await tapped(
			() => row.click(),
			() => page.getByRole('log').getByText(about.last).waitFor(),
		)
		const people = page.getByRole('list', { name: 'People' }).getByRole('listitem')
		const peopleMs = await tapped(
			() => page.getByRole('button', { name: 'Details', exact: true }).click(),
			() => people.nth(rowsAtFirst - 1).waitFor(),
		)
		const session = await profile.context.newCDPSession(page)
		await session.send('HeapProfiler.collectGarbage')
		const { usedSize } = await session.send('Runtime.getHeapUsage')
		return {
			...{
				phone_list_ms: rounded(listMs, 0),
				phone_open_ms: rounded(openMs, 0),
				phone_people_ms: rounded(peopleMs, 0),
			},
			...{ phone_heap_mb: rounded(usedSize / MB, 1), phone_mb: rounded((await profile.rendererBytes()) / MB, 0) },
		}
	} finally {
		await profile.close()
	}
}

async function signedIn(page: Page, origin: string, { name, password, room }: PhoneOwner & { room: string }) {
	await page.goto(`${origin}/sign-in`)
	await page.getByLabel('Username').fill(name)
	await page.getByLabel('Password', { exact: true }).fill(password)
	return tapped(
		() => page.getByRole('button', { name: 'Sign in', exact: true }).click(),
		() => page.getByRole('list', { name: 'Conversations' }).getByText(room).first().waitFor(),
	)
}

async function tapped(tap: () => Promise<void>, done: () => Promise<void>): Promise<number> {
	const before = monotonicMs()
	await tap()
	await done()
	return monotonicMs() - before
}
