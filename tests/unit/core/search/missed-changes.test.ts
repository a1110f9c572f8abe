/** What happens before the search is loaded leaves the sealed index when it comes. */
import { expect, it } from 'vitest'
import { createCopies } from '#core/copies/copies.ts'
import { createEventJournal, type EventJournal } from '#core/search/event-journal.ts'
import { createMessageSearch } from '#core/search/message-search.ts'
import { collectMissed, type MissedChanges } from '#core/search/missed-changes.ts'
import type { Storage } from '#store/storage.ts'
import { eventually } from '../../../support/core-client.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../../support/core-talk.ts'

holdProviderTimers()

const nothing: MissedChanges = { erased: [], hidden: [], logs: [], copies: [] }

/** A client, what of it concerns the index, and the search that is not loaded yet. */
async function clientOf(talk: Talk) {
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
	const missed = collectMissed({ ...client.context, copies })
	const load = () => createMessageSearch({ context: client.context, journal, copies, describe: async () => null })
	const says = async (word: string) => {
		const rows = await client.storage.transaction('read', ['searchIndex'], (tx) => tx.range('searchIndex', {}))
		const opened = await Promise.all(rows.map(({ key, bytes }) => talk.device.wrap.open('searchIndex', key, bytes)))
		return opened.some((bytes) => bytes !== null && Buffer.from(bytes).includes(word))
	}
	return { client, missed, load, says }
}

it('[M5][DEL4] what was deleted meanwhile is gone with the first step, and its log is looked at anew', async () => {
	const talk = await talkOf('search missed')
	const first = await clientOf(talk)
	await first.client.online()
	const before = first.load()
	await before.start(nothing)
	await first.client.conversation().post('marmalade')
	await eventually(async () => (await first.client.messages())[0]?.mark === 'sent', 'a message that is sent')
	await eventually(async () => {
		await first.client.time.advance(1_000)
		return first.says('marmalade')
	}, 'an index')
	before.close()
	first.client.close()

	const { client, missed, load, says } = await clientOf(talk)
	let isErased = false
	client.context.events.onErased(() => (isErased = true))
	await client.online()
	const [message] = await client.messages()
	expect((await client.conversation().redact(message?.key ?? '')).ok).toBe(true)
	await eventually(async () => (await client.texts()).every((text) => !text.startsWith('marmalade')), 'the deletion')
	// Shown at once, and carried out when the server has it.
	await eventually(async () => {
		await client.time.advance(0)
		return isErased
	}, 'the text gone from the store')
	await client.idle()
	expect(await says('marmalade')).toBe(true)

	const told = missed()
	expect(told.erased.map(({ page }) => page)).toContain(0)
	const search = load()
	await search.start(told)
	await eventually(async () => {
		await client.time.advance(0)
		return !(await says('marmalade'))
	}, 'an index without what was deleted')
	expect(client.troubles).toEqual([])
	search.close()
})
