/**
 * Commands of `KithApi` about the list of conversations, words of this account alone, which need no network; and about how long
 * messages live, which stands in the log.
 */
import { fail, ok, type Result } from '#protocol/result.ts'
import { isDelay } from './after-reading.ts'
import type { KithError, MessageCommands } from './api.ts'
import type { ArrangedAs } from './arrangements.ts'
import type { SignedIn, SignedInSession } from './signed-in.ts'

export function arrangementCommands(
	signedIn: SignedIn,
): Pick<
	MessageCommands,
	'pinConversation' | 'archiveConversation' | 'markUnread' | 'markAllRead' | 'setLifetime' | 'setAfterReading'
> {
	const here = (conversation: string, work: (session: SignedInSession) => Promise<void>) =>
		signedIn(async (session): Promise<Result<null, KithError>> => {
			if (session.conversations.get(conversation) === null) return fail({ type: 'not-here' })
			await work(session)
			return ok(null)
		})
	const arrange = (conversation: string, as: ArrangedAs, on: boolean) =>
		here(conversation, ({ arrangements }) => arrangements.set(conversation, as, on))
	return {
		pinConversation: ({ conversation, pinned }) => arrange(conversation, 'pinned', pinned),
		archiveConversation: ({ conversation, archived }) => arrange(conversation, 'archived', archived),
		setLifetime: ({ conversation, lifetime }) =>
			signedIn(async ({ conversations }) =>
				(await conversations.membership.open()).groups.setPolicy(conversation, { expiry: lifetime }),
			),
		setAfterReading: ({ conversation, delay }) =>
			signedIn(async ({ conversations }): Promise<Result<null, KithError>> => {
				const at = conversations.get(conversation)
				if (at === null) return fail({ type: 'not-here' })
				if (delay !== null && !isDelay(delay)) return fail({ type: 'bad-delay' })
				await at.setAfterReading(delay)
				return ok(null)
			}),
		markUnread: ({ conversation }) => arrange(conversation, 'unread', true),
		markAllRead: ({ conversation }) => here(conversation, ({ conversations }) => conversations.readAll(conversation)),
	}
}
