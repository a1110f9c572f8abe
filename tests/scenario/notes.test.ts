import { expect, test } from 'vitest'
import { phoneOf } from '../support/second-device.ts'
import { setup } from '../support/story.ts'
import { must, now, textsUntil, until } from '../support/watching.ts'
import { befriend, offlineUntil, openDirect, type NodeDevice } from '../support/world.ts'

async function notesOf({ api }: NodeDevice): Promise<string> {
	const chats = await until(api, { view: 'chats', of: null, is: (all) => all.some(({ kind }) => kind === 'notes') })
	return chats.find(({ kind }) => kind === 'notes')?.conversation ?? ''
}

test('[M8][C6] every account has notes from the start, which nobody else reads, on all its devices', async () => {
	const story = await setup('alice', 'bob')
	const { alice, bob } = story
	const notes = await notesOf(alice)
	expect(await notesOf(bob)).not.toBe(notes)
	const view = await until(alice.api, { view: 'conversation', of: notes, is: (one) => one?.writable.type === 'yes' })
	expect(view).toMatchObject({ kind: 'notes', readers: { who: { type: 'only-you' } }, people: [], messages: [] })
	must(await alice.api.post({ conversation: notes, text: 'buy milk' }))
	const phone = await phoneOf(story, alice)
	expect(await notesOf(phone)).toBe(notes)
	const [milk] = await textsUntil(phone.api, notes, ['buy milk'])
	// Ours, and nobody else could have it or read it.
	expect(milk).toMatchObject({ mine: true, mark: 'sent' })
	must(await phone.api.post({ conversation: notes, text: 'and bread' }))
	await textsUntil(alice.api, notes, ['buy milk', 'and bread'])
	expect((await now(alice.api, 'chats', null)).find(({ kind }) => kind === 'notes')?.unread).toBe(0)
	expect(await now(bob.api, 'conversation', notes)).toBeNull()
})

test('[M8][L1] notes are written without a network, and stand below what was said where nothing was written', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	const notes = await notesOf(alice)
	await befriend(alice, bob)
	const withBob = await openDirect(alice, bob)
	const order = (await now(alice.api, 'chats', null)).map(({ conversation }) => conversation)
	expect(order).toEqual([withBob, notes])
	alice.wire.cut()
	await offlineUntil(alice)
	must(await alice.api.post({ conversation: notes, text: 'on the train' }))
	await alice.reopen()
	const [note] = await textsUntil(alice.api, notes, ['on the train'])
	expect(note?.mark).toBe('queued')
	expect((await now(alice.api, 'chats', null))[0]?.conversation).toBe(notes)
	alice.wire.resume()
	await until(alice.api, { view: 'conversation', of: notes, is: (one) => one?.messages[0]?.mark === 'sent' })
})
