/** A group that Alice's friend makes with her, where something has happened: for checks that go over all screens. */
import type { ConversationId, KithApi } from '#core/api.ts'
import { must, until } from '../support/watching.ts'

export const groupName = 'Island trip'

/** `friend`: of Alice, without a browser. She is an admin of it, and has read nothing yet. */
export async function groupWithAlice(friend: KithApi): Promise<ConversationId> {
	const friends = await until(friend, {
		...{ view: 'friends', of: null },
		is: (all) => all.some(({ state }) => state === 'accepted'),
	})
	const account = friends.find(({ state }) => state === 'accepted')?.account ?? ''
	const made = await friend.createGroup({
		...{ kind: 'group', name: groupName, topic: 'Boats, tents and sandwiches' },
		...{ history: 'shared', invite: 'members', knock: 'no' },
		members: [{ account, role: 'admin' }],
	})
	const { conversation } = must(made)
	must(await friend.renameGroup({ conversation, name: groupName, topic: 'Boats and tents' }))
	for (const text of ['The boat goes at 8:40', 'From the old pier']) must(await friend.post({ conversation, text }))
	return conversation
}
