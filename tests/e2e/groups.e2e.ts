import { expect, test, type Locator, type Page } from '@playwright/test'
import type { ConversationId, GroupView, KithApi, MessageView } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import { messagesUntil, must, refusal, textOf, textsUntil, until } from '../support/watching.ts'
import { composer, choose, flipKept, message, ownLink, write } from './app.ts'
import type { Profile } from './profile.ts'
import { expectAccessible, smallTargets, tabTo } from './screen-checks.ts'
import { joinByLink, type Friend } from './shots-people.ts'
import { twoPeople, type TwoPeople } from './two-people.ts'
import { words } from './wording.ts'

/** A group from its making to its end, as Alice sees it in a browser; Bob, Carol and Dora are real clients without one. */
test.describe.configure({ mode: 'serial' })

let people: TwoPeople
let alice: Profile
let page: Page
let bob: KithApi
let carol: Friend
let dora: Friend
/** The group of the story. */
let group: ConversationId

test.beforeAll(async () => {
	test.setTimeout(360_000)
	people = await twoPeople()
	;({ alice, page } = people)
	bob = people.bob.api
	const newcomer = async (name: string, displayName: string) => {
		const friend = await joinByLink(people.server.origin, { name, displayName, link: await ownLink(page, 'new') })
		await page.getByRole('button', { name: words('friends_accept_name', { name: displayName }) }).click()
		await expect(
			page.getByRole('list', { name: words('friends_accepted') }).getByText(displayName, { exact: true }),
		).toBeVisible()
		return friend
	}
	carol = await newcomer('carol', 'Carol')
	dora = await newcomer('dora', 'Dora')
})
test.afterAll(async () => {
	for (const friend of [carol, dora]) await friend?.api.close()
	await people?.close()
})

const groupAt = (api: KithApi, is: (group: GroupView) => boolean) =>
	until(api, { view: 'group', of: group, is: (now): now is GroupView => now !== null && is(now) })
const groupOfBob = (is: (group: GroupView) => boolean) => groupAt(bob, is)
const goTo = (path: string) => page.goto(`${people.server.origin}${path}`)
const button = (key: string, values = {}, where: Page | Locator = page) =>
	where.getByRole('button', { name: words(key, values), exact: true })
const dialog = (key: string, values = {}) => page.getByRole('dialog', { name: words(key, values), exact: true })
const details = () => page.getByRole('complementary', { name: words('details_title') })
const member = (name: string) =>
	details()
		.getByRole('list', { name: words('group_people') })
		.getByRole('listitem')
		.filter({ hasText: name })
const happened = (key: string, values = {}) => page.getByRole('log').getByText(words(key, values), { exact: true })
const readable = (count: number) =>
	details().getByText(words('details_readers_see_earlier', { count }), { exact: true })
const menuOf = async (name: string) => {
	await member(name)
		.getByRole('button', { name: words('group_member_menu', { name }) })
		.click()
	return page.getByRole('menu')
}
const pick = async (name: string, key: string) =>
	(await menuOf(name)).getByRole('menuitem', { name: words(key), exact: true }).click()

test('[C2] a group is made by keyboard alone: friends found by name, a name, and there one is', async () => {
	await goTo('/')
	await expect(page.getByRole('list', { name: words('chats_list') })).toBeVisible()
	await page.keyboard.press('Control+k')
	await expect(page.getByRole('combobox', { name: words('palette_title') })).toBeFocused()
	await page.keyboard.type('new group')
	await expect(page.getByRole('option', { selected: true })).toContainText(words('group_new'))
	await page.keyboard.press('Enter')
	const making = dialog('group_new')
	const search = making.getByLabel(words('pick_friend_search'), { exact: true })
	await expect(search).toBeFocused()
	await expectAccessible(page, 'choosing friends')
	for (const typed of ['bo', 'dor']) {
		await page.keyboard.type(typed)
		await page.keyboard.press('Enter')
		await expect(search).toHaveValue('')
	}
	const chosen = making.getByRole('list', { name: words('people_chosen') })
	await expect(chosen.getByRole('button')).toHaveCount(2)
	await page.keyboard.press('Backspace')
	await expect(chosen.getByRole('button')).toHaveCount(1)
	await page.keyboard.press('ArrowDown')
	await page.keyboard.press('ArrowDown')
	await expect(making.getByRole('checkbox', { name: 'Carol' })).toBeFocused()
	await page.keyboard.press('Space')
	await expect(chosen).toContainText('Carol')
	await tabTo(page, button('group_continue', { count: 2 }))
	await page.keyboard.press('Enter')
	await expect(making.getByLabel(words('group_name'))).toBeFocused()
	await expectAccessible(page, 'naming a group')
	await page.keyboard.type('Island trip')
	await page.keyboard.press('Enter')
	await expect(composer(page, 'Island trip')).toBeVisible()
	await expect(making).toHaveCount(0)
	group = new URL(page.url()).pathname.split('/').at(-1) ?? ''
	await expect(happened('log_created_own')).toBeVisible()
	const seen = await groupOfBob(({ name }) => name === 'Island trip')
	expect(seen.members.map(({ name, role }) => `${name} ${role}`).toSorted()).toEqual([
		'alice owner',
		'bob member',
		'carol member',
	])
	expect(alice.mainThread).toEqual([])
})

