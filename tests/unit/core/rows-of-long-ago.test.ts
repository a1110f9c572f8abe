import { expect, it } from 'vitest'
import { conversationKey, pageRange } from '#store/keys.ts'
import { eventually } from '../../support/core-client.ts'
import { holdProviderTimers, talkOf } from '../../support/core-talk.ts'

holdProviderTimers()

/** More than the newest page must hold for the one before to be left to the store. */
const newer = Array.from({ length: 62 }, (_, i) => `newer ${i}`)

it('[L2] what was asked for stays in memory when a page that had lost its rows gets them back', async () => {
	const talk = await talkOf('rows of long ago')
	const before = await talk.start()
	await before.online()
	await before.conversation().post('long ago')
	await eventually(() => before.context.outbox.waiting() === 0, 'the first to be sent')
	talk.server.turnPage(talk.talk.made.conversation)
	for (const text of newer) await before.conversation().post(text)
	await eventually(() => before.context.outbox.waiting() === 0, 'the others to be sent')
	before.close()

	const { storage } = await talk.start()
	await storage.transaction('write', ['events', 'pages'], async (tx) => {
		await tx.deleteRange('events', pageRange(talk.talk.id, 0))
		await tx.deleteRange('pages', { from: conversationKey(talk.talk.id) })
	})
	const again = await talk.start()
	// Nothing of it is here yet; somebody wants to see it all the same.
	expect(await again.conversation().loadEarlier(500)).toBe(false)
	await again.online()
	const sent = ['long ago', ...newer].map((text) => `${text} (sent)`)
	await eventually(async () => (await again.texts()).join() === sent.join(), 'all of it')
	expect((await again.view()).more).toBe(false)
})
