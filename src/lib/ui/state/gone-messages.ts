/** Which messages were deleted, or ran out of their time, from one look at a run of messages to the next. Pure. */
import type { MessageView } from '#core/api.ts'

/**
 * Says of a message of either run whether its words are gone. The newest messages are a window that slides on: who only fell
 * out of its old end is not gone.
 */
export function goneBetween(
	before: readonly MessageView[],
	next: readonly MessageView[],
): (message: MessageView) => boolean {
	const here = new Map(next.map((message) => [message.key, message]))
	const oldest = before.findIndex(({ key }) => here.has(key))
	return ({ key }) => {
		const now = here.get(key)
		if (now !== undefined) return now.content.type !== 'text'
		const index = before.findIndex((message) => message.key === key)
		return index >= 0 && (next.length < before.length || (oldest >= 0 && oldest < index))
	}
}
