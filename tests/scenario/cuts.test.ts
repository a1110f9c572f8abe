import { expect, test } from 'vitest'
import { groupOf, membersUntil } from '../support/groups.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, textOf, textsUntil } from '../support/watching.ts'
import { post } from '../support/world.ts'

test('[C2][CNV38] what was acked between the word of a remove and its entry stands, and who goes on writing is removed all the same', async () => {
	const { alice, bob, charlie, world } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'member'],
	])
	await post(bob, group, 'before')
	await textsUntil(alice.api, group, ['before'])
	const { conversations } = world.server.domain
	const { append } = conversations
	let attempts = 0
	// Her list is made by now, and knows nothing of what he writes here.
	conversations.append = async (...entry) => {
		attempts++
		const texts = attempts === 1 ? ['before', 'in between'] : ['before', 'in between', 'too late']
		await post(bob, group, texts.at(-1) as string)
		const isSent = attempts === 1
		await messagesUntil(bob.api, group, (all) =>
			all.some((one) => textOf(one) === texts.at(-1) && (one.mark !== 'queued') === isSent),
		)
		return append(...entry)
	}
	must(await alice.api.removeMembers({ conversation: group, accounts: [bob.account] }))
	conversations.append = append
	expect(attempts).toBe(2)
	for (const one of [alice, charlie]) {
		await membersUntil(one, group, ['alice', 'charlie'])
		await textsUntil(one.api, group, ['before', 'in between'])
	}
	await charlie.reopen()
	await textsUntil(charlie.api, group, ['before', 'in between'])
})
