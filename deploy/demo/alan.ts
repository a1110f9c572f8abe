/** Alan, who is online and answers: a client like any other, without a screen. */
import type { ChatView, KithApi } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'

/** Long enough to see him type, ms. */
const thinking = 1500

const answers = [
	'I read you, loud and clear, and I am the only one who can.',
	'The ferns say hello. The cat withholds comment.',
	'Noted, and written on the back of an envelope. A sealed one.',
	'Interesting. Can a machine ask that, too?',
	'Try it with the network unplugged: it goes out when you are back.',
] as const

/** What he says to `text`; `turn` counts his answers. */
function answerTo(text: string, turn: number): string {
	if (/\b(hello|hi|hey|hallo|good (morning|evening))\b/i.test(text)) return 'Hello! Good to hear from you.'
	if (/\btide|\bfridge/i.test(text)) return 'On the fridge, where they always are. High water is at 10:52.'
	if (/\bthank/i.test(text)) return 'Any time.'
	if (text.trim().endsWith('?')) return 'A good question. I would count it out on a very long tape.'
	return answers[turn % answers.length] as string
}

/** Signed in by his store; also takes whoever wants to be friends. `close` says goodbye. */
export async function wakeAlan(options: { serverUrl: string; store: string }): Promise<KithApi> {
	const api = await createNodeClient({ serverUrl: options.serverUrl, storage: { path: options.store } })
	const busy = new Set<string>()
	const timers = new Set<NodeJS.Timeout>()
	let turn = 0
	let closed = false

	async function answer({ conversation, last }: ChatView): Promise<void> {
		await api.setTyping({ conversation, typing: true })
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, thinking)
			timers.add(timer)
		})
		if (closed) return
		await api.setTyping({ conversation, typing: false })
		await api.post({ conversation, text: answerTo(last?.text ?? '', turn++) })
		await readAll(conversation)
	}

	function readAll(conversation: string): Promise<void> {
		return new Promise((resolve) => {
			const stop = api.watch('conversation', conversation, (view) => {
				const key = view?.messages.findLast(({ mine }) => !mine)?.key
				queueMicrotask(() => stop())
				if (key === undefined) resolve()
				else void api.markRead({ conversation, key }).then(() => resolve())
			})
		})
	}

	const stopChats = api.watch('chats', null, (chats) => {
		for (const chat of chats) {
			if (chat.unread === 0 || chat.last === null || chat.last.mine || busy.has(chat.conversation)) continue
			busy.add(chat.conversation)
			// What fails is tried again with the next message.
			void answer(chat)
				.catch(() => undefined)
				.finally(() => busy.delete(chat.conversation))
		}
	})
	const stopFriends = api.watch('friends', null, (friends) => {
		for (const { account, state } of friends) if (state === 'incoming') void api.acceptFriend({ account })
	})
	return {
		...api,
		close: async () => {
			closed = true
			stopChats()
			stopFriends()
			for (const timer of timers) clearTimeout(timer)
			await api.close()
		},
	}
}
