/** A page as the wire names it, and as the store does. */
import { guidOf, parseGuid } from '#protocol/guid.ts'
import { idToText, textToId } from '#protocol/ids.ts'
import type { PageId } from '#store/keys.ts'

export function guidToPage(guid: string): PageId {
	const address = parseGuid(guid)
	if (address === null) throw new RangeError('not the name of a page')
	return { conversation: idToText(address.conversation), page: address.page, part: address.part }
}

export function pageToGuid(id: PageId): string {
	const conversation = textToId('conversation', id.conversation)
	if (conversation === null) throw new RangeError('not a conversation')
	return guidOf({ conversation, page: id.page, part: id.part })
}
