/** Which conversation a log is. */
import type { Bytes } from '#protocol/bytes.ts'
import { decodeConversationBody } from '#protocol/conversation-log.ts'
import { dmIdOf } from '#protocol/ids.ts'
import { nodeHash } from './crypto-ports.ts'
import type { ConversationStory } from './log-actors.ts'

export function conversationIdIn(log: ConversationStory): Bytes {
	const create = decodeConversationBody((log.entries[0] as { body: Bytes }).body)
	if (!create.ok || create.value.type !== 'create') throw new Error('a log begins with create')
	const [one, other] = create.value.members
	return dmIdOf(nodeHash, (one as { idHash: Bytes }).idHash, (other as { idHash: Bytes }).idHash)
}
