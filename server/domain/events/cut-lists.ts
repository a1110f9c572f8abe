/** The lists that judge what is left of devices without a right to write (SPEC CNV). Hardly any conversation has one. */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { cutList, type CutList } from '#protocol/cut.ts'
import type { JudgeSources } from '#protocol/judge-view.ts'
import type { CutLists } from '../ports.ts'

export function cutListsIn(stored: CutLists): (state: ConversationState) => Promise<JudgeSources['cutList']> {
	return async (state) => {
		const known = new Map<string, CutList>()
		for (const { hash, list } of state.cuts.length === 0 ? [] : await stored.of(state.id)) {
			const decoded = decode(cutList, list)
			if (decoded.ok) known.set(bytesToBase64url(hash), decoded.value)
		}
		return (hash) => known.get(bytesToBase64url(hash)) ?? null
	}
}
