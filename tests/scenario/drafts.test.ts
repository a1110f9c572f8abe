import { test } from 'vitest'
import { phoneOf } from '../support/second-device.ts'
import { setup } from '../support/story.ts'
import { must, textsUntil, until } from '../support/watching.ts'
import { befriend, offlineUntil, openDirect, post, type NodeDevice } from '../support/world.ts'

const draftUntil = ({ api }: NodeDevice, conversation: string, draft: string) =>
	until(api, {
		view: 'chats',
		of: null,
		is: (chats) => chats.some((chat) => chat.conversation === conversation && chat.draft === draft),
	})

test('[M2][L2] a draft stands on every device of the account, is written offline too, and goes when it is sent', async () => {
	const story = await setup('alice', 'bob')
	const { alice, bob } = story
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const phone = await phoneOf(story, alice)
	await until(phone.api, { view: 'conversation', of: conversation, is: (view) => view !== null })
	must(await alice.api.saveDraft({ conversation, text: 'Shall we' }))
	await draftUntil(phone, conversation, 'Shall we')
	alice.wire.cut()
	await offlineUntil(alice)
	must(await alice.api.saveDraft({ conversation, text: 'Shall we meet at eight?' }))
	await alice.reopen()
	await draftUntil(alice, conversation, 'Shall we meet at eight?')
	alice.wire.resume()
	await draftUntil(phone, conversation, 'Shall we meet at eight?')
	await post(phone, conversation, 'Shall we meet at eight?')
	must(await phone.api.saveDraft({ conversation, text: '' }))
	await draftUntil(alice, conversation, '')
	await textsUntil(bob.api, conversation, ['Shall we meet at eight?'])
})
