import { expect, test } from 'vitest'
import { pictureName } from '#crypto/picture-seal.ts'
import { base64urlToBytes, bytesToBase64url } from '#protocol/bytes.ts'
import { PICTURES_KEPT } from '#protocol/limits.ts'
import { sealedPictureMax } from '#protocol/picture.ts'
import { groupOf, groupUntil } from '../support/groups.ts'
import { ask } from '../support/raw-http.ts'
import { phoneOf } from '../support/second-device.ts'
import { setup } from '../support/story.ts'
import { must, now, refusal, textsUntil, until } from '../support/watching.ts'
import { offlineUntil, post, befriend, type Device } from '../support/world.ts'

const image = (says: string) => new TextEncoder().encode(`a picture of ${says}`)
const asText = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Waits until this device shows that picture. */
async function shownUntil({ api }: Device, conversation: string, says: string | null): Promise<void> {
	if (says === null)
		return void (await until(api, { view: 'picture', of: conversation, is: (named) => named === null }))
	for (let named: string | null = null; ;) {
		const before: string | null = named
		named = await until(api, { view: 'picture', of: conversation, is: (one) => one !== null && one !== before })
		if (asText(must(await api.groupPicture({ conversation }))) === asText(image(says))) return
	}
}

/** Where the server has what is shown now. */
async function pathOf({ api }: Device, conversation: string): Promise<string> {
	const hash = base64urlToBytes((await now(api, 'picture', conversation)) ?? '')
	if (hash === null) throw new Error('no picture is shown')
	return `/conversations/${conversation}/pictures/${bytesToBase64url(pictureName(hash))}`
}

const zeros = (bytes: number) => 'A'.repeat(Math.ceil((bytes * 4) / 3))

test('[C2][PIC3] a group shows the picture that its admin chose, to everybody in it, on every device and without a network', async () => {
	const story = await setup('alice', 'bob', 'charlie')
	const { alice, bob, charlie } = story
	const conversation = await groupOf(alice, [[bob, 'member']], { name: 'Hikers', topic: 'On Sundays' })
	expect(await now(alice.api, 'picture', conversation)).toBeNull()
	must(await alice.api.setGroupPicture({ conversation, image: image('a hill') }))
	for (const one of [alice, bob, await phoneOf(story, bob)]) await shownUntil(one, conversation, 'a hill')
	const lines = await until(bob.api, { view: 'log', of: conversation, is: (all) => all.length > 1 })
	expect(lines.at(-1)).toMatchObject({ by: alice.account, what: { type: 'picture' } })
	// Another name leaves the picture, another picture the name.
	must(await alice.api.renameGroup({ conversation, name: 'Climbers', topic: 'On Sundays' }))
	must(await alice.api.setGroupPicture({ conversation, image: image('a wall') }))
	const group = await groupUntil(bob, conversation, ({ name }) => name === 'Climbers')
	expect(group.topic).toBe('On Sundays')
	await shownUntil(bob, conversation, 'a wall')
	bob.wire.cut()
	await offlineUntil(bob)
	await bob.reopen()
	await shownUntil(bob, conversation, 'a wall')
	bob.wire.resume()
	// Who comes later, and reads from then on, sees it too: its key is that of no epoch.
	must(await alice.api.setGroupPolicy({ conversation, policy: { history: 'from-join' } }))
	await befriend(alice, charlie)
	must(await alice.api.addMembers({ conversation, members: [{ account: charlie.account, role: 'member' }] }))
	await groupUntil(charlie, conversation, ({ name }) => name === 'Climbers')
	await shownUntil(charlie, conversation, 'a wall')
	must(await alice.api.setGroupPicture({ conversation, image: null }))
	for (const one of [alice, bob, charlie]) await shownUntil(one, conversation, null)
	await post(bob, conversation, 'it was a good wall')
	await textsUntil(charlie.api, conversation, ['it was a good wall'])
})

test('[C2][PIC3] nobody brings or has a picture but who may, and none is larger than it is shown', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const conversation = await groupOf(alice, [[bob, 'member']])
	expect(refusal(await bob.api.setGroupPicture({ conversation, image: image('mischief') }))).toEqual({
		type: 'server',
		code: 'forbidden',
	})
	const tooLarge = new Uint8Array(64 * 1024)
	expect(refusal(await alice.api.setGroupPicture({ conversation, image: tooLarge }))).toMatchObject({
		type: 'too-long',
	})
	expect(refusal(await charlie.api.groupPicture({ conversation }))).toEqual({ type: 'not-here' })
	must(await alice.api.setGroupPicture({ conversation, image: image('a hill') }))
	await shownUntil(bob, conversation, 'a hill')

	const path = await pathOf(alice, conversation)
	expect((await ask(bob, { path })).status).toBe(200)
	expect(await ask(charlie, { path })).toMatchObject({ status: 404, code: 'not-found' })
	expect(await ask(bob, { path: `${path.slice(0, -2)}AA` })).toMatchObject({ code: 'not-found' })
	const put = (one: typeof alice, sealed: string) =>
		ask(one, { method: 'PUT', path: `/conversations/${conversation}/pictures/${zeros(16)}`, body: { sealed } })
	expect(await put(charlie, 'AAAA')).toMatchObject({ status: 404, code: 'not-found' })
	expect(await put(bob, 'AAAA')).toMatchObject({ status: 403, code: 'forbidden' })
	expect((await put(alice, zeros(sealedPictureMax + 30))).status).toBeGreaterThanOrEqual(400)
	// What the server gives for a picture and is none, is shown to nobody.
	expect((await put(alice, 'AAAA')).status).toBe(200)
	await shownUntil(bob, conversation, 'a hill')

	must(await alice.api.removeMembers({ conversation, accounts: [bob.account] }))
	await groupUntil(bob, conversation, ({ ended }) => ended === 'removed')
	expect(await ask(bob, { path })).toMatchObject({ status: 404, code: 'not-found' })
})

test('[PIC4] the server keeps the newest two pictures of a conversation', async () => {
	const { alice } = await setup('alice')
	const conversation = await groupOf(alice, [])
	const paths: string[] = []
	for (const says of ['a hill', 'a wall', 'a river', 'a cloud']) {
		must(await alice.api.setGroupPicture({ conversation, image: image(says) }))
		await shownUntil(alice, conversation, says)
		paths.push(await pathOf(alice, conversation))
	}
	const found = await Promise.all(paths.map(async (path) => (await ask(alice, { path })).status === 200))
	expect(found).toEqual([false, false, true, true])
	expect(found.filter(Boolean).length).toBe(PICTURES_KEPT)
})
