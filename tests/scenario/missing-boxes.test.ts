import { expect, test, vi } from 'vitest'
import { textToId } from '#protocol/ids.ts'
import { groupOf } from '../support/groups.ts'
import { ask } from '../support/raw-http.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, textsUntil } from '../support/watching.ts'
import { accessTokenOf, befriend, post, writableUntil } from '../support/world.ts'

test('[EPO10] a box that does not open is asked for, and any member who holds the key seals another', async () => {
	const { alice, bob, charlie, world } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [[bob, 'member']])
	await post(alice, group, 'before')
	await textsUntil(bob.api, group, ['before'])
	// The server loses the box that Alice seals for Charlie, and keeps another's instead.
	const { unitOfWork, repositories } = world.server.domain
	const [id, account] = [textToId('conversation', group)!, textToId('account', charlie.account)!]
	await befriend(alice, charlie)
	const spoiled = (await repositories.epochBoxes.of(id, textToId('account', bob.account)!))[0]!
	charlie.wire.cut()
	must(await alice.api.addMembers({ conversation: group, members: [{ account: charlie.account, role: 'member' }] }))
	await unitOfWork.transaction(({ epochBoxes }) => epochBoxes.insert(id, [{ ...spoiled, account }]))
	charlie.wire.resume()
	await charlie.reopen()
	await writableUntil(charlie, group)
	await textsUntil(charlie.api, group, ['before'])
	expect(await repositories.epochBoxes.asked(id)).toEqual([])
})

test('[EPO10] the server takes no box for whom none is missing, and none from a stranger', async () => {
	const { alice, bob, charlie, world } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [[bob, 'member']])
	const { repositories } = world.server.domain
	const [id, account] = [textToId('conversation', group)!, textToId('account', bob.account)!]
	// Until he has opened his own he may ask for another, and get it.
	await writableUntil(bob, group)
	await vi.waitFor(async () => expect(await repositories.epochBoxes.asked(id)).toEqual([]), { timeout: 30_000 })
	const before = await repositories.epochBoxes.of(id, account)
	const box = Buffer.from((await repositories.epochBoxes.of(id, textToId('account', alice.account)!))[0]!.box)
	const body = { epoch: 1, boxes: [{ account: bob.account, g: 0, box: box.toString('base64url') }], linkBoxes: [] }
	const path = `/conversations/${group}/boxes`
	const put = async (one: typeof alice) => ask(one, { path, method: 'PUT', body, token: await accessTokenOf(one) })
	expect((await put(alice)).status).toBe(200)
	expect(await repositories.epochBoxes.of(id, account)).toEqual(before)
	expect((await put(charlie)).status).toBe(404)
	await post(bob, group, 'still here')
	await messagesUntil(alice.api, group, (all) => all.length === 1)
})
