import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { KithApi, MessageView } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { messagesUntil, must, textOf, until } from '../support/watching.ts'

/** `npm run demo`, as somebody starts it who wants to look at Kith. The first start may build the app. */
const demoTimeout = 360_000
const day = 24 * 60 * 60 * 1000
const root = resolve(import.meta.dirname, '../..')
const command = [process.execPath, join(root, 'deploy/demo/main.ts')] as const
const password = 'tide tables on the fridge door'

let folder: string
let demo: ServerProcess
const clients: KithApi[] = []

const start = (data = join(folder, 'data')) => startServerProcess({ data, command, env: { NODE_ENV: 'production' } })

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kith-demo-'))
	demo = await start()
}, demoTimeout)

afterAll(async () => {
	for (const api of clients) await api.close()
	await demo?.stop()
	await rm(folder, { recursive: true, force: true })
}, demoTimeout)

async function signIn(name: string): Promise<KithApi> {
	const api = await createNodeClient({ serverUrl: demo.origin.replace('localhost', '127.0.0.1') })
	clients.push(api)
	must(await api.signIn({ name, password }))
	return api
}

async function conversationWith(api: KithApi, name: string): Promise<string> {
	const chats = await until(api, {
		view: 'chats',
		of: null,
		is: (all) => all.some(({ person }) => person.name === name),
	})
	return chats.find(({ person }) => person.name === name)?.conversation ?? ''
}

async function historyWith(api: KithApi, name: string): Promise<readonly MessageView[]> {
	const conversation = await conversationWith(api, name)
	return messagesUntil(api, conversation, (all) => all.some((message) => textOf(message).includes('rope')))
}

async function alanAnswers(api: KithApi, text: string, expected: RegExp): Promise<void> {
	const conversation = await conversationWith(api, 'alan')
	await until(api, {
		view: 'friends',
		of: null,
		is: (all) => all.some(({ name, presence }) => name === 'alan' && presence?.type === 'online'),
	})
	await until(api, { view: 'conversation', of: conversation, is: (view) => view?.writable.type === 'yes' })
	const { key } = must(await api.post({ conversation, text }))
	const all = await messagesUntil(api, conversation, (messages) => {
		const at = messages.findIndex((message) => message.key === key)
		return at >= 0 && messages.slice(at).some(({ mine, content }) => !mine && content.type === 'text')
	})
	expect(textOf(all.at(-1) as MessageView)).toMatch(expected)
}

test(
	'the people of the demo sign in with the printed password, and read what was said over days',
	async () => {
		const [ada, grace] = [await signIn('ada'), await signIn('grace')]
		for (const [api, other, mine] of [
			[ada, 'grace', true],
			[grace, 'ada', false],
		] as const) {
			const messages = await historyWith(api, other)
			const sentence = messages.find((message) => textOf(message) === 'The tide tables are on the fridge.')
			expect(sentence).toMatchObject({ mine })
			const times = messages.map(({ at }) => at)
			expect(times).toEqual(times.toSorted((a, b) => a - b))
			expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(3 * day)
			expect(Date.now() - (times.at(-1) ?? 0)).toBeGreaterThan(0)
		}
		const [chat] = await until(ada, { view: 'chats', of: null, is: (all) => all.some(({ unread }) => unread === 1) })
		expect(chat).toMatchObject({ title: 'Grace', last: { text: 'Rope is by the door. See you at half past nine!' } })
	},
	demoTimeout,
)

test(
	'Alan is online and answers, also after the demo was started again',
	async () => {
		await alanAnswers(await signIn('ada'), 'Hello Alan!', /^Hello!/)
		await demo.stop()
		demo = await start()
		expect(demo.log()).not.toMatch(/error/i)
		const ada = await signIn('ada')
		await historyWith(ada, 'grace')
		await alanAnswers(ada, 'Where is the chart?', /long tape/)
	},
	demoTimeout,
)

test('a folder that is no demo’s is left alone', async () => {
	await writeFile(join(folder, 'mine.txt'), 'keep')
	await expect(start(folder)).rejects.toThrow('is not the folder of a demo')
})
