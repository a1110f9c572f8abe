/**
 * What two devices that know each other tell: what they have, what the other lacks, what is new, and logs as the server signed them. All
 * of it goes through the same checks as what the server sends.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { guidOf, parseGuid } from '#protocol/guid.ts'
import { signedHead } from '#protocol/head.ts'
import { textToId } from '#protocol/ids.ts'
import { PEER_FRAME_MAX, PEER_HEADS_MAX, PEER_LOG_ENTRIES_MAX } from '#protocol/limits.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { splitItems, type PageItem } from '#protocol/page-codec.ts'
import { decodePageMessage, encodePageMessage, type PageMessage } from '#protocol/page-messages.ts'
import { encodePeerFrame, type PeerFrame, type PeerPageHead } from '#protocol/peer-frames.ts'
import type { ConversationId, DeviceId } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import type { PeerDoor } from './door.ts'
import { peerLimits } from './limits.ts'
import { Offence, sharedBy as sharedWith, type Sharing } from './offence.ts'

export interface Exchange {
	/** What a proven device says. Rejects with an Offence. */
	readonly hear: (frame: Told) => Promise<void>
	readonly tellHeads: (conversation: ConversationId) => Promise<void>
	/** Who wrote there is known now, or may be. */
	readonly askAgain: (conversation: ConversationId) => Promise<void>
	/** What the other has said that it has, and is not here. */
	readonly ask: (conversation: ConversationId) => Promise<void>
	readonly tellItems: (guid: string, items: readonly PageItem[]) => void
}

export type Told = Extract<PeerFrame, { t: 'heads' | 'page' | 'taken' | 'askLog' | 'log' }>

export interface ExchangeDeps extends Sharing {
	readonly context: Pick<ConversationContext, 'logs' | 'accounts' | 'time'>
	/** At the other end. */
	readonly device: DeviceId
	readonly transmit: (frame: Bytes) => void
	/** More waits to be sent than is worth adding to: whoever asks so much may ask again. */
	readonly isFull: () => boolean
	readonly door: (conversation: ConversationId) => Promise<PeerDoor | null>
	/** Its log names keys that may not be here. */
	readonly wantBoxes: (conversation: ConversationId) => Promise<void>
	/** They wrote there, and are in no log that is here. */
	readonly wantDevices: (conversation: ConversationId, devices: readonly Bytes[]) => void
	readonly isFilling: (conversation: ConversationId) => boolean
	/** On the disk of the other. */
	readonly taken: (guid: string, places: readonly Pick<PageItem, 'clientId' | 'clock'>[]) => void
}

/** What an honest device may have taken before it knew of an end that we know of. */
const late: ReadonlySet<string> = new Set(['item-cut', 'item-device-ended', 'item-stream-taken'])

