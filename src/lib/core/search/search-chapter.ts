/** The search, loaded when somebody searches, or a while after the start, for the work that it does in the background. */
import type { Timers } from '#protocol/ports.ts'
import { createChapter } from '../chapter.ts'
import { collectMissed } from './missed-changes.ts'
import type { MessageSearch, MessageSearchParts } from './message-search.ts'

/** The first look after a start, when whoever started wants to read. */
const startMs = 4_000

export type LaterSearch = Omit<MessageSearch, 'start'>

export function searchChapter(parts: MessageSearchParts, timers: Timers): LaterSearch {
	const { context, copies } = parts
	const missed = collectMissed({ ...context, copies })
	const chapter = createChapter(
		() => import('./message-search.ts'),
		async ({ createMessageSearch }) => {
			const search = createMessageSearch(parts)
			await search.start(missed())
			return search
		},
	)
	const cancel = timers.after(startMs, () => void chapter.open().catch(trouble))

	/** Where its code does not come, whoever searches asks again. */
	function trouble(error: unknown): void {
		context.failed('search', error)
	}

	return {
		view: async (at) => (await chapter.open()).view(at),
		close: () => {
			cancel()
			missed()
			chapter.opened()?.close()
		},
	}
}
