/** A group or room as a screen shows it: name, members with their roles, links, policy, and who can read it. */
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { Role } from '#protocol/conversation-log.ts'
import { areFellows, isArchivedAt } from '#protocol/conversation-lookups.ts'
import { rightsOf, rightsOver, type RightsOver } from '#protocol/conversation-rights.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText } from '#protocol/ids.ts'
import type { GroupView, MemberView, PersonView } from './api.ts'
import type { ConversationContext } from './context.ts'
import { toReaders } from './readers.ts'
import { titleOf } from './titles.ts'

export async function toGroupView(
	context: ConversationContext,
	state: ConversationState,
	asking: readonly PersonView[],
): Promise<GroupView | null> {
	const { kind, policy } = state
	if (kind !== 'group' && kind !== 'room-open' && kind !== 'room-private') return null
	const { self, accounts } = context
	const title = await titleOf(context, state)
	return {
		conversation: idToText(state.id),
		kind,
		name: title?.name ?? '',
		topic: title?.topic ?? '',
		role: state.members.get(self.account)?.role ?? null,
		ended: endOf(state, self.account),
		members: membersOf(context, state),
		may: rightsOf(state, self.idHash),
		links: [...state.links].map(([link, { role, expires, uses, used, by }]) => ({
			...{ link, role, expires, uses, used },
			by: bytesToBase64url(by),
		})),
		policy,
		archived: isArchivedAt(state, state.head.seq),
		direct: directOf(context, state),
		epoch: state.epochs.length,
		knocks: asking,
		readers: toReaders(state, {
			self: self.account,
			accounts: (idHash) => accounts.known(idToText(idHash)),
			now: context.time.now(),
		}),
	}
}

/** Who has one role is in our hands alike: told once for each. */
function membersOf(
	{ self, accounts }: Pick<ConversationContext, 'self' | 'accounts'>,
	state: ConversationState,
): readonly MemberView[] {
	const overRole = new Map<Role, RightsOver>()
	return [...state.members].map(([account, { idHash, role }]) => {
		const isSelf = account === self.account
		const may = (isSelf ? undefined : overRole.get(role)) ?? rightsOver(state, self.idHash, idHash)
		if (!isSelf) overRole.set(role, may)
		return { ...accounts.person(account), role, may }
	})
}

/** Where a friend is met as ever, it is the others' to say. */
function directOf({ self, privacy }: ConversationContext, state: ConversationState): boolean | null {
	const isOffered = privacy.now().direct && areFellows(state, self.account, self.account)
	return isOffered ? privacy.isDirectIn(idToText(state.id)) : null
}

function endOf({ members, removed }: ConversationState, account: string): GroupView['ended'] {
	if (members.has(account)) return null
	return removed.has(account) ? 'removed' : 'left'
}
