/** What no honest device says. */
import type { Bytes } from '#protocol/bytes.ts'
import { idToText } from '#protocol/ids.ts'
import type { ConversationId } from '../api.ts'

/** Thrown by what is found out while a frame is worked off, caught where frames are. */
export class Offence extends Error {}

export interface Sharing {
	/** Both have named it. */
	readonly isNamed: (conversation: ConversationId) => boolean
	/** … and both may read it now. */
	readonly shares: (conversation: ConversationId) => boolean
}

/** What it may say of a conversation; saying it of another is an offence, unless that was one of ours until now. */
export function sharedBy({ isNamed, shares }: Sharing, id: Bytes): ConversationId | null {
	const conversation = idToText(id)
	if (!isNamed(conversation)) throw new Offence('a conversation that is not shared')
	return shares(conversation) ? conversation : null
}