test('[C2] messages of many carry names and faces, answers name whom they answer, and the list says who wrote last', async () => {
	must(await bob.post({ conversation: group, text: 'The boat goes at 8:40' }))
	must(await bob.post({ conversation: group, text: 'From the old pier' }))
	await expect(message(page, 'From the old pier')).toBeVisible()
	must(await carol.api.post({ conversation: group, text: 'I bring sandwiches' }))
	await expect(message(page, 'I bring sandwiches')).toBeVisible()
	// Once above the first of a run, with a face beside its last.
	await expect(message(page, 'The boat goes').locator('.author')).toHaveText('Bob')
	await expect(message(page, 'From the old pier').locator('.author')).toHaveCount(0)
	await expect(message(page, 'From the old pier').locator('.avatar')).toBeVisible()
	await expect(message(page, 'I bring sandwiches').locator('.author')).toHaveText('Carol')
	await expect(message(page, 'The boat goes')).toHaveAccessibleName(/^Bob: The boat goes/)
	await write(page, 'Island trip', 'Lovely')
	await expect(message(page, 'Lovely').locator('.author')).toHaveCount(0)
	await message(page, 'The boat goes').hover()
	await message(page, 'The boat goes')
		.getByRole('button', { name: words('message_reply') })
		.click()
	await expect(page.getByText(words('reply_to', { name: 'Bob' }))).toBeVisible()
	await page.keyboard.press('Escape')
	await goTo('/')
	must(await carol.api.post({ conversation: group, text: 'And lemonade' }))
	const row = page.getByRole('list', { name: words('chats_list') }).getByRole('link', { name: /Island trip/ })
	await expect(row).toContainText(words('chats_by', { name: 'Carol', text: 'And lemonade' }))
	await expect(row).toContainText(words('chats_unread', { count: 1 }))
	await row.click()
	await expect(page.locator('[data-unread-line]')).toBeVisible()
	for (const [api, name] of [
		[bob, 'Bob'],
		[carol.api, 'Carol'],
	] as const) {
		must(await api.setTyping({ conversation: group, typing: true }))
		await expect(page.getByRole('status').filter({ hasText: name })).toBeVisible()
	}
	await expect(
		page.getByRole('status').filter({ hasText: words('conversation_typing_many', { first: 'Bob', second: 'Carol' }) }),
	).toBeVisible()
	for (const api of [bob, carol.api]) must(await api.setTyping({ conversation: group, typing: false }))
	await expectAccessible(page, 'a group')
})

test('[C2][C6] details say who can read this, who is in with which role, and who is here', async () => {
	await button('conversation_details').click()
	await expect(readable(3)).toBeVisible()
	await expect(member('Alice')).toContainText(words('role_owner'))
	await expect(member('Alice')).toContainText(words('group_you'))
	await expect(member('Bob')).toContainText(words('presence_online'))
	await expect(member('Alice').getByRole('button')).toHaveCount(0)
	await expectAccessible(page, 'details of a group')
	expect(await smallTargets(page, 24)).toEqual([])

	await button('group_add_people', {}, details()).click()
	const adding = dialog('group_add_title', { name: 'Island trip' })
	await expect(adding.getByText(words('group_add_see_earlier'))).toBeVisible()
	await expect(adding.getByRole('checkbox')).toHaveCount(1)
	await adding.getByText('@dora').click()
	await expectAccessible(page, 'adding people')
	await button('group_add_action', { count: 1 }, adding).click()
	await expect(member('Dora')).toBeVisible()
	await expect(readable(4)).toBeVisible()
	await expect(happened('log_added_own', { names: 'Dora' })).toBeVisible()
	await textsUntil(dora.api, group, [
		'The boat goes at 8:40',
		'From the old pier',
		'I bring sandwiches',
		'Lovely',
		'And lemonade',
	])
})

