/**
 * Whether the pages of a conversation are still what they were when they were complete. A store that lost rows, or whose rows
 * do not open any more, is a cache that has to be filled again: such a page is forgotten as complete, and the next catch-up
 * fetches from the server what is missing.
 */
import { equalBytes } from '#protocol/bytes.ts'
import { conversationKey, conversationRange, keyToPageKey, under } from '#store/keys.ts'
import type { Row } from '#store/storage.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import { pageRow } from './conversation-rows.ts'
import { createQueue } from './queue.ts'

export interface PageHealth {
	/** Forgets pages with fewer rows than were counted when they were complete. */
	readonly check: () => Promise<void>
	/** Forgets the pages of rows that do not open, and removes these. */
	readonly remove: (damaged: readonly Row[]) => Promise<void>
}

export function createPageHealth(conversation: ConversationId, context: ConversationContext): PageHealth {
	const { records, storage } = context
	const queue = createQueue()

	async function forget(pages: readonly string[], damaged: readonly Row[]): Promise<void> {
		if (pages.length === 0) return
		await storage.transaction('write', ['pages', 'events'], async (tx) => {
			for (const page of pages) await tx.delete('pages', page)
			// Else only what changed since would be asked for.
			await tx.delete('pages', conversationKey(conversation))
			for (const { key, bytes } of damaged) {
				const now = await tx.get('events', key)
				// Healed meanwhile, it is another row.
				if (now !== null && equalBytes(now, bytes)) await tx.delete('events', key)
			}
		})
	}

	async function check(): Promise<void> {
		const complete = await records.all(pageRow, 'pages', conversationRange(conversation))
		const counts = await storage.transaction('read', ['events'], async (tx) => {
			const counted: number[] = []
			for (const { key } of complete) counted.push(await tx.count('events', under(key)))
			return counted
		})
		const thin = complete.filter(({ value }, i) => (counts[i] as number) < value.rows)
		await forget(
			thin.map(({ key }) => key),
			[],
		)
	}

	return {
		check: () => queue.run('pages', check),
		remove: (damaged) =>
			queue.run('pages', () => forget([...new Set(damaged.map(({ key }) => keyToPageKey(key)))], damaged)),
	}
}
