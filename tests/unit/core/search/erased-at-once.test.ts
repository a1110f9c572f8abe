/** What was deleted leaves the sealed index before the clock moves on, whatever else is being written. */
import { expect, it } from 'vitest'
import { createCopies } from '#core/copies/copies.ts'
import { createEventJournal, type EventJournal } from '#core/search/event-journal.ts'
import { createMessageSearch } from '#core/search/message-search.ts'
import type { Storage } from '#store/storage.ts'
import { eventually, type CoreClient } from '../../../support/core-client.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../../support/core-talk.ts'

holdProviderTimers()

/** Alice's client with its search, and what the rows of the index say under the key of the device. */
async function searching(talk: Talk) {
	const journals: EventJournal[] = []
	const client = await talk.start({
		storage: (inner: Storage) => {
			const journal = createEventJournal(inner)
			journals.push(journal)
			return journal.storage
		},
	})
	const [journal] = journals as [EventJournal]
	const copies = createCopies(client.context)
	const search = createMessageSearch({ context: client.context, journal, copies, describe: async () => null })
	const says = async (word: string) => {
		const rows = await client.storage.transaction('read', ['searchIndex'], (tx) => tx.range('searchIndex', {}))
		const opened = await Promise.all(rows.map(({ key, bytes }) => talk.device.wrap.open('searchIndex', key, bytes)))
		return opened.some((bytes) => bytes !== null && Buffer.from(bytes).includes(word))
	}
	return { client, search, journal, says }
}

/** Timers that are due run; none that has still to wait. */
const untilNow = (client: CoreClient, holds: () => Promise<boolean>, what: string) =>
	eventually(async () => {
		await client.time.advance(0)
		return holds()
	}, what)

it('[M5][DEL4] at once, though the next look at what else is written has still to wait', async () => {
	const talk = await talkOf('search erased')
	const { client, search, says } = await searching(talk)
	await client.online()
	await search.start({ erased: [], hidden: [], logs: [], copies: [] })
	const key = await client.conversation().post('marmalade')
	await eventually(async () => (await client.messages())[0]?.mark === 'sent', 'a message that is sent')
	await eventually(async () => {
		await client.time.advance(1_000)
		return says('marmalade')
	}, 'an index')

	const write = talk.bobWrites()
	talk.server.publish(talk.guid, (await write('quince')).item)
	await eventually(async () => (await client.texts()).includes('quince'), 'a message of Bob')
	await client.time.advance(0)
	await client.idle()
	expect(await says('quince')).toBe(false)

	expect((await client.conversation().redact(key)).ok).toBe(true)
	await untilNow(client, async () => !(await says('marmalade')), 'an index without what was deleted')
	expect(client.troubles).toEqual([])
	search.close()
})