test('[C2] name and topic, who adds people and what newcomers read', async () => {
	await button('group_edit', {}, details()).click()
	const naming = dialog('group_edit')
	await expect(naming.getByLabel(words('group_name'))).toBeFocused()
	await naming.getByLabel(words('group_name')).fill('Island in May')
	await naming.getByLabel(words('group_topic')).fill('Boats, tents and sandwiches')
	await button('action_save', {}, naming).click()
	await expect(page.getByRole('heading', { level: 1, name: 'Island in May' })).toBeVisible()
	await expect(details().getByText('Boats, tents and sandwiches')).toBeVisible()
	await expect(happened('log_renamed_own', { title: 'Island in May' })).toBeVisible()
	await groupOfBob(({ name, topic }) => name === 'Island in May' && topic.startsWith('Boats'))
	await choose(page, words('group_invite_admins'))
	await groupOfBob(({ policy, may }) => policy.invite === 'admins' && !may.add)
	await choose(page, words('group_history_from_join'))
	await expect(details().getByText(words('details_readers_see_later', { count: 4 }))).toBeVisible()
	await expect(happened('log_history_from_join_own')).toBeVisible()
	await choose(page, words('group_history_shared'))
	await expect(readable(4)).toBeVisible()
})

test('[C2] a picture is chosen from a file, drawn small and square without where it was taken, and seen by all', async () => {
	const wide = await page.evaluate(async () => {
		const canvas = new OffscreenCanvas(900, 400)
		const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
		context.fillStyle = '#2a6f97'
		context.fillRect(0, 0, 900, 400)
		context.fillStyle = '#f6a04d'
		context.fillRect(250, 0, 400, 400)
		const blob = await canvas.convertToBlob({ type: 'image/png' })
		return [...new Uint8Array(await blob.arrayBuffer())]
	})
	await button('group_edit', {}, details()).click()
	const editing = dialog('group_edit')
	await editing
		.locator('[data-group-picture]')
		.setInputFiles([{ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture at all') }])
	await expect(editing.getByText(words('group_picture_unreadable'))).toBeVisible()
	await editing
		.locator('[data-group-picture]')
		.setInputFiles([{ name: 'pier.png', mimeType: 'image/png', buffer: Buffer.from(wide) }])
	await expect(editing.locator('img')).toBeVisible()
	await expect(editing.getByText(words('group_picture_unreadable'))).toBeHidden()
	await expectAccessible(page, 'the picture of a group')
	await button('action_save', {}, editing).click()
	await expect(happened('log_picture_own')).toBeVisible()
	await expect(details().locator('img').first()).toBeVisible()
	await expect(page.locator(`[data-chat="${group}"] img`)).toBeVisible()
	await until(bob, { view: 'picture', of: group, is: (named) => named !== null })
	const image = must(await bob.groupPicture({ conversation: group }))
	expect(image.length).toBeLessThanOrEqual(48 * 1024)
	const seen = await page.evaluate(
		async (bytes) => {
			const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]))
			const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
			const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
			context.drawImage(bitmap, 0, 0)
			const [red = 0, , blue = 0] = context.getImageData(2, 2, 1, 1).data
			return { sides: [bitmap.width, bitmap.height], isOrange: red > 200 && blue < 120 }
		},
		[...image],
	)
	expect(seen).toEqual({ sides: [256, 256], isOrange: true })
	await page.reload()
	await expect(page.locator(`[data-chat="${group}"] img`)).toBeVisible()
	await button('conversation_details').click()
	await button('group_edit', {}, details()).click()
	await button('group_picture_remove', {}, dialog('group_edit')).click()
	await button('action_save', {}, dialog('group_edit')).click()
	await expect(page.locator(`[data-chat="${group}"] img`)).toHaveCount(0)
})

