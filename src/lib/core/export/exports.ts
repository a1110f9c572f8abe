/** Copies that are being made: each a generator that waits until its next piece is asked for. */
import { bytesToBase64url, concatBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { idToText } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { conversationRange, keyToPage } from '#store/keys.ts'
import type { ConversationId, ExportForm, ExportPiece, ExportWish, FriendView, KithError } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import type { Passphrases } from '../copies/passphrases.ts'
import { noFiles, safeName, type PathOf } from './copy-files.ts'
import type { ZipDocument } from './copy-zip.ts'
import type { TextPiece } from './export-json.ts'

export interface Exports {
	readonly begin: (wish: ExportWish) => Promise<Result<{ key: string }, KithError>>
	readonly next: (key: string) => Promise<Result<ExportPiece, KithError>>
	readonly end: (key: string) => Promise<void>
	readonly close: () => void
}

/** Grows as it is found out what there is, before the first piece. */
export interface CopyProgress {
	done: number
	total: number
}

interface Running {
	readonly chunks: AsyncGenerator<Bytes>
	readonly progress: CopyProgress
	readonly stop: AbortController
}

type DocumentWish = Extract<ExportWish, { as: ExportForm }>

/** What goes into a copy. */
interface Contents {
	readonly conversations: readonly { readonly id: ConversationId; readonly pages: number }[]
	readonly account: Readonly<Record<string, unknown>> | null
	readonly origin: string
}

/** At once: who forgets to end one loses the oldest. */
const runningMax = 4
/** Bytes of a piece, at least, but of the last. */
const pieceMin = 64 * 1024
/** A page beside bytes of files. */
const pageWeight = 64 * 1024
const nothing: Bytes = new Uint8Array(0)

export interface ExportParts {
	readonly titleOf: (conversation: ConversationId) => Promise<string>
	readonly friends: () => readonly Pick<FriendView, 'account' | 'name' | 'displayName' | 'state'>[]
	/** Where the instance is reached. */
	readonly origin: string
	readonly passphrases: Passphrases
}

export function createExports(context: ConversationContext, parts: ExportParts): Exports {
	const running = new Map<string, Running>()

	/** Pages from 0 to the newest that is here. */
	async function pagesOf(conversation: ConversationId): Promise<number> {
		const [last] = await context.storage.transaction('read', ['events'], (tx) =>
			tx.keys('events', { ...conversationRange(conversation), reverse: true, limit: 1 }),
		)
		return last === undefined ? 0 : keyToPage(last).page + 1
	}

	async function contentsOf({ conversation }: ExportWish): Promise<Contents> {
		const { logs } = context
		const ids = conversation === null ? logs.all().map(({ id }) => idToText(id)) : [conversation]
		const conversations = await Promise.all(ids.map(async (id) => ({ id, pages: await pagesOf(id) })))
		return { conversations, account: conversation === null ? ownAccount() : null, origin: parts.origin }
	}

	function ownAccount(): Readonly<Record<string, unknown>> {
		const { self, accounts } = context
		const { name, displayName } = accounts.person(self.account)
		const friends = parts
			.friends()
			.map(({ account, name, displayName, state }) => ({ account, name, displayName, state }))
		return { account: self.account, device: self.device, name, displayName, friends }
	}

	// Code of copies is loaded when one is made: seldom, like the doors.
	async function* documentPieces(contents: Contents, as: ExportForm, pathOf: PathOf): AsyncGenerator<TextPiece> {
		const [first] = contents.conversations
		if (as === 'json' || first === undefined) {
			const { jsonPieces } = await import('./export-json.ts')
			yield* jsonPieces(context, { ...contents, pathOf })
		} else yield* page(first, pathOf)
	}

	async function* page({ id, pages }: Contents['conversations'][number], pathOf: PathOf): AsyncGenerator<TextPiece> {
		const { htmlPieces } = await import('./export-html.ts')
		yield* htmlPieces(context, { id, pages, title: await parts.titleOf(id), pathOf })
	}

	async function* list(links: readonly { path: string; title: string }[]): AsyncGenerator<TextPiece> {
		const { htmlList } = await import('./export-html.ts')
		yield { text: htmlList(context.accounts.person(context.self.account).displayName, links), page: false }
	}

	/** Each conversation on a page of its own where there are many. */
	async function documentsOf(
		contents: Contents,
		wish: DocumentWish,
	): Promise<(pathOf: PathOf) => readonly ZipDocument[]> {
		const { conversations } = contents
		if (wish.as === 'json' || wish.conversation !== null) {
			const path = wish.as === 'json' ? 'messages.json' : 'index.html'
			return (pathOf) => [{ path, pieces: documentPieces(contents, wish.as, pathOf) }]
		}
		const named = await Promise.all(
			conversations.map(async (one, i) => {
				const title = (await parts.titleOf(one.id)) || String(i + 1)
				return { ...one, title, path: `${i + 1} ${safeName(title)}.html` }
			}),
		)
		return (pathOf) => [
			{ path: 'index.html', pieces: list(named) },
			...named.map((one) => ({ path: one.path, pieces: page(one, pathOf) })),
		]
	}

	async function* zipped(
		contents: Contents,
		wish: DocumentWish,
		{ progress, stop }: Omit<Running, 'chunks'>,
	): AsyncGenerator<Bytes> {
		const { zipChunks } = await import('./copy-zip.ts')
		const { conversations } = contents
		const documents = await documentsOf(contents, wish)
		yield* zipChunks(context, {
			...{ conversations, files: wish.files, documents, progress, pageWeight },
			stopped: stop.signal,
		})
	}

	async function* plain(contents: Contents, as: ExportForm, progress: CopyProgress): AsyncGenerator<Bytes> {
		for await (const { text, page } of documentPieces(contents, as, noFiles)) {
			if (page) progress.done += pageWeight
			yield utf8ToBytes(text)
		}
	}

	async function* archived(
		contents: Contents,
		{ passphrase, files }: Extract<ExportWish, { as: 'archive' }>,
		{ progress, stop }: Omit<Running, 'chunks'>,
	): AsyncGenerator<Bytes> {
		const { archiveChunks } = await import('./copy-archive.ts')
		const sealer = await parts.passphrases.seal(passphrase)
		const tookPage = () => void (progress.done += pageWeight)
		const how = { pathOf: noFiles, files, progress, tookPage, stopped: stop.signal }
		yield* archiveChunks(context, sealer, { ...contents, ...how })
	}

	function chunksOf(wish: ExportWish, contents: Contents, how: Omit<Running, 'chunks'>): AsyncGenerator<Bytes> {
		if (wish.as === 'archive') return archived(contents, wish, how)
		const isZip = wish.files || (wish.as === 'html' && wish.conversation === null)
		return isZip ? zipped(contents, wish, how) : plain(contents, wish.as, how.progress)
	}

	async function end(key: string): Promise<void> {
		const export_ = running.get(key)
		running.delete(key)
		export_?.stop.abort()
		await export_?.chunks.return(undefined)
	}

	return {
		begin: async (wish) => {
			if (wish.conversation !== null && context.logs.known(wish.conversation) === null)
				return fail({ type: 'not-here' })
			const weak = wish.as === 'archive' ? await parts.passphrases.weakness(wish.passphrase) : null
			if (weak !== null) return fail(weak)
			const contents = await contentsOf(wish)
			const pages = contents.conversations.reduce((sum, { pages }) => sum + pages, 0)
			const progress = { done: 0, total: pages * pageWeight }
			const stop = new AbortController()
			const chunks = chunksOf(wish, contents, { progress, stop })
			const [oldest] = running.keys()
			if (running.size >= runningMax && oldest !== undefined) await end(oldest)
			const key = bytesToBase64url(context.crypto.random(16))
			running.set(key, { chunks, progress, stop })
			return ok({ key })
		},
		next: async (key) => {
			const export_ = running.get(key)
			if (export_ === undefined) return fail({ type: 'not-here' })
			const taken: Bytes[] = []
			for (let length = 0; length < pieceMin;) {
				const chunk = await export_.chunks.next()
				if (export_.stop.signal.aborted) return fail({ type: 'interrupted' })
				if (chunk.done === true) break
				taken.push(chunk.value)
				length += chunk.value.length
			}
			if (taken.length === 0) running.delete(key)
			const { done, total } = export_.progress
			return ok({ bytes: taken.length === 0 ? nothing : concatBytes(...taken), done, total })
		},
		end,
		close: () => {
			for (const { stop } of running.values()) stop.abort()
		},
	}
}
