/** Items of a page beside what this device holds of it, judged by the rules of all sides; whoever brought them. Changes nothing. */
import { deviceOf } from '#protocol/account-lookups.ts'
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { decodeItem } from '#protocol/envelope.ts'
import {
	judgeItem,
	verifyItems,
	type JudgeView,
	type StreamHolder,
	type VerifiedJudgment,
} from '#protocol/intrinsic.ts'
import { judgeViewOf, type KnownDevice } from '#protocol/judge-view.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import type { ReceivedItem } from '#sync/page-session.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import { isUnplaced, type KnownEvent } from './event-store.ts'
import type { PageFacts } from './page-facts.ts'
import { guidToPage } from './page-names.ts'
import { bringsText } from './skeletons.ts'

export interface Judged {
	readonly received: ReceivedItem
	readonly judgment: VerifiedJudgment | { readonly type: 'have'; readonly known: KnownEvent }
	/** The row that stands at this place. */
	readonly held: KnownEvent | null
}

export interface Judging {
	readonly judge: (guid: string, received: readonly ReceivedItem[]) => Promise<readonly Judged[]>
	readonly view: (state: ConversationState) => JudgeView
}

export function createJudging(
	conversation: ConversationId,
	context: ConversationContext,
	facts: Pick<PageFacts, 'holders'>,
): Judging {
	const { crypto, events, logs } = context

	const view = (state: ConversationState): JudgeView =>
		judgeViewOf({
			...{ hash: crypto.hash, conversation: state, cutList: logs.cutList },
			device: deviceAmong(state, context),
		})

	/** The same event at this place, as text or skeleton; or our own, of which the server has yet to speak. */
	function isSettled({ row, eventId }: KnownEvent, { content }: PageItem): boolean {
		if (row.state === 'placed' || equalBytes(row.content, content)) return true
		const decoded = row.state === 'invalid' ? null : decodeItem(content)
		return decoded?.ok === true && equalBytes(events.idOf(decoded.value, row.author, conversation), eventId)
	}

	/** What judging an item that is new to us leaves of the row at its place. */
	function keeps(held: KnownEvent | null, judgment: VerifiedJudgment): boolean {
		// Another event at the place of one that we hold takes it only when it is valid: the server's row holds the place.
		return held !== null && judgment.type !== 'valid' && held.row.state !== 'invalid' && !isUnplaced(held.row)
	}

	return {
		view,
		judge: async (guid, received) => {
			const id = guidToPage(guid)
			const state = logs.known(conversation)
			const waits = { type: 'hold', missing: { what: 'log', seq: 0 } } as const
			if (state === null) return received.map((one) => ({ received: one, judgment: waits, held: null }))
			const stored = await Promise.all(
				received.map(({ item }) => events.at({ ...id, clientId: item.clientId, clock: item.clock })),
			)
			const known = await Promise.all(
				stored.map(async (held, i) => {
					const { item } = received[i] as ReceivedItem
					if (held === null || !isSettled(held, item)) return null
					const { content } = item
					return (await bringsText(context, { conversation, state }, { held, content })) ? null : held
				}),
			)
			const fresh = received.filter((_, i) => known[i] === null)
			const holders = fresh.length === 0 ? new Map<number, StreamHolder>() : await facts.holders(id)
			const holderOf = ({ clientId }: PageItem) => holders.get(clientId) ?? null
			const now = view(state)
			const judgments = fresh.map(({ item }) => judgeItem(now, { guid, item, holder: holderOf(item) }))
			const verified = await verifyItems(crypto.verify, judgments)
			let next = 0
			return received.map((one, i): Judged => {
				const held = stored[i] ?? null
				const have = known[i] ?? null
				if (have !== null) return { received: one, judgment: { type: 'have', known: have }, held }
				const judgment = verified[next++] as VerifiedJudgment
				const kept = keeps(held, judgment) ? held : null
				return { received: one, judgment: kept === null ? judgment : { type: 'have', known: kept }, held }
			})
		},
	}
}

/** Among the devices of everybody who ever was a member. */
function deviceAmong(state: ConversationState, context: ConversationContext) {
	const accounts = [...state.roles.keys()].flatMap((account) => context.accounts.known(account) ?? [])
	return (deviceId: Bytes): KnownDevice | null => {
		for (const account of accounts) {
			const device = deviceOf(account, deviceId)
			if (device !== null) return { idHash: account.idHash, device }
		}
		return null
	}
}
