/** The open pages of one conversation: the current one, an older one while something there is not acked, one in catch-up. */
import type { PageItem } from '#protocol/page-codec.ts'
import type { Bytes } from '#protocol/bytes.ts'
import type { PageHandler, PageSession, ReceivedItem } from '#sync/page-session.ts'
import type { ConversationContext } from './context.ts'
import { eventToPageItem, type KnownEvent } from './event-store.ts'
import { guidToPage } from './page-names.ts'

export interface PageSessions {
	readonly of: (guid: string) => PageSession | null
	readonly open: (guid: string) => Promise<PageSession>
	/** On this connection: everything that the server had when the page opened is stored. */
	readonly isSynced: (guid: string) => boolean
	/** Resolves when the page has synced; false when the connection went before, or it takes longer than a minute. */
	readonly synced: (guid: string) => Promise<boolean>
	/** After the rows of a page were changed otherwise than by what came in. */
	readonly rebuild: (guid: string) => Promise<void>
	readonly closeAllBut: (guids: readonly string[]) => void
	readonly close: () => void
}

export interface PageEvents {
	readonly check: (guid: string, received: readonly ReceivedItem[]) => Promise<readonly PageItem[]>
	readonly synced: (guid: string) => void
	readonly awareness: (guid: string, values: ReadonlyMap<number, Bytes>) => void
}

const syncTimeout = 60_000

export function createPageSessions(context: ConversationContext, listener: PageEvents): PageSessions {
	const { channels, timers, events, connection } = context
	/** From the moment on when somebody asks for the page. */
	const sessions = new Map<string, Promise<PageSession>>()
	const ready = new Map<string, PageSession>()
	const synced = new Set<string>()
	const waiting = new Map<string, Set<(synced: boolean) => void>>()

	/** What may be offered to the server: nothing that it refused, and no skeleton whose text its author may still bring. */
	const isOffered = ({ row, item }: KnownEvent) =>
		row.state !== 'unconfirmed' && (row.state !== 'direct' || item.form === 'full')
	const rows = async (guid: string) => (await events.part(guidToPage(guid))).filter(isOffered).map(eventToPageItem)

	function settle(guid: string, isSynced: boolean): void {
		for (const resolve of waiting.get(guid) ?? []) resolve(isSynced)
		waiting.delete(guid)
	}

	function handlerOf(guid: string): PageHandler {
		return {
			load: () => rows(guid),
			check: (received) => listener.check(guid, received),
			synced: () => {
				synced.add(guid)
				settle(guid, true)
				listener.synced(guid)
			},
			awareness: (values) => listener.awareness(guid, values),
		}
	}

	function start(guid: string): Promise<PageSession> {
		// Yjs and its provider: what is stored can be read before they are there.
		const opened = import('#sync/page-session.ts').then(({ openPage }) =>
			openPage({ channels, timers }, guid, handlerOf(guid)),
		)
		const opening = opened.then(
			(session) => {
				// Nobody wants it any more.
				if (sessions.get(guid) !== opening) session.close()
				else ready.set(guid, session)
				return session
			},
			(error: unknown) => {
				if (sessions.get(guid) === opening) sessions.delete(guid)
				throw error
			},
		)
		sessions.set(guid, opening)
		return opening
	}

	function close(guid: string): void {
		ready.get(guid)?.close()
		ready.delete(guid)
		sessions.delete(guid)
		synced.delete(guid)
		settle(guid, false)
	}

	const stopListening = connection.listen({
		status: ({ type }) => {
			if (type === 'online') return
			synced.clear()
			for (const guid of [...waiting.keys()]) settle(guid, false)
		},
	})

	return {
		of: (guid) => ready.get(guid) ?? null,
		open: (guid) => sessions.get(guid) ?? start(guid),
		isSynced: (guid) => synced.has(guid),
		synced: (guid) =>
			new Promise((resolve) => {
				if (synced.has(guid)) return resolve(true)
				const cancel = timers.after(syncTimeout, () => settle(guid, false))
				const done = (isSynced: boolean) => {
					cancel()
					resolve(isSynced)
				}
				waiting.set(guid, (waiting.get(guid) ?? new Set()).add(done))
			}),
		rebuild: async (guid) => ready.get(guid)?.rebuild(await rows(guid)),
		closeAllBut: (guids) => {
			for (const guid of [...sessions.keys()]) if (!guids.includes(guid)) close(guid)
		},
		close: () => {
			stopListening()
			for (const guid of [...sessions.keys()]) close(guid)
		},
	}
}
