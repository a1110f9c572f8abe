import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { ConversationId, KithApi, SearchView } from '#core/api.ts'
import { fileNamed } from '../support/files.ts'
import { groupOf, notWritableUntil } from '../support/groups.ts'
import { openRows } from '../support/opened-store.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, textOf, textsUntil, until } from '../support/watching.ts'
import { openDirect, post, befriend, type NodeDevice } from '../support/world.ts'

/** What is found, once so many are: what was written a moment ago is indexed in a moment. */
async function foundBy(
	{ api }: { readonly api: Pick<KithApi, 'watch'> },
	text: string,
	count: number,
	conversation: ConversationId | null = null,
): Promise<string[]> {
	const view = await until(api, {
		view: 'search',
		of: { text, conversation, count: 20 },
		is: (view) => view.indexing === null && view.hits.length === count,
	})
	return view.hits.map((hit) => hit.text)
}

const asked = ({ api }: NodeDevice, text: string, is: (view: SearchView) => boolean, count = 20) =>
	until(api, { view: 'search', of: { text, conversation: null, count }, is })

test('[M5] words are found as they are begun, without their accents, in every conversation, the newest first', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [[bob, 'member'], [charlie, 'member']], { name: 'Bôat trips' }) // prettier-ignore
	const direct = await openDirect(alice, bob)
	const all = [
		'The Café at the harbour opens at nine',
		'明日は東京タワーへ行きます',
		'see https://ferries.example/times',
	]
	await post(bob, group, all[0]!)
	// Who has read a message writes after it.
	for (const one of [alice, charlie]) await textsUntil(one.api, group, all.slice(0, 1))
	await post(alice, direct, 'cafeteria food again')
	await post(charlie, group, all[1]!, all[2]!)
	await textsUntil(bob.api, group, all)

	expect(await foundBy(bob, 'CAFE', 2)).toEqual(['cafeteria food again', 'The Café at the harbour opens at nine'])
	expect(await foundBy(bob, 'harb nine', 1)).toEqual(['The Café at the harbour opens at nine'])
	expect(await foundBy(bob, '東京', 1)).toEqual(['明日は東京タワーへ行きます'])
	expect(await foundBy(bob, '京東', 0)).toEqual([])
	expect(await foundBy(bob, 'caf', 1, group)).toHaveLength(1)
	expect(await foundBy(bob, 'caf in:"boat tr"', 1)).toHaveLength(1)
	expect(await foundBy(bob, 'from:charlie', 2)).toEqual([all[2], all[1]])
	expect(await foundBy(bob, 'from:me', 1)).toEqual([all[0]])
	expect(await foundBy(bob, 'from:charlie has:link', 1)).toEqual([all[2]])
	expect(await foundBy(bob, 'after:2001-09', 4)).toHaveLength(4)
	expect(await foundBy(bob, 'before:2001', 0)).toEqual([])

	const { hits } = await asked(bob, 'harbour', (view) => view.hits.length === 1)
	expect(hits[0]).toMatchObject({ title: 'Bôat trips', kind: 'group', mine: true, author: { name: 'bob' } })
	expect(hits[0]!.marks.map(([from, to]) => hits[0]!.text.slice(from, to))).toEqual(['harbour'])
	const around = await until(bob.api, {
		view: 'history',
		of: { conversation: group, around: hits[0]!.event, before: 1, after: 1 },
		is: (view) => view !== null,
	})
	expect(around?.messages.map(textOf)).toEqual(all.slice(0, 2))
	expect((await asked(bob, 'from:nobody has:wings before:soon', () => true)).unclear.toSorted()).toEqual(
		['before:soon', 'from:nobody', 'has:wings'], // prettier-ignore
	)
	const few = await asked(bob, 'after:2001', (view) => view.hits.length === 2, 2)
	expect(few.more).toBe(true)
})

