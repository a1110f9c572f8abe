/**
 * What a restored server has forgotten of a conversation's log goes back to it (SPEC LOG15): the entries that it lacks, under the
 * head that it signed over them before. Loaded where it is needed, which is hardly ever.
 */
import { bytesToBase64url, equalBytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { decodeConversationBody } from '#protocol/conversation-log.ts'
import { cutList } from '#protocol/cut.ts'
import { signedHead } from '#protocol/head.ts'
import { TAIL_ENTRIES_MAX } from '#protocol/limits.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import { epochMet } from './instance-epoch.ts'

/** `from`: the first position that the server does not have. True where it has all of it now. */
export async function handBack(
	{ http, logs, records }: Pick<ConversationContext, 'http' | 'logs' | 'records'>,
	conversation: ConversationId,
	from: number,
): Promise<boolean> {
	const [head, met] = [await logs.head(conversation), await epochMet(records)]
	// Signed in the epoch of now: nothing was forgotten, the answer that we go by was older.
	if (head === null || met === null || equalBytes(head.instanceEpoch, met)) return false
	const entries = (await logs.entries(conversation)).slice(from, head.seq + 1)
	if (entries.length === 0 || entries.length > TAIL_ENTRIES_MAX) return false
	const cuts = entries.flatMap(({ body }) => {
		const decoded = decodeConversationBody(body)
		const named = decoded.ok && 'cut' in decoded.value ? decoded.value.cut : null
		const list = named === null ? null : logs.cutList(named)
		return list === null ? [] : [list]
	})
	const text = bytesToBase64url
	const answer = await http.call((api) =>
		api.conversations.handBack({
			conversation,
			log: {
				from,
				entries: entries.map((entry) => text(encode(signedEntry, entry))),
				head: text(encode(signedHead, head)),
			},
			cutLists: cuts.map((list) => text(encode(cutList, list))),
			linkKeys: [...logs.beside(conversation).linkKeys.values()].map(text),
		}),
	)
	return answer.ok
}
