/**
 * Says again what it is told, wherever it is a member. Start it once with the token that Kith showed you:
 *
 *   KITH_SERVER=https://kith.example KITH_TOKEN=kith-bot-… node echo.js
 *
 * and from then on without. `echo.db` and the files beside it are the bot: keep them, and keep them to yourself.
 */
import process from 'node:process'
import { createBot } from 'kith'

const serverUrl = process.env.KITH_SERVER ?? 'http://localhost:3000'
const token = process.env.KITH_TOKEN
/** Before anybody is told that the bot listens: what is said from then on is answered. */
const startedAt = Date.now()
const bot = await createBot({ serverUrl, path: process.env.KITH_BOT ?? 'echo.db', ...(token && { token }) })
console.log('The echo bot listens.')

/** Conversations that are listened to. */
const watched = new Set()
/** By conversation: what was answered, or was there before. */
const heard = new Map()

bot.watch('chats', null, (chats) => {
	for (const { conversation } of chats ?? []) {
		if (watched.has(conversation)) continue
		watched.add(conversation)
		bot.watch('conversation', conversation, (view) => view && answer(conversation, view))
	}
})

function answer(conversation, { messages, writable }) {
	if (writable.type !== 'yes') return
	const known = heard.get(conversation) ?? new Set()
	heard.set(conversation, known)
	for (const { event, mine, at, content } of messages) {
		if (event === null || known.has(event)) continue
		known.add(event)
		if (!mine && at >= startedAt && content.type === 'text') void bot.post({ conversation, text: content.text })
	}
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void bot.close().then(() => process.exit(0)))