test('[M5] what goes with a message finds it, alone or with words, and so does its name', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const picture = { width: 4, height: 3, thumbhash: new Uint8Array() }
	const sound = { durationMs: 900, waveform: Uint8Array.of(1, 2) }
	const sent = [
		{ text: 'the pier', files: [{ ...fileNamed('pier.jpg', 90), mime: 'image/jpeg', picture }] },
		{ text: 'the tides', files: [fileNamed('Gezeiten Tabelle.pdf', 90)] },
		{ text: '', files: [{ ...fileNamed('voice', 90), mime: 'audio/webm', sound }] },
		{ text: 'the words alone', files: [] },
	]
	for (const message of sent) must(await alice.api.post({ conversation: direct, ...message }))
	// A text overtakes the files before it.
	await messagesUntil(bob.api, direct, (all) => all.length === sent.length)
	for (const one of [alice, bob]) {
		expect(await foundBy(one, 'has:image', 1)).toEqual(['the pier pier.jpg'])
		expect(await foundBy(one, 'has:file', 1)).toEqual(['the tides Gezeiten Tabelle.pdf'])
		expect(await foundBy(one, 'has:voice', 1)).toEqual(['voice'])
		expect(await foundBy(one, 'has:image tides', 0)).toEqual([])
		expect(await foundBy(one, 'has:files tid', 1)).toHaveLength(1)
		expect(await foundBy(one, 'tabell', 1)).toEqual(['the tides Gezeiten Tabelle.pdf'])
	}
})

test('[M5][L1] the index is there again after a restart with no network, sealed, and follows what comes', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	await post(alice, direct, 'rhubarb on monday', 'and marmalade')
	await textsUntil(bob.api, direct, ['rhubarb on monday', 'and marmalade'])
	expect(await foundBy(bob, 'rhubarb', 1)).toHaveLength(1)
	bob.wire.cut()
	await bob.reopen()
	expect(await foundBy(bob, 'rhub', 1)).toEqual(['rhubarb on monday'])
	const watched = asked(bob, 'quince', (view) => view.hits.length === 1)
	bob.wire.resume()
	await post(alice, direct, 'no quince left')
	expect((await watched).hits[0]?.text).toBe('no quince left')
	await bob.api.close()
	for (const file of [bob.store, `${bob.store}-wal`]) {
		const bytes = await readFile(file).catch(() => Buffer.alloc(0))
		for (const word of ['rhubarb', 'marmalade', 'quince']) expect(bytes.includes(word)).toBe(false)
	}
	await bob.reopen()
})

test('[M5] who leaves a group finds nothing of it any more, and nothing stays after signing out', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	const group = await groupOf(alice, [[bob, 'member']])
	const direct = await openDirect(alice, bob)
	await post(alice, group, 'gooseberries')
	await post(alice, direct, 'gooseberry jam')
	expect(await foundBy(bob, 'goose', 2)).toHaveLength(2)
	must(await bob.api.leaveGroup({ conversation: group }))
	await notWritableUntil(bob, group, 'not-member')
	expect(await foundBy(bob, 'goose', 1)).toEqual(['gooseberry jam'])
	await until(bob.api, { view: 'search', of: { text: '', conversation: null, count: 1 }, is: ({ indexing }) => indexing === null }) // prettier-ignore
	must(await bob.api.signOut())
	await bob.api.close()
	expect(await openRows(bob.store, ['searchIndex', 'searchTodo'])).toEqual([])
	await bob.reopen()
})

test('[M5] an edit is found by its new words alone, and what was deleted for everyone by none', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	await post(alice, direct, 'gooseberry jam', 'rhubarb cake')
	const shown = await textsUntil(bob.api, direct, ['gooseberry jam', 'rhubarb cake'])
	for (const one of [alice, bob]) for (const word of ['goose', 'rhub']) await foundBy(one, word, 1)
	const [jam, cake] = (await textsUntil(alice.api, direct, ['gooseberry jam', 'rhubarb cake'])).map(({ key }) => key)
	must(await alice.api.edit({ conversation: direct, key: jam!, text: 'quince jam' }))
	must(await alice.api.deleteForEveryone({ conversation: direct, key: cake! }))
	for (const one of [alice, bob]) {
		expect(await foundBy(one, 'quince', 1)).toEqual(['quince jam'])
		for (const word of ['goose', 'rhub']) expect(await foundBy(one, word, 0)).toEqual([])
	}
	const { hits } = await asked(bob, 'quince', (view) => view.hits.length === 1)
	expect(hits[0]!.event).toBe(shown[0]!.event)
})
