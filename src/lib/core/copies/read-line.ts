/** A line of an archive as what it says. Whoever made the archive is believed in nothing: each field is of its type, or the archive is refused. */
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import { DamagedArchive } from './archive-lines.ts'

export interface ArchiveHead {
	readonly type: 'head'
	readonly savedAt: number
	/** Who saved it. */
	readonly by: string
	readonly origin: string
	readonly serverKey: Bytes
}

export interface ArchivedAccount {
	readonly type: 'account'
	readonly account: string
	readonly name: string
	readonly displayName: string
	readonly log: readonly Bytes[]
	readonly head: Bytes | null
}

export interface ArchivedConversation {
	readonly type: 'conversation'
	readonly conversation: string
	/** Empty where it has none of its own. */
	readonly title: string
	readonly log: readonly Bytes[]
	readonly head: Bytes | null
	readonly cutLists: readonly Bytes[]
}

export interface ArchivedItem {
	readonly guid: string
	readonly clientId: number
	readonly clock: number
	readonly item: Bytes
	readonly key: Bytes | null
}

export interface ArchivedPage {
	readonly type: 'page'
	readonly page: number
	readonly items: readonly ArchivedItem[]
}

/** A piece of a file of the conversation before it, as ciphertext. */
export interface ArchivedFilePiece {
	readonly type: 'file'
	readonly blob: string
	/** Bytes of it that came before. */
	readonly at: number
	readonly bytes: Bytes
}

export type ArchiveLine = ArchiveHead | ArchivedAccount | ArchivedConversation | ArchivedPage | ArchivedFilePiece

const nameMax = 500

/** Throws DamagedArchive. */
export function readLine(text: string): ArchiveLine {
	const line = fieldsOf(parsed(text))
	switch (line['type']) {
		case 'head':
			if (line['format'] !== 'kith-export' || line['version'] !== 1) throw new DamagedArchive('of a later version')
			return {
				...{ type: 'head', savedAt: countOf(line['exportedAt']), by: nameOf(line['by']) },
				...{ origin: originOf(line['origin']), serverKey: bytesOf(line['serverKey']) },
			}
		case 'account':
			return {
				...{ type: 'account', account: nameOf(line['account']), name: nameOf(line['name']) },
				...{ displayName: nameOf(line['displayName']), ...logOf(line) },
			}
		case 'conversation':
			return {
				...{ type: 'conversation', conversation: nameOf(line['conversation']), ...logOf(line) },
				...{ title: line['title'] === null ? '' : nameOf(line['title']), cutLists: listOf(line['cutLists'], bytesOf) },
			}
		case 'page':
			return { type: 'page', page: countOf(line['page']), items: listOf(line['items'], itemOf) }
		case 'file':
			return { type: 'file', blob: nameOf(line['blob']), at: countOf(line['at']), bytes: bytesOf(line['bytes']) }
		default:
			throw new DamagedArchive('a line of no known type')
	}
}

type Fields = Readonly<Record<string, unknown>>

function parsed(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		throw new DamagedArchive('not JSON')
	}
}

function fieldsOf(value: unknown): Fields {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new DamagedArchive('no fields')
	return value as Fields
}

function logOf(line: Fields): { log: readonly Bytes[]; head: Bytes | null } {
	return { log: listOf(line['log'], bytesOf), head: line['head'] === null ? null : bytesOf(line['head']) }
}

function itemOf(value: unknown): ArchivedItem {
	const { guid, clientId, clock, item, key } = fieldsOf(value)
	return {
		...{ guid: nameOf(guid), clientId: countOf(clientId), clock: countOf(clock), item: bytesOf(item) },
		key: key === null ? null : bytesOf(key),
	}
}

function listOf<T>(value: unknown, read: (one: unknown) => T): readonly T[] {
	if (!Array.isArray(value)) throw new DamagedArchive('no list')
	return value.map(read)
}

function nameOf(value: unknown): string {
	if (typeof value !== 'string' || value.length > nameMax) throw new DamagedArchive('no name')
	return value
}

/** Shown as the place where something was said. */
function originOf(value: unknown): string {
	const text = nameOf(value)
	if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new DamagedArchive('no address')
	return new URL(text).origin
}

function countOf(value: unknown): number {
	if (!Number.isSafeInteger(value) || (value as number) < 0) throw new DamagedArchive('no number')
	return value as number
}

function bytesOf(value: unknown): Bytes {
	const bytes = typeof value === 'string' ? base64urlToBytes(value) : null
	if (bytes === null) throw new DamagedArchive('no bytes')
	return bytes
}
