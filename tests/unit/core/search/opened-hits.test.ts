/** A search opens what it shows, and no other message: neither of those that it did not find nor, but for the next, of those that it does not show yet. */
import { expect, it } from 'vitest'
import { createCopies } from '#core/copies/copies.ts'
import { createEventJournal, type EventJournal } from '#core/search/event-journal.ts'
import { createMessageSearch } from '#core/search/message-search.ts'
import type { Storage } from '#store/storage.ts'
import { eventually } from '../../../support/core-client.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../../support/core-talk.ts'

holdProviderTimers()

const person = { account: '', name: 'bob', displayName: 'Bob', verified: false, presence: null }

/** A client with its search, and the rows of messages that it opened. */
async function searching(talk: Talk) {
	const journals: EventJournal[] = []
	const opened: string[] = []
	const { wrap } = talk.device
	const client = await talk.start({
		device: {
			...talk.device,
			wrap: {
				...wrap,
				open: (store, key, bytes) => {
					if (store === 'events') opened.push(key)
					return wrap.open(store, key, bytes)
				},
			},
		},
		storage: (inner: Storage) => {
			const journal = createEventJournal(inner)
			journals.push(journal)
			return journal.storage
		},
	})
	const [journal] = journals as [EventJournal]
	const describe = async () => ({ kind: 'direct', room: null, title: 'Bob', person }) as const
	const search = createMessageSearch({
		context: client.context,
		journal,
		copies: createCopies(client.context),
		describe,
	})
	await search.start({ erased: [], hidden: [], logs: [], copies: [] })
	return { client, search, opened }
}

it('[M5] opens the messages that it shows, and one to know whether there are more', async () => {
	const talk = await talkOf('search opens')
	const first = await searching(talk)
	await first.client.online()
	const texts = Array.from({ length: 40 }, (_, i) => `${i % 2 === 0 ? 'marmalade' : 'quince'} ${i}`)
	for (const text of texts) await first.client.conversation().post(text)
	await eventually(
		async () => (await first.client.messages()).every(({ mark }) => mark === 'sent'),
		'messages that are sent',
	)
	const at = { text: 'marmalade', conversation: null, count: 5 }
	await eventually(async () => {
		await first.client.time.advance(1_000)
		const { hits, indexing } = await first.search.view(at)
		return indexing === null && hits.length === 5
	}, 'an index of all of them')
	first.search.close()

	for (const count of [1, 5, 20]) {
		first.opened.splice(0)
		const { hits, more } = await first.search.view({ ...at, count })
		expect([hits.length, more]).toEqual([count, count < 20])
		// One beyond says whether there are more: what the index names may have gone a moment ago.
		expect(new Set(first.opened).size).toBe(Math.min(count + 1, 20))
	}
	first.opened.splice(0)
	expect((await first.search.view({ ...at, text: 'gooseberry' })).hits).toEqual([])
	expect(first.opened).toEqual([])
	expect(first.client.troubles).toEqual([])
})
