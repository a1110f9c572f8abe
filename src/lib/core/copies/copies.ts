/**
 * Copies that were imported: kept on this device alone, sealed like everything here, shown beside the conversations and never written in. What
 * is known of each is in memory, its pages are read when somebody looks at them.
 */
import { copyPagesRange, keyToCopyPage } from '#store/keys.ts'
import type { Storage } from '#store/storage.ts'
import type { AccountId, ConversationId, EventId, PersonView } from '../api.ts'
import { base64urlToBytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { attachment, type Attachment } from '#protocol/plaintext.ts'
import { blobName } from '../blob-rows.ts'
import type { Files } from '../files.ts'
import { toFileView } from '../message-views.ts'
import type { Records } from '../records.ts'
import type { CopyAt } from './copied-files.ts'
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
	/** The file of that name, and the import that it came with; null where no message of the copy has it. */
	readonly file: (id: ConversationId, blob: string) => Promise<{ at: CopyAt; attachment: Attachment } | null>
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

interface CopiesParts {
	readonly records: Records
	readonly storage: Storage
	readonly files: Pick<Files, 'copied'>
}

export function createCopies({ records, storage, files: { copied } }: CopiesParts): Copies {
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
		const kept = stored === null ? [] : (JSON.parse(stored.messages) as CopiedMessage[])
		const messages = kept.map((message) => withFiles({ id, generation: row.generation }, message))
		held.set(at.key, messages)
		for (const oldest of held.keys()) {
			if (held.size <= pagesHeld) break
			held.delete(oldest)
		}
		return messages
	}

	/** A picture that is not here is a file by its name. */
	function withFiles(at: CopyAt, message: CopiedMessage): CopiedMessage {
		const files = attachmentsOf(message).map((one) => {
			const view = toFileView(one)
			return copied.has(at, one) ? view : { ...view, picture: null, sound: null }
		})
		return message.attachments === undefined ? message : { ...message, view: { ...message.view, files } }
	}

	const isKept = (at: CopyAt) => get(at.id)?.generation === at.generation

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
		const ids = new Set(changed.map(([id]) => id))
		await copied.forget((at) => !ids.has(at.id) || isKept(at))
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
			await copied.forget(isKept)
		},
		get,
		all: () => [...rows].filter(([, { gone }]) => !gone),
		isGone: (id) => rows.get(id)?.gone === true,
		page: async (id, page) => {
			const row = get(id)
			return row === null || row.pages[page] === undefined ? [] : read(id, row, page)
		},
		file: async (id, blob) => {
			const row = get(id)
			for (let page = (row?.pages.length ?? 0) - 1; page >= 0 && row !== null; page--) {
				const all = (await read(id, row, page)).flatMap(attachmentsOf)
				const found = all.find((one) => blobName(one) === blob)
				if (found !== undefined) return { at: { id, generation: row.generation }, attachment: found }
			}
			return null
		},
		putPage: (at, page, messages) =>
			records.put(copyPageRow, copyPageAt(at, page), { messages: JSON.stringify(messages) }),
		commit,
		drop: async ({ id, generation }) => {
			await storage.transaction('write', ['copies'], (tx) => tx.deleteRange('copies', copyPagesRange(id, generation)))
			await copied.forget((at) => at.id !== id || at.generation !== generation)
		},
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

function attachmentsOf({ attachments = [] }: CopiedMessage): Attachment[] {
	return attachments.flatMap((text) => {
		const decoded = decode(attachment, base64urlToBytes(text) ?? new Uint8Array(0))
		return decoded.ok ? [decoded.value] : []
	})
}
