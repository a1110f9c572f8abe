/** An index over pages of folded rows, without keys and network: what it finds, and what its rows say on disk. */
import { createRecords } from '#core/records.ts'
import { createEventJournal } from '#core/search/event-journal.ts'
import { find, type Wanted } from '#core/search/find.ts'
import { pageToIndex } from '#core/search/index-page.ts'
import { createMessageIndex, type IndexSizes } from '#core/search/message-index.ts'
import type { PageName } from '#core/search/segment.ts'
import type { StorageWrap } from '#crypto/storage-wrap.ts'
import type { Bytes } from '#protocol/bytes.ts'
import type { FoldEvent } from '#protocol/fold-events.ts'
import { createMemoryDatabase, openMemoryStorage } from '#store/memory-storage.ts'

/** Rows as they are: what they say can be looked for. */
const openWrap: StorageWrap = {
	seal: (_store, _key, value) => Promise.resolve(value),
	open: (_store, _key, sealed) => Promise.resolve(sealed),
}

const anything: Wanted = {
	...{ prefixes: [], has: [], since: -Infinity, until: Infinity, authors: null, now: 0 },
	conversation: () => true,
}

export async function searchedPages(
	pages: (name: PageName) => readonly FoldEvent[],
	{ now, sizes, wrap = openWrap }: { now: number; sizes?: IndexSizes; wrap?: StorageWrap },
) {
	const database = createMemoryDatabase()
	async function open() {
		const storage = await openMemoryStorage(database)
		const journal = createEventJournal(storage)
		await journal.restore()
		const index = createMessageIndex({
			...{ records: createRecords(storage, wrap), storage, journal, ...(sizes === undefined ? {} : { sizes }) },
			readPage: (name) =>
				Promise.resolve({ ...pageToIndex(name, pages(name), { now, hidden: new Set() }), lockedBy: [] }),
		})
		return { storage, journal, index }
	}
	let { storage, journal, index } = await open()

	return {
		/** As a row written there would. */
		changed: (names: readonly PageName[]) => journal.mark(names),
		/** What it said is to leave the index first. */
		hurry: (name: PageName) => journal.hurry(name),
		step: () => index.step(),
		settle: async () => {
			while (await index.step());
		},
		restart: async () => {
			await storage.close()
			;({ storage, journal, index } = await open())
		},
		progress: () => index.progress(),
		/** Places of what is found, newest first. */
		find: (wanted: Partial<Wanted>) =>
			index.read(async (readable) => {
				const found = []
				for await (const rows of find(readable, { ...anything, now, ...wanted }, 3)) found.push(...rows)
				return found
			}),
		segments: () => index.read(({ segments }) => Promise.resolve(segments.length)),
		rows: () =>
			storage.transaction('read', ['searchIndex'], (tx) => tx.range('searchIndex')) as Promise<
				{ key: string; bytes: Bytes }[]
			>,
		damage: (key: string, bytes: Bytes | null) =>
			storage.transaction('write', ['searchIndex'], (tx) =>
				bytes === null ? tx.delete('searchIndex', key) : tx.put('searchIndex', key, bytes),
			),
	}
}
