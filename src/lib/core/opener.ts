/** From stored rows to what the fold takes: opened with the epoch's key, or with the reason why not. */
import { openEvents, type OpenInput } from '#crypto/event-seal.ts'
import type { EpochKeys } from '#crypto/epoch.ts'
import { isArchivedAt, readsEpoch, roleAt } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { judgeViewOf } from '#protocol/judge-view.ts'
import type { FoldContent, FoldEvent } from '#protocol/fold-events.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { KnownEvent } from './event-store.ts'

export interface Opened {
	readonly known: KnownEvent
	readonly event: FoldEvent
}

/** Nothing is opened while the conversation's log is not known. */
export function createOpener(
	conversation: ConversationId,
	{ crypto, keyring, logs, self, afterReading }: ConversationContext,
): (known: readonly KnownEvent[]) => Promise<Opened[]> {
	/** Why a key is not here: it is not for us, or on its way; a box that does not open is asked for again. */
	function whyClosed(state: ConversationState, n: number): 'before-you-joined' | 'fetching-key' {
		return self.isGuest || readsEpoch(state, self.idHash, n) ? 'fetching-key' : 'before-you-joined'
	}

	async function contents(state: ConversationState, known: readonly KnownEvent[]): Promise<FoldContent[]> {
		const epochs = new Map<number, EpochKeys | null>()
		for (const { item } of known) {
			const n = item.head.epoch
			if (!epochs.has(n)) epochs.set(n, await keyring.keys(conversation, n))
		}
		const inputs: OpenInput[] = []
		const slots = known.map(({ item, row }): FoldContent | number => {
			if (item.form === 'skeleton') return { type: 'skeleton', why: item.why }
			const epoch = epochs.get(item.head.epoch) ?? null
			if (epoch === null) return { type: 'closed', why: whyClosed(state, item.head.epoch) }
			return inputs.push({ epoch, idHash: row.author, item }) - 1
		})
		const bodies = await openEvents(crypto, inputs)
		return slots.map((slot) => (typeof slot === 'number' ? toContent(bodies[slot] as (typeof bodies)[number]) : slot))
	}

	/** A cut may come after what it judges (SPEC CNV16): what was taken in good faith stands only where the list names it. */
	function stands(state: ConversationState, { row, item, page, part, clientId, clock }: KnownEvent): boolean {
		if (row.state === 'placed' || row.state === 'invalid') return row.state === 'placed'
		const { log } = judgeViewOf({ hash: crypto.hash, conversation: state, device: () => null, cutList: logs.cutList })
		const { deviceId } = item.head
		const cuts = log.cutsOver({ idHash: row.author, deviceId, logSeq: item.place.logSeq })
		const at = { conversation: state.id, page, part }
		return cuts.every(({ nextClock }) => nextClock === null || clock < nextClock(at, clientId))
	}

	return async (known) => {
		const state = logs.known(conversation)
		if (state === null || known.length === 0) return []
		const all = await contents(state, known)
		return known.map((one, i) => ({
			known: one,
			event: toFoldEvent(state, one, {
				...{ content: all[i] as FoldContent, valid: stands(state, one) },
				isGone: one.row.recv > 0 && one.row.recv <= afterReading.goneUpTo(conversation),
			}),
		}))
	}
}

function toContent(body: Awaited<ReturnType<typeof openEvents>>[number]): FoldContent {
	if (body.ok) return { type: 'open', body: body.value }
	switch (body.error.type) {
		case 'unknown':
			return { type: 'closed', why: 'newer-app' }
		case 'not-opened':
			return { type: 'closed', why: 'key-not-valid' }
		case 'malformed':
			return { type: 'closed', why: 'damaged' }
	}
}

function toFoldEvent(
	state: ConversationState,
	known: KnownEvent,
	{ content, valid, isGone }: { content: FoldContent; valid: boolean; isGone: boolean },
): FoldEvent {
	const { item, row, page, part, clientId, clock, eventId } = known
	const { head, place } = item
	return {
		eventId,
		kind: head.kind,
		author: row.author,
		deviceId: head.deviceId,
		page,
		part,
		clientId,
		clock,
		recvSeq: row.recv === 0 ? null : row.recv,
		hlc: head.hlc,
		// What was read here and let go is as if its time had come.
		expiresAt: head.expiresAt !== null && isGone ? 0 : head.expiresAt,
		targets: head.targets,
		valid,
		role: roleAt(state, row.author, place.logSeq),
		archived: isArchivedAt(state, place.logSeq),
		content,
	}
}
