/** Name, topic and picture of a group or room, opened with the key that they were sealed under. */
import { openTitle } from '#crypto/title-seal.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText } from '#protocol/ids.ts'
import type { TitlePlaintext } from '#protocol/title.ts'
import type { ConversationContext } from './context.ts'

type TitleContext = Pick<ConversationContext, 'crypto' | 'keyring'>

/** Null while there is none, or its key is not here. */
export async function titleOf(
	{ crypto, keyring }: TitleContext,
	state: ConversationState,
): Promise<TitlePlaintext | null> {
	const { title } = state
	const epoch = title === null ? null : await keyring.keys(idToText(state.id), title.n)
	return title === null || epoch === null ? null : openTitle(crypto, epoch, title)
}
