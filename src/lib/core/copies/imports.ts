/** Archives that are being imported: read, judged and put aside page by page; shown only once all of one was read and found true. */
import { archiveHeaderLength } from '#crypto/archive-seal.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { hlcTime } from '#protocol/hlc.ts'
import { idToText, textToId } from '#protocol/ids.ts'
import type { Message } from '#protocol/fold.ts'
import { encode } from '#protocol/codec.ts'
import { attachment, type Attachment } from '#protocol/plaintext.ts'
import type { Hash } from '#protocol/ports.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { hashTags, taggedHash } from '#protocol/tags.ts'
import type { CopyCommands, ConversationId, ImportStep, KithError } from '../api.ts'
import { blobName } from '../blob-rows.ts'
import type { ConversationContext } from '../context.ts'
import { shownMessages } from '../conversation-views.ts'
import { messageToQuote, messageToView, type Quotes } from '../message-views.ts'
import { archiveLines, DamagedArchive, readBytes } from './archive-lines.ts'
import type { Intake } from './copied-files.ts'
import type { CopiedMessage, CopyRow } from './copy-rows.ts'
import type { Copies } from './copies.ts'
import type { Passphrases } from './passphrases.ts'
import {
	readLine,
	type ArchivedConversation,
	type ArchivedFilePiece,
	type ArchivedPage,
	type ArchiveHead,
	type ArchiveLine,
} from './read-line.ts'
import { createCopyVerifier, ForgedArchive, type ConversationVerifier, type CopyVerifier } from './verify-copy.ts'

type Input = Parameters<CopyCommands['beginImport']>[0]

export interface Imports {
	readonly begin: (input: Input) => Promise<Result<{ key: string }, KithError>>
	readonly next: (key: string) => Promise<Result<ImportStep, KithError>>
	readonly end: (key: string) => Promise<void>
}

/** A conversation of the archive, as far as it was read. */
interface Reading {
	readonly id: ConversationId
	readonly verifier: ConversationVerifier
	readonly line: ArchivedConversation
	readonly pages: { count: number; newest: number }[]
	/** Files of its messages that did not come yet. */
	readonly wanted: Map<string, Attachment>
	/** What the next messages may answer, the oldest first. */
	readonly quotes: Map<string, Quotes extends ReadonlyMap<string, infer Q> ? Q : never>
}

/** Messages before one that it can answer and show. */
const quotesHeld = 10_000
/** Lines of one step. */
const linesOfStep = 20

export function createImports(
	context: Pick<ConversationContext, 'crypto' | 'self' | 'time' | 'failed' | 'files'>,
	{ copies, passphrases }: { readonly copies: Copies; readonly passphrases: Passphrases },
): Imports {
	const running = new Map<string, { readonly steps: AsyncGenerator<ImportStep>; readonly drop: () => Promise<void> }>()

	async function end(key: string): Promise<void> {
		const import_ = running.get(key)
		running.delete(key)
		await import_?.steps.return(undefined)
		await import_?.drop()
	}

	return {
		begin: async ({ file, passphrase }) => {
			const header = await readBytes(file, 0, archiveHeaderLength)
			const opened = await passphrases.open(passphrase, header)
			if (!opened.ok) return opened
			const reader = createReader(context, copies)
			async function* steps(): AsyncGenerator<ImportStep> {
				let done = 0
				let lines = 0
				const sealer = opened.ok ? opened.value : null
				if (sealer === null) return
				for await (const text of archiveLines(file, sealer, (bytes) => (done = bytes))) {
					await reader.take(readLine(text))
					if (++lines % linesOfStep === 0) yield { done, total: file.size, imported: null }
				}
				yield { done: file.size, total: file.size, imported: await reader.finish() }
			}
			const key = bytesToBase64url(context.crypto.random(16))
			running.set(key, { steps: steps(), drop: reader.drop })
			return ok({ key })
		},
		next: async (key) => {
			const import_ = running.get(key)
			if (import_ === undefined) return fail({ type: 'not-here' })
			try {
				const step = await import_.steps.next()
				if (step.done === true || !running.has(key)) return fail({ type: 'interrupted' })
				if (step.value.imported !== null) running.delete(key)
				return ok(step.value)
			} catch (error) {
				await end(key).catch((failure: unknown) => context.failed('import', failure))
				return fail(whyOf(error))
			}
		},
		end,
	}
}

function whyOf(error: unknown): KithError {
	if (error instanceof DamagedArchive) return { type: 'damaged-archive' }
	if (error instanceof ForgedArchive) return { type: 'not-verified', what: 'archive' }
	// The file is gone, or the disk is full.
	return { type: 'no-room' }
}

interface ArchiveReader {
	readonly take: (line: ArchiveLine) => Promise<void>
	readonly finish: () => Promise<NonNullable<ImportStep['imported']>>
	readonly drop: () => Promise<void>
}