test('[M9] what a member reports to the admins is read by them in the details, as what it is, and dismissed', async () => {
	const said = 'Cheap tents, only today'
	must(await dora.api.post({ conversation: group, text: said }))
	const isThis = (one: MessageView) => textOf(one) === said && one.event !== null
	const seen = (await messagesUntil(carol.api, group, (all) => all.some(isThis))).find(isThis)
	const report = { conversation: group, event: seen?.event ?? '', to: 'admins', text: 'Is this hers?' } as const
	must(await carol.api.reportMessage(report))
	await page.reload()
	await button('conversation_details').click()
	const reports = details().getByRole('region', { name: words('group_reports') })
	const shown = reports.getByRole('article')
	await expect(shown).toHaveCount(1)
	for (const text of ['Is this hers?', said, words('admin_report_true', { name: 'Dora' })])
		await expect(shown.getByText(text)).toBeVisible()
	await expectAccessible(page, 'reports to the admins')
	await button('admin_report_dismiss', {}, shown).click()
	await button('admin_report_dismiss_action', {}, page.getByRole('dialog')).click()
	await expect(reports.getByText(words('admin_reports_none_title'))).toBeVisible()
	expect(refusal(await carol.api.reports({ conversation: group }))).toMatchObject({ code: 'forbidden' })
})

test('[C2] roles are given and taken back, and who is removed is out by name', async () => {
	await pick('Bob', 'group_make_admin')
	await expect(member('Bob')).toContainText(words('role_admin'))
	await button('action_undo').click()
	await expect(member('Bob')).not.toContainText(words('role_admin'))
	await pick('Bob', 'group_make_admin')
	await expect(member('Bob')).toContainText(words('role_admin'))
	await pick('Carol', 'group_make_reader')
	await expect(member('Carol')).toContainText(words('role_reader'))
	await expect(happened('log_role_reader_own', { names: 'Carol' })).toBeVisible()

	await pick('Dora', 'group_remove')
	const removing = dialog('group_remove_title', { name: 'Dora' })
	await expectAccessible(page, 'removing somebody')
	await button('action_cancel', {}, removing).click()
	await expect(member('Dora')).toBeVisible()
	await pick('Dora', 'group_remove')
	await button('group_remove_name', { name: 'Dora' }, removing).click()
	await expect(member('Dora')).toHaveCount(0)
	await expect(readable(3)).toBeVisible()
	await expect(happened('log_removed_own', { names: 'Dora' })).toBeVisible()
	await groupAt(dora.api, ({ ended }) => ended === 'removed')
})

test('[C2] progress is shown while keys are made, and the screen is free', async () => {
	await button('group_add_people', {}, details()).click()
	const adding = dialog('group_add_title', { name: 'Island in May' })
	await adding.getByText('@dora').click()
	// Whose key it is, the server is asked first: until the answer comes, there is time to look.
	alice.wire.hold('up')
	await button('group_add_action', { count: 1 }, adding).click()
	await expect(adding.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '0')
	await expect(adding.getByText(words('sealing_progress', { percent: '0%' }))).toBeVisible()
	await expectAccessible(page, 'keys being made')
	await page.keyboard.press('Escape')
	await expect(adding).toHaveCount(0)
	await write(page, 'Island in May', 'Dora comes too')
	alice.wire.resume()
	await expect(member('Dora')).toBeVisible()
	await expect(page.getByText(words('group_added_toast', { count: 1 }))).toBeVisible()
	expect(alice.mainThread).toEqual([])
})

test('[C2] an archived group is read and not written, until it is restored', async () => {
	await button('group_archive', {}, details()).click()
	await button(
		'group_archive_name',
		{ name: 'Island in May' },
		dialog('group_archive_title', { name: 'Island in May' }),
	).click()
	const said = page.getByText(words('group_is_archived', { name: 'Island in May' }))
	await expect(said).toBeVisible()
	await expect(composer(page, 'Island in May')).toHaveCount(0)
	await expectAccessible(page, 'an archived group')
	await button('group_restore', {}, page.locator('#pane').filter({ has: said }))
		.first()
		.click()
	await expect(composer(page, 'Island in May')).toBeVisible()
	await expect(happened('log_restored_own')).toBeVisible()
})

