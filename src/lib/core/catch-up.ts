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

export interface PageHead {
	readonly page: number
	readonly part: number
	readonly version: number
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
}

export function createCatchUp(conversation: ConversationId, context: ConversationContext, work: CatchUpWork): CatchUp {
	const { crypto, events, http, records } = context
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

	return {
		run: async () => {
			const since = (await records.get(pageRow, allAt))?.version ?? 0
			const answer = await http.call((api) => api.conversations.heads({ conversation, since }))
			if (!answer.ok) return false
			const heads = answer.value.pages.toSorted((a, b) => b.page - a.page || a.part - b.part)
			for (const head of heads) if (!(await bringUp(head))) return false
			await records.put(pageRow, allAt, { version: answer.value.version, rows: 0 })
			return true
		},
	}
}
