/**
 * B5: somebody comes back to 10,000 messages that were written while he was away: from the start of a client without a browser, on the store that
 * he left, until the list says how many there are, which it counts up to a hundred, and what came last (`list_ms`), and until all of them are verified, opened and
 * stored (`done_ms`; the client stores nothing that it has not verified). Then all are read, and each must say what was written.
 */
import Database from 'better-sqlite3'
import type { KithApi } from '../src/lib/core/api.ts'
import { createNodeClient } from '../src/lib/platform/node/node-client.ts'
import { must, now, until } from '../tests/support/watching.ts'
import { startPair, type Pair } from './history/people.ts'
import { rounded, say, type Line } from './lines.ts'
import { profileThis } from './inspect.ts'
import { profileOf, type BenchOptions } from './options.ts'

/** Written before the next are, so that what waits in the outbox stays short. */
const written = 500
/** A list counts no further. */
const unreadMax = 100
/** How often the store is asked how much it holds. */
const lookMs = 10

const textOf = (n: number) => `Message ${n} of those that were written while nobody was looking`

export async function catchup({ quick, profile }: BenchOptions): Promise<Line[]> {
	const messages = quick ? 1_000 : 10_000
	// Who writes ten thousand messages at once is no person.
	const pair = await startPair({ KITH_EVENTS_PER_SECOND: '100000' })
	try {
		await pair.alice.close()
		const began = performance.now()
		await write(pair, messages)
		// His device indexes what he wrote, and would do it in the time of the one that comes back.
		await pair.bob.close()
		say(`written in ${rounded(performance.now() - began, 0)} ms`)
		return [await comeBack(pair, messages, profile)]
	} finally {
		await pair.close()
	}
}

async function write({ bob, conversation }: Pair, messages: number): Promise<void> {
	for (let n = 1; n <= messages; n++) {
		must(await bob.post({ conversation, text: textOf(n) }))
		if (n % written === 0 || n === messages)
			await until(bob, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	}
}

async function comeBack(pair: Pair, messages: number, profile: string | null): Promise<Line> {
	const { server, store, conversation } = pair
	const rows = rowsIn(store)
	const before = rows.count()
	const path = profileOf(profile, 'client')
	const profiled = path === null ? null : await profileThis()
	const began = performance.now()
	const client = await createNodeClient({ serverUrl: server.origin, storage: { path: store } })
	const listed = until(client, {
		view: 'chats',
		of: null,
		is: (chats) => {
			const chat = chats.find((one) => one.conversation === conversation)
			return chat?.last?.text === textOf(messages) && chat.unread === Math.min(messages, unreadMax)
		},
	}).then(() => performance.now() - began)
	const done = await rows.until(before + messages).then(() => performance.now() - began)
	const list = await listed
	if (path !== null) await profiled?.(path)
	rows.close()
	const undecryptable = messages - (await readable({ client, conversation, messages }))
	await client.close()
	return {
		...{ bench: 'catchup', messages, list_ms: rounded(list, 0), done_ms: rounded(done, 0) },
		undecryptable,
	}
}

/** Events in the store of a client that runs, counted beside it. */
function rowsIn(path: string) {
	const file = new Database(path, { readonly: true })
	const statement = file.prepare('SELECT count(*) AS count FROM events')
	const count = () => (statement.get() as { count: number }).count
	return {
		count,
		until: (wanted: number) =>
			new Promise<void>((resolve) => {
				const look = setInterval(() => {
					if (count() < wanted) return
					clearInterval(look)
					resolve()
				}, lookMs)
			}),
		close: () => void file.close(),
	}
}

/** Messages that say what was written, each once. */
async function readable(here: {
	readonly client: KithApi
	readonly conversation: string
	readonly messages: number
}): Promise<number> {
	const { client, conversation, messages } = here
	const newest = (await now(client, 'conversation', conversation))?.messages.at(-1)?.event ?? ''
	const at = { conversation, around: newest, before: messages + 10, after: 0 }
	const history = await until(client, { view: 'history', of: at, is: (view) => view !== null })
	const texts = new Set(history?.messages.map(({ content }) => (content.type === 'text' ? content.text : '')))
	return Array.from({ length: messages }, (_, i) => textOf(i + 1)).filter((text) => texts.has(text)).length
}