test('[L3] devices of a small group are reached directly once somebody says so, and no more when it is taken back', async () => {
	const direct = () => details().getByRole('switch', { name: words('group_direct') })
	await expect(direct()).not.toBeChecked()
	await flipKept(page, words('group_direct'), people.server)
	await expectAccessible(page, 'a group whose devices are reached')
	await page.reload()
	await button('conversation_details').click()
	await expect(direct()).toBeChecked()
	await flipKept(page, words('group_direct'), people.server)
	await expect(direct()).not.toBeChecked()
})

test('[C2] the only owner hands over before leaving, and is told so', async () => {
	await button('group_leave', {}, details()).click()
	const first = dialog('group_hand_over_first_title', { name: 'Island in May' })
	await expect(first).toBeVisible()
	await expectAccessible(page, 'handing over first')
	await button('action_cancel', {}, first).click()

	await pick('Bob', 'group_hand_over_item')
	const handing = dialog('group_hand_over_title', { name: 'Bob', group: 'Island in May' })
	await button('group_hand_over', { name: 'Bob' }, handing).click()
	await expect(member('Bob')).toContainText(words('role_owner'))
	await expect(member('Alice')).toContainText(words('role_admin'))
	// An admin has no say over the owner.
	await expect((await menuOf('Bob')).getByRole('menuitem')).toHaveText([words('group_write_to', { name: 'Bob' })])
	await page.keyboard.press('Escape')

	const { members } = await groupOfBob(() => true)
	const self = members.find(({ name }) => name === 'alice')?.account ?? ''
	must(await bob.setRoles({ conversation: group, members: [{ account: self, role: 'reader' }] }))
	await expect(page.getByText(words('group_reader', { name: 'Island in May' }))).toBeVisible()
	await expect(composer(page, 'Island in May')).toHaveCount(0)
	await expect(button('group_add_people', {}, details())).toHaveCount(0)
	await expect(button('group_edit', {}, details())).toHaveCount(0)
	await expect(details().getByText(words('group_invite_admins_text'))).toBeVisible()
	await expectAccessible(page, 'a reader')

	await button('group_leave', {}, details()).click()
	await button(
		'group_leave_name',
		{ name: 'Island in May' },
		dialog('group_leave_title', { name: 'Island in May' }),
	).click()
	await expect(page.getByText(words('group_left', { name: 'Island in May' }))).toBeVisible()
	await expect(message(page, 'The boat goes')).toBeVisible()
	await expectAccessible(page, 'a group that one has left')
})

test('[A5] a lost device is chosen, revoked by the password, and out at once', async () => {
	const lost = await createNodeClient({ serverUrl: people.server.origin, storage: 'memory' })
	must(await lost.signIn({ name: 'alice', password: 'ferry to the island at noon' }))
	const device = await until(lost, { view: 'session', of: null, is: ({ type }) => type === 'signed-in' })
	must(await lost.describeDevice({ browser: 'Firefox', system: 'Linux' }))
	const named = words('devices_label', { browser: 'Firefox', system: 'Linux' })
	await goTo('/settings/devices')
	await expect(page.getByRole('listitem').filter({ hasText: named })).toBeVisible()
	await button('devices_revoke_open').click()
	const revoking = dialog('devices_revoke_open')
	await expect(revoking.getByRole('checkbox')).toHaveCount(1)
	const act = button('devices_revoke_one', { name: named }, revoking)
	await revoking.getByRole('checkbox', { name: named }).check()
	await expect(act).toBeDisabled()
	const field = revoking.getByLabel(words('devices_revoke_password'), { exact: true })
	await field.fill('not the password at all')
	await act.click()
	await expect(revoking.getByText(words('wire_wrong_credentials'))).toBeVisible({ timeout: 60_000 })
	await expectAccessible(page, 'revoking a device')
	await field.fill('ferry to the island at noon')
	await act.click()
	await expect(revoking).toHaveCount(0, { timeout: 60_000 })
	const ended = await until(lost, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
	expect([device.type, ended]).toMatchObject(['signed-in', { type: 'signed-out', why: 'device-ended' }])
	await expect(page.getByRole('listitem').filter({ hasText: named })).toContainText(words('devices_ended'))
	await expect(button('devices_revoke_open')).toHaveCount(0)
	await lost.close()
})
