/**
 * The demo's past, made by the real server and three real clients, on a clock that all four share and that starts some days
 * ago: every check judges these times as it judges any others. The folder appears whole or not at all.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConversationId, Grant, KithApi } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import type { Clock } from '#protocol/ports.ts'
import { readConfig } from '#server/config.ts'
import { createInstance } from '#server/create-instance.ts'
import { createLog } from '#server/ops/log.ts'
import { serve, type Serving } from '#server/serve.ts'
import { demoPassword, displayNames, lines, type Line, type Name } from './story.ts'
import { must, until } from './watching.ts'

/** Where Alan's own device lives, in the data folder. */
export const alanStore = (data: string) => join(data, 'demo', 'alan.sqlite')

interface Someone {
	readonly name: Name
	readonly api: KithApi
	readonly account: string
}
type People = Readonly<Record<Name, Someone>>

interface Past {
	readonly clock: Clock
	readonly goTo: (time: number) => void
}

/** Runs on from wherever it was put, and never back. */
function pastClock(start: number): Past {
	let [at, since] = [start, Date.now()]
	const clock = () => at + Date.now() - since
	return {
		clock,
		goTo: (time) => {
			;[at, since] = [Math.max(time, clock()), Date.now()]
		},
	}
}

function timeOf({ day, time }: Pick<Line, 'day' | 'time'>, now: number): number {
	const [hour = 0, minute = 0] = time.split(':').map(Number)
	const date = new Date(now)
	return new Date(date.getFullYear(), date.getMonth(), date.getDate() - day, hour, minute).getTime()
}

/** Makes the data folder `data`, which does not exist yet. */
export async function makeWorld(data: string): Promise<void> {
	const partial = `${data}.${randomBytes(4).toString('hex')}.new`
	const now = Date.now()
	const first = lines[0] as Line
	const past = pastClock(timeOf(first, now) - 60 * 60 * 1000)
	try {
		await mkdir(join(partial, 'demo'), { recursive: true, mode: 0o700 })
		const { serving, grant } = await startServer(partial, past.clock)
		try {
			await live({ url: `http://127.0.0.1:${serving.port}`, folder: partial, past, now }, grant)
		} finally {
			const stopped = serving.stop()
			serving.cut()
			await stopped
		}
		await rename(partial, data)
	} catch (error) {
		await rm(partial, { recursive: true, force: true })
		throw error
	}
}

async function startServer(data: string, clock: Clock): Promise<{ serving: Serving; grant: Grant }> {
	const config = readConfig({ KITH_DATA: data, PORT: '0', HOST: '127.0.0.1' })
	if (!config.ok) throw new Error(config.error.sentence)
	const instance = await createInstance({ config: config.value, log: createLog('error'), clock })
	const serving = await serve(instance, config.value)
	const token = await instance.domain.accounts.drawSetupToken()
	if (token === null) throw new Error('A new server has an administrator already.')
	return { serving, grant: { type: 'setup', token } }
}

interface Place {
	readonly url: string
	readonly folder: string
	readonly past: Past
	readonly now: number
}

async function live(place: Place, setup: Grant): Promise<void> {
	const ada = await signUp(place, 'ada', setup)
	const grace = await signUp(place, 'grace', await inviteFrom(ada))
	const alan = await signUp(place, 'alan', await inviteFrom(ada))
	const people: People = { ada, grace, alan }
	await befriend(ada, grace)
	await befriend(ada, alan)
	await befriend(grace, alan)
	const last = lines.length - 1
	for (const [index, line] of lines.entries()) await say(place, people, { line, isRead: index < last })
	// Ada and Grace are for whoever comes to look; Alan stays on his own device.
	for (const { api } of [ada, grace]) must(await api.signOut())
	for (const { api } of [ada, grace, alan]) await api.close()
}

async function signUp({ url, folder, past }: Place, name: Name, grant: Grant): Promise<Someone> {
	const storage = name === 'alan' ? { path: alanStore(folder) } : ('memory' as const)
	const api = await createNodeClient({ serverUrl: url, storage, clock: past.clock })
	const displayName = displayNames[name]
	const { words, ask } = must(await api.prepareSignUp({ name, displayName, password: demoPassword, grant }))
	must(await api.completeSignUp({ words: [words[ask[0]] as string, words[ask[1]] as string] }))
	const session = await until(api, { view: 'session', of: null, is: ({ type }) => type === 'signed-in' })
	return { name, api, account: session.type === 'signed-in' ? session.account : '' }
}

async function inviteFrom({ api }: Someone): Promise<Grant> {
	const { url } = must(await api.createInvite({ uses: 1, days: 1 }))
	const { invite } = must(await api.readLink({ url }))
	return { type: 'invite', token: invite ?? '' }
}

async function befriend(one: Someone, other: Someone): Promise<void> {
	must(await one.api.requestFriend({ name: other.name }))
	await stateUntil(other, one, 'incoming')
	must(await other.api.acceptFriend({ account: one.account }))
	await stateUntil(one, other, 'accepted')
}

function stateUntil({ api }: Someone, { account }: Someone, state: string) {
	const is = (all: readonly { account: string; state: string }[]) =>
		all.some((friend) => friend.account === account && friend.state === state)
	return until(api, { view: 'friends', of: null, is })
}

async function say(
	{ past, now }: Place,
	people: People,
	{ line, isRead }: { line: Line; isRead: boolean },
): Promise<void> {
	const [from, to] = [people[line.from], people[line.to]]
	past.goTo(timeOf(line, now))
	const { conversation } = must(await from.api.openDirect({ account: to.account }))
	await until(from.api, { view: 'conversation', of: conversation, is: (view) => view?.writable.type === 'yes' })
	const { key } = must(await from.api.post({ conversation, text: line.text }))
	await markUntil(from, { conversation, key, marks: ['sent', 'delivered', 'read'] })
	const seen = await until(to.api, {
		view: 'conversation',
		of: conversation,
		is: (view) => view?.messages.at(-1)?.content.type === 'text' && !view.messages.at(-1)?.mine,
	})
	if (!isRead) return
	must(await to.api.markRead({ conversation, key: seen?.messages.at(-1)?.key ?? '' }))
	await markUntil(from, { conversation, key, marks: ['read'] })
}

function markUntil(
	{ api }: Someone,
	{ conversation, key, marks }: { conversation: ConversationId; key: string; marks: readonly string[] },
) {
	return until(api, {
		view: 'conversation',
		of: conversation,
		is: (view) => view?.messages.some((message) => message.key === key && marks.includes(message.mark ?? '')) === true,
	})
}