export function createExchange(deps: ExchangeDeps): Exchange {
	const { device, transmit, isFull, shares, door, taken } = deps
	const sharedBy = (id: Bytes) => sharedWith(deps, id)
	const { logs, accounts, time } = deps.context
	/** What the other has, as it said last; and what of that was asked for since. */
	const theirs = new Map<ConversationId, readonly PeerPageHead[]>()
	const asked = new Set<string>()
	/** How often a page was asked for in this minute, and nothing new came of it. */
	const vain = new Map<string, { readonly since: number; readonly times: number }>()
	const askedLogs = new Map<ConversationId, number>()
	/** Conversations of which the server was asked for newer devices: once, whatever comes. */
	const askedAuthors = new Set<ConversationId>()

	const send = (frame: PeerFrame) => transmit(encodePeerFrame(frame))
	const sendPage = (guid: string, message: PageMessage) =>
		send({ t: 'page', guid, message: encodePageMessage(message) })

	async function tellHeads(conversation: ConversationId): Promise<void> {
		const known = logs.known(conversation)
		const opened = shares(conversation) ? await door(conversation) : null
		if (known === null || opened === null) return
		const pages = (await opened.heads()).slice(0, PEER_HEADS_MAX)
		send({ t: 'heads', conversation: known.id, logSeq: known.head.seq, pages })
	}

	/** What the other has and we lack, page after page: of pages beyond the next nothing is believed (SPEC ADM18). */
	async function ask(conversation: ConversationId): Promise<void> {
		const opened = await door(conversation)
		const id = textToId('conversation', conversation)
		if (opened === null || id === null || deps.isFilling(conversation)) return
		const newest = await opened.newestPage()
		for (const head of theirs.get(conversation) ?? []) {
			const guid = guidOf({ conversation: id, page: head.page, part: head.part })
			if (head.page > newest + 1 || asked.has(guid) || (await opened.isSame(head))) continue
			asked.add(guid)
			countVain(guid)
			sendPage(guid, { type: 'step1', vector: await opened.vector(guid) })
		}
	}

	/** What two devices do not both take differs for good, and is asked for at each comparison: an honest one compares now and then. */
	function countVain(guid: string): void {
		const before = vain.get(guid)
		const isNow = before !== undefined && time.now() - before.since < peerLimits.vainWithinMs
		const one = isNow ? { since: before.since, times: before.times + 1 } : { since: time.now(), times: 1 }
		vain.set(guid, one)
		if (one.times > peerLimits.vainTimes) throw new Offence('heads of what is not there')
	}

	function askLog(conversation: ConversationId): void {
		const known = logs.known(conversation)
		if (known === null || askedLogs.get(conversation) === known.head.seq) return
		askedLogs.set(conversation, known.head.seq)
		send({ t: 'askLog', conversation: known.id, from: known.head.seq + 1 })
	}

	async function heads({ conversation: id, logSeq, pages }: Extract<PeerFrame, { t: 'heads' }>): Promise<void> {
		const conversation = sharedBy(id)
		if (conversation === null) return
		theirs.set(
			conversation,
			pages.toSorted((a, b) => a.page - b.page || a.part - b.part),
		)
		for (const { page, part } of pages) asked.delete(guidOf({ conversation: id, page, part }))
		askedLogs.delete(conversation)
		if (logSeq > (logs.known(conversation)?.head.seq ?? -1)) askLog(conversation)
		else await deps.wantBoxes(conversation)
		await ask(conversation)
	}

	async function page({ guid, message: raw }: Extract<PeerFrame, { t: 'page' }>): Promise<void> {
		const address = parseGuid(guid)
		const decoded = decodePageMessage(raw)
		if (address === null || !decoded.ok) throw new Offence('no message of a page')
		const conversation = sharedBy(address.conversation)
		const opened = conversation === null ? null : await door(conversation)
		if (conversation === null || opened === null) return
		const message = decoded.value
		switch (message.type) {
			case 'step1':
				return isFull() ? undefined : sendItems(guid, 'step2', await opened.lacking(guid, message.vector))
			case 'step2':
			case 'update':
				if (message.strays.length > 0) throw new Offence('items that are none')
				return bring(conversation, guid, message.items)
			default:
				throw new Offence('a message that peers have no use for')
		}
	}

	async function bring(conversation: ConversationId, guid: string, items: readonly PageItem[]): Promise<void> {
		const opened = await door(conversation)
		if (opened === null || items.length === 0) return
		const { refused, here, missing, stored } = await opened.bring(guid, items, device)
		if (refused !== null && !late.has(refused)) throw new Offence(refused)
		for (let at = 0; at < here.length; at += PEER_HEADS_MAX) {
			const places = here
				.slice(at, at + PEER_HEADS_MAX)
				.map(({ clientId, clock }) => ({ clientId: BigInt(clientId), clock }))
			send({ t: 'taken', guid, places })
		}
		if (missing.some(({ what }) => what === 'log')) askLog(conversation)
		const devices = missing.flatMap((one) => (one.what === 'device' ? [one.deviceId] : []))
		if (devices.length > 0) {
			deps.wantDevices(conversation, devices)
			await refreshAuthors(conversation)
		}
		if (stored.length === 0) return
		vain.delete(guid)
		await ask(conversation)
	}

	async function refreshAuthors(conversation: ConversationId): Promise<void> {
		if (askedAuthors.has(conversation)) return
		askedAuthors.add(conversation)
		for (const account of logs.known(conversation)?.roles.keys() ?? []) await accounts.refresh(account)
	}

	function sendItems(guid: string, type: 'step2' | 'update', items: readonly PageItem[]): void {
		const runs = splitItems(items, peerLimits.itemsPerFrame)
		runs.forEach((run, i) => sendPage(guid, { type: i === 0 ? type : 'update', items: run }))
	}

	/** From there to the end, as the server signed it: less of it nobody would believe. */
	async function giveLog({ conversation: id, from }: Extract<PeerFrame, { t: 'askLog' }>): Promise<void> {
		const conversation = sharedBy(id)
		const known = conversation === null || isFull() ? null : logs.known(conversation)
		const head = conversation === null ? null : await logs.head(conversation)
		if (conversation === null || known === null || head === null || from > known.head.seq) return
		const entries = (await logs.entries(conversation)).slice(from).map((entry) => encode(signedEntry, entry))
		if (entries.length > PEER_LOG_ENTRIES_MAX) return
		const frame = encodePeerFrame({ t: 'log', conversation: id, from, entries, head: encode(signedHead, head) })
		if (frame.length <= PEER_FRAME_MAX) transmit(frame)
	}

	async function takeLog({ conversation: id, from, entries, head }: Extract<PeerFrame, { t: 'log' }>): Promise<void> {
		const conversation = sharedBy(id)
		const before = conversation === null ? null : logs.known(conversation)
		if (conversation === null || before === null) return
		const log = { from, entries: entries.map(bytesToBase64url), head: bytesToBase64url(head) }
		const after = await logs.take(conversation, log)
		if (after === null || after.head.seq <= before.head.seq) return
		await deps.wantBoxes(conversation)
		await askAgain(conversation)
	}

	async function askAgain(conversation: ConversationId): Promise<void> {
		const id = textToId('conversation', conversation)
		if (id === null) return
		for (const { page, part } of theirs.get(conversation) ?? []) asked.delete(guidOf({ conversation: id, page, part }))
		await ask(conversation)
	}

	async function hear(frame: Told): Promise<void> {
		switch (frame.t) {
			case 'heads':
				return heads(frame)
			case 'page':
				return page(frame)
			case 'taken': {
				const address = parseGuid(frame.guid)
				if (address === null) throw new Offence('no page')
				if (sharedBy(address.conversation) === null) return
				const places = frame.places.map(({ clientId, clock }) => ({ clientId: Number(clientId), clock }))
				return taken(frame.guid, places)
			}
			case 'askLog':
				return giveLog(frame)
			case 'log':
				return takeLog(frame)
		}
	}

	return { hear, tellHeads, ask, askAgain, tellItems: (guid, items) => sendItems(guid, 'update', items) }
}
