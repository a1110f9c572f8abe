/**
 * The name of a page's Y.Doc: `c/<convId base64url>/<page>[.<part>]` (SPEC PAGE).
 * One spelling only, because the name is signed with each item and hashed into its clientID.
 */
import { bytesToBase64url, type Bytes } from './bytes.ts'
import { idLengths, textToId } from './ids.ts'
import { PAGE_NUMBER_MAX, PARTS_PER_PAGE_MAX } from './limits.ts'

export interface PageAddress {
	/** 16 bytes. */
	readonly conversation: Bytes
	/** From 0. */
	readonly page: number
	/** 0 is the page itself, its parts count from 1. */
	readonly part: number
}

const spelling = /^c\/([A-Za-z0-9_-]{22})\/(0|[1-9][0-9]{0,9})(?:\.([1-9][0-9]?))?$/

/** An address out of range is a bug. */
export function guidOf({ conversation, page, part }: PageAddress): string {
	if (conversation.length !== idLengths.conversation || !inRange(page, part)) throw new RangeError('no such page')
	return `c/${bytesToBase64url(conversation)}/${page}${part === 0 ? '' : `.${part}`}`
}

/** Pages that were spoken of lately: one is named by every item, frame and signal. */
const parsed = new Map<string, PageAddress>()
const parsedMax = 1_024

/** Null for every other spelling. The answer is shared: nobody writes to its bytes. */
export function parseGuid(guid: string): PageAddress | null {
	const known = parsed.get(guid)
	if (known !== undefined) return known
	const address = readGuid(guid)
	if (address === null) return null
	if (parsed.size >= parsedMax) parsed.clear()
	parsed.set(guid, address)
	return address
}

function readGuid(guid: string): PageAddress | null {
	const match = spelling.exec(guid)
	if (match === null) return null
	const conversation = textToId('conversation', match[1] as string)
	const page = Number(match[2])
	const part = match[3] === undefined ? 0 : Number(match[3])
	return conversation !== null && inRange(page, part) ? { conversation, page, part } : null
}

/** base64url, of a guid that was parsed before. */
export function conversationIn(guid: string): string {
	return guid.slice(2, 24)
}

function inRange(page: number, part: number): boolean {
	return isCount(page, PAGE_NUMBER_MAX) && isCount(part, PARTS_PER_PAGE_MAX)
}

function isCount(value: number, max: number): boolean {
	return Number.isInteger(value) && value >= 0 && value <= max
}
