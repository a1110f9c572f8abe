/** Alice's friends in the screenshots: headless clients that sign up by her links and say what friends say. */
import type { ConversationId, FriendView, KithApi } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import { messagesUntil, must, textOf, until } from '../support/watching.ts'

export interface Friend {
	readonly api: KithApi
	/** Says it in the conversation with Alice, once the two are friends. */
	say(...texts: readonly string[]): Promise<void>
	/** Has this message of Alice on screen, and all before it. */
	read(text: string): Promise<void>
}

export interface Newcomer {
	readonly name: string
	readonly displayName: string
	/** Alice's link, with an invitation in it. */
	readonly link: string
}

/** Signs up, and asks the owner of the link to be a friend. */
export async function joinByLink(serverUrl: string, { name, displayName, link }: Newcomer): Promise<Friend> {
	const api = await createNodeClient({ serverUrl, storage: 'memory' })
	const { invite } = must(await api.readLink({ url: link }))
	const grant = { type: 'invite', token: invite ?? '' } as const
	const password = `${name} correct horse battery staple`
	const { words, ask } = must(await api.prepareSignUp({ name, displayName, password, grant }))
	must(await api.completeSignUp({ words: [words[ask[0]] ?? '', words[ask[1]] ?? ''] }))
	must(await api.requestFriend({ url: link }))
	return {
		api,
		say: async (...texts) => {
			const conversation = await conversationWithAlice(api)
			for (const text of texts) must(await api.post({ conversation, text }))
		},
		read: async (text) => {
			const conversation = await conversationWithAlice(api)
			const messages = await messagesUntil(api, conversation, (all) => all.some((one) => textOf(one) === text))
			const key = messages.find((one) => textOf(one) === text)?.key ?? ''
			must(await api.markRead({ conversation, key }))
		},
	}
}

export async function conversationWithAlice(api: KithApi): Promise<ConversationId> {
	const isFriend = (friends: readonly FriendView[]) => friends.some(({ state }) => state === 'accepted')
	const friends = await until(api, { view: 'friends', of: null, is: isFriend })
	const account = friends.find(({ state }) => state === 'accepted')?.account ?? ''
	return must(await api.openDirect({ account })).conversation
}
