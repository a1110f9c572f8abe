/**
 * Back from offline: which pages differ from the server's, by digest, newest first, and how they are made equal.
 * A page is synced as any other, by its state vector; where the digest still differs afterwards, its rows are fetched
 * whole and the server's row holds the place (protocol.md §3: equal state vectors do not prove equal content).
 */
import { base64urlToBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { pageDigest, type DigestRow } from '#protocol/digest.ts'
import { decodeUpdate } from '#protocol/page-codec.ts'
import { conversationKey, pageKey, type PageId } from '#store/keys.ts'
import type { ReceivedItem } from '#sync/page-session.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import { pageRow } from './conversation-rows.ts'
import type { FillWork, PageSource } from './page-fill.ts'
import type { Receiver } from './receiver.ts'

export interface PageHead {
	readonly page: number
	readonly part: number
	readonly version: number
	readonly posts: number
	readonly digest: string
}

export interface CatchUp {
	/** False when the server did not answer, or the connection went meanwhile. */
	readonly run: () => Promise<boolean>
}

export interface CatchUpWork {
	/** Opens the page's channel until it has synced once; false when the connection went. */
	readonly syncPage: (id: PageId) => Promise<boolean>
	/** Takes rows as if they had come over the socket. */
	readonly take: (id: PageId, received: readonly ReceivedItem[]) => Promise<void>
	/** A whole page of another device, with its numbers. */
	readonly takeWhole: (
		id: PageId,
		received: readonly ReceivedItem[],
		digest: Bytes,
	) => ReturnType<Receiver['receiveWhole']>
	readonly filled: FillWork['filled']
}

/** So many pages of which nothing is here are worth asking other devices. */
const manyPages = 3

export function createCatchUp(conversation: ConversationId, context: ConversationContext, work: CatchUpWork): CatchUp {
	const { crypto, events, http, peers, records, timers } = context
	const allAt = { store: 'pages', key: conversationKey(conversation) } as const

	/** How many rows the page has, where they are the server's; else null. */
	async function equalRows(id: PageId, head: PageHead): Promise<number | null> {
		const numbered = await events.numbered(id)
		return isEqual(numbered, head) ? numbered.length : null
	}

	/** The same with what the server may have without our knowing its number. */
	async function equalWithOwn(id: PageId, head: PageHead): Promise<number | null> {
		const rows = (await events.part(id)).filter(({ row }) => row.state !== 'unconfirmed')
		return isEqual(rows, head) ? rows.length : null
	}

	function isEqual(rows: readonly DigestRow[], head: PageHead): boolean {
		const digest = base64urlToBytes(head.digest)
		return digest !== null && equalBytes(pageDigest(crypto.hash, rows), digest)
	}

	async function repair(id: PageId): Promise<boolean> {
		const answer = await http.call((api) => api.conversations.rows({ conversation, page: id.page, part: id.part }))
		if (!answer.ok) return false
		const update = decodeUpdate(base64urlToBytes(answer.value.update) ?? (new Uint8Array() as Bytes))
		if (!update.ok) return false
		await work.take(
			id,
			update.value.items.map((item, i) => ({ item, recv: answer.value.recv[i] ?? 0 })),
		)
		return true
	}

	/** True when nothing more can be done for this page now. */
	async function bringUp(head: PageHead): Promise<boolean> {
		const id: PageId = { conversation, page: head.page, part: head.part }
		const at = { store: 'pages', key: pageKey(id) } as const
		const known = await records.get(pageRow, at)
		if (known !== null && known.version >= head.version) return true
		let rows = await equalRows(id, head)
		if (rows === null) {
			if (!(await work.syncPage(id))) return false
			rows = (await equalRows(id, head)) ?? (await equalWithOwn(id, head))
			if (rows === null && !(await repair(id))) return false
		}
		await records.put(pageRow, at, { version: head.version, rows: rows ?? (await events.part(id)).length })
		return true
	}

	/** True when it is here whole: numbers come from the server alone, rows of those that it has are not asked of it. */
	async function fromDevice(head: PageHead, source: PageSource): Promise<boolean> {
		const { page, part, version } = head
		const id: PageId = { conversation, page, part }
		const digest = base64urlToBytes(head.digest)
		const items = digest === null ? null : await source.ask(head)
		if (digest === null || items === null) return false
		const answer = await http.call((api) => api.conversations.numbers({ conversation, page, part }))
		if (!answer.ok) return false
		const numbers = new Map(answer.value.streams.map(({ clientId, recv }) => [clientId, recv]))
		const received = items.map((item) => ({ item, recv: numbers.get(item.clientId)?.[item.clock] ?? 0 }))
		const isNumbered = received.every(({ recv }) => recv > 0)
		const came = isNumbered ? await work.takeWhole(id, received, digest) : 'false'
		if (came === 'false') source.bar()
		if (came !== 'taken') return false
		await records.put(pageRow, { store: 'pages', key: pageKey(id) }, { version, rows: items.length })
		return true
	}

	async function isEmpty({ page, part }: PageHead): Promise<boolean> {
		return (await events.numbered({ conversation, page, part })).length === 0
	}

	async function bringUpAll(heads: readonly PageHead[]): Promise<boolean> {
		const empty: PageHead[] = []
		for (const head of heads) if (await isEmpty(head)) empty.push(head)
		if (empty.length < manyPages) {
			for (const head of heads) if (!(await bringUp(head))) return false
			return true
		}
		const { fillPages } = await import('./page-fill.ts')
		const isFilled = await fillPages(empty, {
			...{ timers, byServer: bringUp, byDevice: fromDevice, filled: work.filled },
			sources: (changed) => peers.pages(conversation, changed),
		})
		const others = heads.filter((head) => !empty.includes(head))
		for (const head of others) if (!isFilled || !(await bringUp(head))) return false
		return isFilled
	}

	return {
		run: async () => {
			const since = (await records.get(pageRow, allAt))?.version ?? 0
			const answer = await http.call((api) => api.conversations.heads({ conversation, since }))
			if (!answer.ok) return false
			const heads = answer.value.pages.toSorted((a, b) => b.page - a.page || a.part - b.part)
			if (!(await bringUpAll(heads))) return false
			await records.put(pageRow, allAt, { version: answer.value.version, rows: 0 })
			return true
		},
	}
}
