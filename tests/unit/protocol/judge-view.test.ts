import { describe, expect, test } from 'vitest'
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { cutHash, type CutList } from '#protocol/cut.ts'
import { clientIdOf, encodeHead, encodeItem, eventHash, placeMessage, type FullItem } from '#protocol/envelope.ts'
import { guidOf } from '#protocol/guid.ts'
import { judgeItem, verifyItems, type Judgment } from '#protocol/intrinsic.ts'
import { judgeViewOf } from '#protocol/judge-view.ts'
import { nodeHash, nodeVerify } from '#tests/support/crypto-ports.ts'
import { directStory, refsOf, type DirectStory } from '#tests/support/direct-story.ts'
import { headOf } from '#tests/support/events.ts'
import { actor, byMethod, bytesOf, type AccountStory } from '#tests/support/log-actors.ts'

async function stateOf({ log, accounts }: DirectStory): Promise<ConversationState> {
	const result = await log.verify(await accounts())
	if (!result.ok) throw new Error(JSON.stringify(result.error))
	return result.value
}

/** Bob's first post on page 0, placed at a position of the log that the story has now. */
function write(
	{ hashes }: { hashes: readonly Bytes[] },
	convId: Bytes,
	{ author, logSeq }: { author: AccountStory; logSeq: number },
) {
	const guid = guidOf({ conversation: convId, page: 0, part: 0 })
	const device = author.laptop
	const head = headOf({ device, idHash: author.idHash })
	const place = { incarnation: 3, clock: 0, logSeq, logHash: (hashes[logSeq] ?? bytesOf('later')).slice(0, 16) }
	const ct = bytesOf('ct', 64)
	const evHash = eventHash(nodeHash, { convId, idHash: author.idHash, head: encodeHead(head), ctHash: nodeHash(ct) })
	const item: FullItem = { form: 'full', head, ct, place, signature: new Uint8Array(64) }
	const clientId = clientIdOf(nodeHash, { deviceId: device.deviceId, guid, incarnation: 3 })
	const message = placeMessage(nodeHash, { guid, place, evHash })
	return { guid, clientId, item, message }
}

async function judged(story: DirectStory, wish: { logSeq: number; cutLists?: readonly CutList[] }): Promise<Judgment> {
	const conversation = await stateOf(story)
	const lookup = await story.accounts()
	const { guid, clientId, item } = write(story.log, conversation.id, { author: story.bob, logSeq: wish.logSeq })
	const view = judgeViewOf({
		hash: nodeHash,
		conversation,
		device: (deviceId) => {
			const state = lookup(story.bob.idHash)
			const device = state === null ? null : deviceOf(state, deviceId)
			return device === null ? null : { idHash: story.bob.idHash, device }
		},
		cutList: (hash) => (wish.cutLists ?? []).find((list) => equalBytes(cutHash(nodeHash, list), hash)) ?? null,
	})
	return judgeItem(view, { guid, item: { clientId, clock: 0, content: encodeItem(item) }, holder: null })
}

describe('the checks over verified logs', () => {
	test('[CHK13] an event of a certified device of a member comes through, at the log head that it names', async () => {
		const story = await directStory()
		const judgment = await judged(story, { logSeq: 1 })
		expect(judgment).toMatchObject({
			type: 'needs-signature',
			event: { author: story.bob.idHash, role: 'member', logMatches: true },
		})
		expect((await verifyItems(nodeVerify, [judgment]))[0]).toEqual({ type: 'refuse', code: 'item-bad-signature' })
	})

	test('[CHK8] [CHK11] a position beyond the head waits; before the first epoch nothing can be sealed', async () => {
		const story = await directStory()
		expect(await judged(story, { logSeq: 2 })).toEqual({ type: 'hold', missing: { what: 'log', seq: 2 } })
		expect(await judged(story, { logSeq: 0 })).toEqual({ type: 'refuse', code: 'item-bad-epoch' })
	})

	test('[CHK9] a revoked device writes on until the conversation names its revocation, not after', async () => {
		const story = await directStory()
		story.bob.revoke([story.bob.laptop], byMethod(story.bob.password))
		expect(await judged(story, { logSeq: 1 })).toMatchObject({ type: 'needs-signature' })
		await story.rotate(2)
		expect(await judged(story, { logSeq: 1 })).toMatchObject({ type: 'needs-signature' })
		expect(await judged(story, { logSeq: 2 })).toEqual({ type: 'refuse', code: 'item-device-ended' })
	})

	test('[CHK12] a cut judges what was placed before it by the list beside the entry', async () => {
		const lists = (deviceId: Bytes, clientId: number, next: number): CutList => [
			{ device: deviceId, pages: [{ page: 0, part: 0, streams: [{ clientId, next }] }] },
		]
		for (const [next, type] of [
			[1, 'needs-signature'],
			[0, 'refuse'],
		] as const) {
			const story = await directStory()
			const { bob, log } = story
			const { clientId } = write(log, (await stateOf(story)).id, { author: bob, logSeq: 1 })
			const list = lists(bob.laptop.deviceId, clientId, next)
			const phone = actor('bob phone')
			bob.addDevice(phone, byMethod(bob.password)).revoke([bob.laptop], byMethod(bob.password))
			const named = {
				account: bob.idHash,
				devices: [bob.laptop.deviceId],
				acc: refsOf([await bob.state()]),
				cut: cutHash(nodeHash, list),
			}
			log.append({ type: 'cut', ...log.based(bob, phone), ...named }, phone)
			expect(await judged(story, { logSeq: 1 })).toEqual({ type: 'hold', missing: { what: 'cut-list', seq: 2 } })
			expect(await judged(story, { logSeq: 1, cutLists: [list] })).toMatchObject({ type })
		}
	})
})
