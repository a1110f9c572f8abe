/** What happens while the search is not loaded yet, and concerns its index: told to it when it comes. */
import type { ConversationId } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import type { Copies } from '../copies/copies.ts'
import type { PageName } from './segment.ts'

/** Pages and conversations, each once or more. */
export interface MissedChanges {
	readonly erased: readonly PageName[]
	readonly hidden: readonly PageName[]
	/** Whose logs say something new. */
	readonly logs: readonly ConversationId[]
	/** Imported or deleted. */
	readonly copies: readonly ConversationId[]
}

type Sources = Pick<ConversationContext, 'events' | 'hidden' | 'logs'> & { readonly copies: Copies }

/** Collects from now on; the answer ends that. */
export function collectMissed({ events, hidden, logs, copies }: Sources): () => MissedChanges {
	const missed = {
		erased: [] as PageName[],
		hidden: [] as PageName[],
		logs: [] as ConversationId[],
		copies: [] as ConversationId[],
	}
	const stop = [
		events.onErased((page) => missed.erased.push(page)),
		hidden.onChange((pages) => missed.hidden.push(...pages)),
		logs.onChange((id) => missed.logs.push(id)),
		copies.onChange((id) => missed.copies.push(id)),
	]
	return () => {
		for (const end of stop) end()
		return missed
	}
}
