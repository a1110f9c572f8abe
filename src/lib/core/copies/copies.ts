/**
 * Copies that were imported: kept on this device alone, sealed like everything here, shown beside the conversations and never written in. What
 * is known of each is in memory, its pages are read when somebody looks at them.
 */
import { copyPagesRange, keyToCopyPage } from '#store/keys.ts'
import type { Storage } from '#store/storage.ts'
import type { AccountId, ConversationId, EventId, PersonView } from '../api.ts'
import type { Records } from '../records.ts'
import { copyAt, copyPageAt, copyPageRow, copyRow, type CopiedMessage, type CopyRow } from './copy-rows.ts'

export interface Copies {
	/** From the store; what an import left half done goes. */
	readonly restore: () => Promise<void>
	/** Null where there is none, or it was deleted. */
	readonly get: (id: ConversationId) => CopyRow | null
	readonly all: () => readonly (readonly [ConversationId, CopyRow])[]
	/** One of these was here once: its pages are to be forgotten. */
	readonly isGone: (id: ConversationId) => boolean
	/** Empty where it has no such page. */
	readonly page: (id: ConversationId, page: number) => Promise<readonly CopiedMessage[]>
	/** Kept, and shown by nobody until `commit`. */
	readonly putPage: (
		at: { readonly id: ConversationId; readonly generation: string },
		page: number,
		messages: readonly CopiedMessage[],
	) => Promise<void>
	/** All of them at once, in place of what was known of each. */
	readonly commit: (rows: readonly (readonly [ConversationId, CopyRow])[]) => Promise<void>
	/** What was put for an import that came to nothing. */
	readonly drop: (at: { readonly id: ConversationId; readonly generation: string }) => Promise<void>
	readonly remove: (id: ConversationId) => Promise<void>
	readonly onChange: (listener: (id: ConversationId) => void) => () => void
}

/** Pages that stay in memory once they were read. */
const pagesHeld = 8

export function personIn(row: CopyRow, account: AccountId): PersonView {
	const known = row.people.find((one) => one.account === account)
	const name = `${known?.name ?? ''}@${new URL(row.origin).host}`
	return { account, name, displayName: known?.displayName ?? '', verified: false, presence: null }
}

/** Where an event stands in a copy; null where it does not. */
export async function placeIn(
	copies: Pick<Copies, 'get' | 'page'>,
	{ id, event }: { id: ConversationId; event: EventId },
): Promise<{ page: number; index: number } | null> {
	for (let page = (copies.get(id)?.pages.length ?? 0) - 1; page >= 0; page--) {
		const index = (await copies.page(id, page)).findIndex(({ view }) => view.event === event)
		if (index >= 0) return { page, index }
	}
	return null
}

export function createCopies({ records, storage }: { records: Records; storage: Storage }): Copies {
	const rows = new Map<ConversationId, CopyRow>()
	const held = new Map<string, readonly CopiedMessage[]>()
	const listeners = new Set<(id: ConversationId) => void>()

	const tell = (id: ConversationId) => listeners.forEach((listener) => listener(id))
	const get = (id: ConversationId) => {
		const row = rows.get(id)
		return row === undefined || row.gone ? null : row
	}

	async function sweep(): Promise<void> {
		await storage.transaction('write', ['copies'], async (tx) => {
			for (const key of await tx.keys('copies')) {
				const page = keyToCopyPage(key)
				if (page !== null && get(page.copy)?.generation !== page.generation) await tx.delete('copies', key)
			}
		})
	}

	async function read(id: ConversationId, row: CopyRow, page: number): Promise<readonly CopiedMessage[]> {
		const at = copyPageAt({ id, generation: row.generation }, page)
		const known = held.get(at.key)
		if (known !== undefined) return known
		const stored = await records.get(copyPageRow, at)
		const messages = stored === null ? [] : (JSON.parse(stored.messages) as CopiedMessage[])
		held.set(at.key, messages)
		for (const oldest of held.keys()) {
			if (held.size <= pagesHeld) break
			held.delete(oldest)
		}
		return messages
	}

	async function commit(changed: readonly (readonly [ConversationId, CopyRow])[]): Promise<void> {
		const sealed = await Promise.all(
			changed.map(async ([id, row]) => [id, row, await records.seal(copyRow, copyAt(id), row)] as const),
		)
		await storage.transaction('write', ['copies'], async (tx) => {
			for (const [id, row, { key, bytes }] of sealed) {
				for (const old of await tx.keys('copies', copyPagesRange(id)))
					if (row.gone || keyToCopyPage(old)?.generation !== row.generation) await tx.delete('copies', old)
				await tx.put('copies', key, bytes)
			}
		})
		for (const [id, row] of changed) rows.set(id, row)
		held.clear()
		for (const [id] of changed) tell(id)
	}

	return {
		restore: async () => {
			const keys = await storage.transaction('read', ['copies'], (tx) => tx.keys('copies'))
			for (const id of keys.filter((key) => keyToCopyPage(key) === null)) {
				const row = await records.get(copyRow, copyAt(id))
				if (row !== null) rows.set(id, row)
			}
			await sweep()
		},
		get,
		all: () => [...rows].filter(([, { gone }]) => !gone),
		isGone: (id) => rows.get(id)?.gone === true,
		page: async (id, page) => {
			const row = get(id)
			return row === null || row.pages[page] === undefined ? [] : read(id, row, page)
		},
		putPage: (at, page, messages) =>
			records.put(copyPageRow, copyPageAt(at, page), { messages: JSON.stringify(messages) }),
		commit,
		drop: ({ id, generation }) =>
			storage.transaction('write', ['copies'], (tx) => tx.deleteRange('copies', copyPagesRange(id, generation))),
		remove: async (id) => {
			const row = get(id)
			if (row === null) return
			const nothing = { generation: '', origin: '', by: '', savedAt: 0, title: '', people: [] }
			await commit([[id, { ...nothing, gone: true, pages: row.pages.map(() => ({ count: 0, newest: 0 })) }]])
		},
		onChange: (listener) => {
			listeners.add(listener)
			return () => void listeners.delete(listener)
		},
	}
}
