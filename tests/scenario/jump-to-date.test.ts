import { expect, test } from 'vitest'
import { setup } from '../support/story.ts'
import { must, refusal, textOf, textsUntil, until } from '../support/watching.ts'
import { befriend, openDirect, post } from '../support/world.ts'

test('[M5] a day leads to its first message, and one to come to the newest', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const empty = { type: 'not-here' }
	expect(refusal(await alice.api.messageAt({ conversation: direct, at: 0 }))).toEqual(empty)
	const texts = Array.from({ length: 520 }, (_, i) => `message ${i + 1}`)
	await post(alice, direct, ...texts)
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	await post(bob, direct, 'the last')
	await textsUntil(alice.api, direct, [...texts.slice(-59), 'the last'])
	const textAt = async (at: number) => {
		const { event } = must(await alice.api.messageAt({ conversation: direct, at }))
		const of = { conversation: direct, around: event, before: 0, after: 0 }
		const view = await until(alice.api, { view: 'history', of, is: (view) => view !== null })
		return { text: textOf(view!.messages[0]!), at: view!.messages[0]!.at }
	}
	const first = await textAt(0)
	expect(first.text).toBe('message 1')
	expect((await textAt(Date.now() + 86_400_000)).text).toBe('the last')
	expect(refusal(await alice.api.messageAt({ conversation: 'AAAAAAAAAAAAAAAAAAAAAA', at: 0 }))).toEqual(empty)
})