function createReader(
	{ crypto, self, time, files: { copied: files } }: Pick<ConversationContext, 'crypto' | 'self' | 'time' | 'files'>,
	copies: Copies,
): ArchiveReader {
	const generation = bytesToBase64url(crypto.random(8))
	const rows = new Map<ConversationId, CopyRow>()
	const begun = new Set<ConversationId>()
	const people = new Map<string, CopyRow['people'][number]>()
	let head: ArchiveHead | null = null
	let verifier: CopyVerifier | null = null
	let reading: Reading | null = null
	let coming: { readonly blob: string; received: number; readonly intake: Intake } | null = null
	let isSkipping = false
	let known = 0
	let refused = 0

	async function openConversation(line: ArchivedConversation, from: ArchiveHead): Promise<void> {
		close()
		const id = copyIdOf(crypto.hash, from.serverKey, line.conversation)
		if (begun.has(id)) throw new DamagedArchive('a conversation that comes twice')
		begun.add(id)
		isSkipping = (copies.get(id)?.savedAt ?? -1) >= from.savedAt
		known += Number(isSkipping)
		const opened = await verifier?.conversation(line)
		if (isSkipping || opened === undefined) return
		reading = { id, verifier: opened, line, pages: [], wanted: new Map(), quotes: new Map() }
	}

	async function takePage(line: ArchivedPage): Promise<void> {
		if (isSkipping) return
		if (reading === null || line.page !== reading.pages.length) throw new DamagedArchive('a page at another place')
		const { messages, refused: left } = await reading.verifier.page(line, time.now())
		refused += left
		// What was to disappear is not taken over.
		const kept = shownMessages(messages).filter(({ expiresAt }) => expiresAt === null)
		const copied = kept.map((message) => copyMessage(message, reading as Reading))
		await copies.putPage({ id: reading.id, generation }, line.page, copied)
		reading.pages.push({ count: copied.length, newest: Math.max(0, ...copied.map(({ sentAt }) => sentAt)) })
	}

	function copyMessage(message: Message, { quotes, wanted }: Reading): CopiedMessage {
		const facts = { self, others: [], sequences: new Map(), quotes, refused: new Map(), direct: new Set<string>() }
		const view = messageToView(message, facts)
		quotes.set(bytesToBase64url(message.eventId), messageToQuote(message, self.idHash))
		for (const oldest of quotes.keys()) {
			if (quotes.size <= quotesHeld) break
			quotes.delete(oldest)
		}
		const attachments = message.state.type === 'shown' ? message.state.attachments : []
		for (const one of attachments) wanted.set(blobName(one), one)
		const encoded = attachments.map((one) => bytesToBase64url(encode(attachment, one)))
		return { sentAt: hlcTime(message.hlc), view: { ...view, mark: null, files: [] }, attachments: encoded }
	}

	/** What no message names, or names not in this way, is left out like an item that nobody signed. */
	async function takeFile({ blob, at, bytes }: ArchivedFilePiece): Promise<void> {
		if (isSkipping || reading === null) return
		if (at === 0) {
			await coming?.intake.drop()
			const known = reading.wanted.get(blob)
			reading.wanted.delete(blob)
			coming =
				known === undefined ? null : { blob, received: 0, intake: files.receive({ id: reading.id, generation }, known) }
		}
		if (coming === null || coming.blob !== blob) return
		if (at !== coming.received) throw new DamagedArchive('a file at another place')
		coming.received += bytes.length
		const state = await coming.intake.append(bytes)
		if (state !== 'more') coming = null
		refused += Number(state === 'damaged')
	}

	async function endFile(): Promise<void> {
		await coming?.intake.drop()
		coming = null
	}

	/** The conversation that was read last is through. */
	function close(): void {
		if (reading === null || head === null) return
		const { id, verifier: of, line, pages } = reading
		const { by, origin, savedAt } = head
		const ids = [...of.state.roles.keys()]
		const known = ids.map((account) => people.get(account) ?? { account, name: '', displayName: '' })
		const other = known.find(({ account }) => account !== by) ?? known[0]
		const title = line.title === '' ? (other?.displayName ?? '') : line.title
		rows.set(id, { ...{ gone: false, generation, origin, by, savedAt, title, pages }, people: known })
		reading = null
	}

	return {
		take: async (line) => {
			if (line.type !== 'file') await endFile()
			if (line.type === 'head') {
				if (head !== null) throw new DamagedArchive('a second head')
				head = line
				verifier = createCopyVerifier(crypto, line.serverKey)
				return
			}
			if (head === null || verifier === null) throw new DamagedArchive('no head')
			if (line.type === 'account') {
				await verifier.account(line)
				people.set(line.account, { account: line.account, name: line.name, displayName: line.displayName })
			} else if (line.type === 'conversation') await openConversation(line, head)
			else if (line.type === 'file') await takeFile(line)
			else await takePage(line)
		},
		finish: async () => {
			await endFile()
			close()
			if (head === null) throw new DamagedArchive('nothing in it')
			await copies.commit([...rows])
			return { copies: [...rows.keys()], known, refused }
		},
		drop: async () => {
			await endFile()
			for (const id of begun) await copies.drop({ id, generation })
		},
	}
}

/** The same for every archive of a conversation, and never the conversation's own: that one may be here too. */
function copyIdOf(hash: Hash, serverKey: Bytes, conversation: ConversationId): ConversationId {
	const id = textToId('conversation', conversation)
	if (id === null) throw new DamagedArchive('not a conversation')
	return idToText(taggedHash(hash, hashTags.copy, serverKey, id).slice(0, 16))
}
