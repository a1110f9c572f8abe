/**
 * Posts what others send it by HTTP into one room: the text is encrypted here, in the bot's own process, and the server sees none of it.
 *
 *   KITH_SERVER=https://kith.example KITH_TOKEN=kith-bot-… KITH_ROOM='The group' WEBHOOK_SECRET=… node webhook.js
 *   curl -d 'The build is green' -H "authorization: Bearer $WEBHOOK_SECRET" http://localhost:8080/
 *
 * It listens on this machine alone: whatever else shall reach it comes through a proxy of yours that speaks TLS.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import process from 'node:process'
import { createBot } from 'kith'

const { KITH_SERVER: serverUrl = 'http://localhost:3000', KITH_TOKEN: token, KITH_ROOM: room } = process.env
const { WEBHOOK_SECRET: secret, WEBHOOK_PORT: port = '8080', KITH_BOT: path = 'webhook.db' } = process.env
if (!secret || !room) throw new Error('Set KITH_ROOM, the name of a room or group, and WEBHOOK_SECRET.')

const bot = await createBot({ serverUrl, path, ...(token && { token }) })

let conversation = null
bot.watch('chats', null, (chats) => {
	conversation = chats?.find(({ title }) => title === room)?.conversation ?? null
})

const longest = 16 * 1024
const hash = (text) => createHash('sha256').update(text).digest()
const isAllowed = ({ authorization = '' }) => timingSafeEqual(hash(authorization), hash(`Bearer ${secret}`))

async function take(request) {
	if (request.method !== 'POST') return 405
	if (!isAllowed(request.headers)) return 401
	let text = ''
	for await (const chunk of request.setEncoding('utf8')) {
		text += chunk
		if (text.length > longest) return 413
	}
	// Nobody has added the bot yet.
	if (conversation === null) return 503
	const posted = await bot.post({ conversation, text })
	return posted.ok ? 202 : 503
}

const server = createServer((request, response) => {
	take(request).then(
		(status) => response.writeHead(status, { connection: 'close' }).end(),
		() => response.destroy(),
	)
})
server.listen(Number(port), '127.0.0.1', () => {
	console.log(`The webhook listens on http://localhost:${server.address().port}`)
})

const stop = () => {
	server.close()
	void bot.close().then(() => process.exit(0))
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
