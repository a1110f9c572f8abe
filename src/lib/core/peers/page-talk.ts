/**
 * Whole pages between devices of one account (SPEC PEER15): who lacks one asks by the digest that the server gave, and who has exactly
 * that page gives its rows. They are judged by whoever asked; here is only who asks what, and what comes of it in which order.
 */
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import { PART_BYTES_MAX } from '#protocol/limits.ts'
import { decodeUpdate, encodeUpdate, splitItems, type PageItem } from '#protocol/page-codec.ts'
import type { PeerFrame } from '#protocol/peer-frames.ts'
import type { Timers } from '#protocol/ports.ts'
import { textToId } from '#protocol/ids.ts'
import type { ConversationId } from '../api.ts'
import type { PageHead } from '../catch-up.ts'
import type { PeerDoor } from './door.ts'
import { peerLimits } from './limits.ts'
import { Offence, sharedBy, type Sharing } from './offence.ts'

export interface PageTalk {
	/** Null: the device has not the same there, or it does not come. */
	readonly ask: (conversation: ConversationId, head: PageHead) => Promise<readonly PageItem[] | null>
	readonly hearAsk: (frame: Extract<PeerFrame, { t: 'askPage' }>) => void
	readonly hearRows: (frame: Extract<PeerFrame, { t: 'rows' }>) => void
	readonly end: () => void
}

export interface PageTalkDeps extends Sharing {
	/** The other is a device of the same account. */
	readonly isOwn: boolean
	readonly timers: Timers
	readonly send: (frame: PeerFrame) => void
	/** Bytes that wait to be sent. */
	readonly buffered: () => number
	/** So much will come that was asked for. */
	readonly expect: (bytes: number, frames: number) => void
	readonly door: (conversation: ConversationId) => Promise<PeerDoor | null>
	readonly failed: (error: unknown) => void
}

interface Asked {
	readonly items: PageItem[]
	bytes: number
	/** Does nothing any more where nobody waits. */
	done: (items: readonly PageItem[] | null) => void
	cancel: () => void
}

type AskedPage = Extract<PeerFrame, { t: 'askPage' }>

const framesOfPage = Math.ceil(PART_BYTES_MAX / peerLimits.itemsPerFrame) * 2

export function createPageTalk(deps: PageTalkDeps): PageTalk {
	const { isOwn, timers, send, buffered, expect, door, failed } = deps
	const asked = new Map<number, Asked>()
	const owed: AskedPage[] = []
	let requests = 0
	let isGiving = false
	let isOver = false

	function answer(one: Asked, items: readonly PageItem[] | null): void {
		const { done } = one
		one.done = () => {}
		one.cancel()
		done(items)
	}

	const nothing = (request: number) => send({ t: 'rows', request, last: true, update: new Uint8Array() as Bytes })

	async function untilRoom(): Promise<void> {
		while (!isOver && buffered() >= peerLimits.unsentBelow)
			await new Promise<void>((resolve) => void timers.after(peerLimits.pumpMs, resolve))
	}

	async function give({ request, conversation: id, page, part, digest }: AskedPage): Promise<void> {
		const conversation = isOwn ? sharedBy(deps, id) : null
		const opened = conversation === null ? null : await door(conversation)
		const items = (await opened?.whole({ page, part, digest })) ?? null
		if (items === null || items.length === 0) return nothing(request)
		const runs = splitItems(items, peerLimits.itemsPerFrame)
		for (const [i, run] of runs.entries()) {
			await untilRoom()
			if (!isOver) send({ t: 'rows', request, last: i === runs.length - 1, update: encodeUpdate(run) })
		}
	}

	async function giveAll(): Promise<void> {
		for (let next = owed[0]; next !== undefined && !isOver; next = owed[0]) {
			await give(next)
			owed.shift()
		}
	}

	return {
		ask: (conversation, { page, part, digest: text }) => {
			const id = textToId('conversation', conversation)
			const digest = base64urlToBytes(text)
			if (!isOwn || isOver || id === null || digest?.length !== 16) return Promise.resolve(null)
			const request = ++requests
			expect(PART_BYTES_MAX, framesOfPage)
			return new Promise((done) => {
				const one: Asked = { items: [], bytes: 0, done, cancel: () => {} }
				one.cancel = timers.after(peerLimits.pageWithinMs, () => answer(one, null))
				asked.set(request, one)
				send({ t: 'askPage', request, conversation: id, page, part, digest })
			})
		},
		hearAsk: (frame) => {
			sharedBy(deps, frame.conversation)
			if (owed.length >= peerLimits.pagesOwed) throw new Offence('more pages than one waits for')
			owed.push(frame)
			if (isGiving) return
			isGiving = true
			giveAll()
				.catch(failed)
				.finally(() => (isGiving = false))
		},
		hearRows: ({ request, last, update }) => {
			const one = asked.get(request)
			if (one === undefined) throw new Offence('rows that nobody asked for')
			one.bytes += update.length
			const decoded = update.length === 0 ? null : decodeUpdate(update)
			if (decoded?.ok === false || (decoded?.value.strays.length ?? 0) > 0) throw new Offence('rows that are none')
			if (one.bytes > PART_BYTES_MAX * 2) throw new Offence('more than a page holds')
			one.items.push(...(decoded?.value.items ?? []))
			if (!last) return
			asked.delete(request)
			answer(one, one.items.length === 0 ? null : one.items)
		},
		end: () => {
			isOver = true
			owed.length = 0
			for (const one of asked.values()) answer(one, null)
			asked.clear()
		},
	}
}
