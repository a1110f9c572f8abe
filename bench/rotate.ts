/**
 * B10: a room of 1,000: its owner, a client without a browser, makes it, lets 999 in who have knocked, writes, and removes one
 * of them. `ms` is from the call to the answer of the server that took the entry, with the new key sealed to all who stay.
 * Then one who came last opens it in Chromium, at the size of a phone.
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConversationId, KithApi } from '../src/lib/core/api.ts'
import { createNodeClient } from '../src/lib/platform/node/node-client.ts'
import { signUp as signUpPerson, type Person } from '../tests/support/http-person.ts'
import { startServerProcess, type ServerProcess } from '../tests/support/server-process.ts'
import type { TestServer } from '../tests/support/server.ts'
import { testStretchings } from '../tests/support/stretching.ts'
import { must, until } from '../tests/support/watching.ts'
import { inviteFrom, signUp, type Device } from '../tests/support/world.ts'
import { rounded, say, type Line } from './lines.ts'
import { monotonicMs } from './monotonic.ts'
import { openOnPhone } from './room-on-phone.ts'
import { profileOf, type BenchOptions } from './options.ts'
import { profileOther, profileThis } from './inspect.ts'

const many = 1_000
/** Accounts that are made at once. */
const atOnce = 8
const MiB = 1024 * 1024

export async function rotate({ quick, profile }: BenchOptions): Promise<Line[]> {
	const members = quick ? many / 10 : many
	const folder = await mkdtemp(join(tmpdir(), 'kith-bench-'))
	const data = join(folder, 'server')
	const server = await startServerProcess({
		data,
		env: { NODE_ENV: 'test', HOST: '127.0.0.1', KITH_LOG: 'error', KITH_OPAQUE_STRETCHING: 'cheap' },
		command: [process.execPath, ...(profile === null ? [] : ['--inspect=0']), 'server/main.ts'],
	})
	const stores = { owner: join(folder, 'owner.sqlite'), phone: join(folder, 'phone.sqlite') }
	try {
		const line = await measure(server, { members, store: stores.owner, profile }).finally(server.stop)
		return [{ ...line, ...(await onPhone({ data, port: server.port, stores })) }]
	} finally {
		await rm(folder, { recursive: true, force: true })
	}
}

const room = 'Everybody'
const password = 'the last one of a thousand people'

/** Passwords are stretched as in life from here on: that is what a browser does. */
async function onPhone(about: { data: string; port: number; stores: { owner: string; phone: string } }) {
	const { data, port, stores } = about
	const server = await startServerProcess({ data, port, env: { KITH_LOG: 'error' } })
	const serverUrl = `http://127.0.0.1:${port}`
	const owner = await createNodeClient({ serverUrl, storage: { path: stores.owner } })
	const newcomer = await createNodeClient({ serverUrl, storage: { path: stores.phone } })
	try {
		const [chat] = await until(owner, { view: 'chats', of: null, is: ([one]) => one?.title === room })
		const conversation = chat?.conversation ?? ''
		await until(owner, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
		const grant = await inviteFrom({ name: 'owner', api: owner } as unknown as Device)
		const { words, ask } = must(await newcomer.prepareSignUp({ name: 'phone', displayName: 'Phone', password, grant }))
		must(await newcomer.completeSignUp({ words: [words[ask[0]] ?? '', words[ask[1]] ?? ''] }))
		must(await newcomer.knock({ conversation }))
		const session = await until(newcomer, { view: 'session', of: null, is: ({ type }) => type === 'signed-in' })
		const account = session.type === 'signed-in' ? session.account : ''
		must(await owner.addMembers({ conversation, members: [{ account, role: 'member' }] }))
		return await openOnPhone(port, { name: 'phone', password }, { room, last: 'after' })
	} finally {
		await Promise.all([owner.close(), newcomer.close()])
		await server.stop()
	}
}

interface Room {
	readonly members: number
	readonly store: string
	/** A folder for profiles. */
	readonly profile: string | null
}

async function measure(server: ServerProcess, { members, store, profile }: Room): Promise<Line> {
	const serverUrl = `http://127.0.0.1:${server.port}`
	const api = await createNodeClient({ serverUrl, storage: { path: store }, stretchings: testStretchings })
	try {
		const token = (await server.setupLink()).split('#')[1] ?? ''
		const owner = await signUp({ name: 'owner', api } as unknown as Device, { type: 'setup', token })
		const policy = { history: 'shared', invite: 'admins', knock: 'yes' } as const
		const [createMs, made] = await timed(() =>
			api.createGroup({ kind: 'room-private', name: room, topic: '', members: [], ...policy }),
		)
		const { conversation } = must(made)
		const people = await crowd({ server, owner, conversation }, members - 1)
		const added = people.map(({ id }) => ({ account: id, role: 'member' as const }))
		const watch = profiled(server, profile)
		const [addMs, all] = await watch('add', () => api.addMembers({ conversation, members: added }))
		must(all)
		const postMs = await post(api, conversation, 'before')
		const removal = { conversation, accounts: [people.at(-1)?.id ?? ''] }
		const [ms, removed] = await watch('remove', () => api.removeMembers(removal))
		must(removed)
		await until(api, { view: 'group', of: conversation, is: (group) => group?.epoch === 2 })
		const postAfterMs = await post(api, conversation, 'after')
		return {
			...{ bench: 'rotate', members, ms: rounded(ms, 0) },
			...{ create_ms: rounded(createMs, 0), add_ms: rounded(addMs, 0) },
			...{ post_ms: rounded(postMs, 0), post_after_ms: rounded(postAfterMs, 0) },
			client_mb: rounded(process.memoryUsage().rss / MiB, 0),
			server_mb: memoryOf(server.pid),
		}
	} finally {
		await api.close()
	}
}

/** Accounts with real keys, each of which has asked to be let in. */
async function crowd(
	{ server, owner, conversation }: { server: ServerProcess; owner: Device; conversation: ConversationId },
	count: number,
): Promise<Person[]> {
	const people: Person[] = []
	const grant = await inviteFrom(owner, { uses: count, days: 7 })
	const asServer = { origin: `http://127.0.0.1:${server.port}`, port: server.port } as TestServer
	while (people.length < count) {
		const names = Array.from(
			{ length: Math.min(atOnce, count - people.length) },
			(_, i) => `member${people.length + i}`,
		)
		const joined = await Promise.all(names.map((name) => signUpPerson(asServer, name, grant)))
		for (const { http } of joined) {
			const knocked = await http.call((calls) => calls.rooms.knock({ conversation }))
			if (!knocked.ok) throw new Error(`the room hears no knock: ${JSON.stringify(knocked.error)}`)
		}
		people.push(...joined)
		if (people.length % 200 < atOnce) say(`${people.length} accounts`)
	}
	return people
}

async function post(api: KithApi, conversation: ConversationId, text: string): Promise<number> {
	const [ms] = await timed(async () => {
		must(await api.post({ conversation, text }))
		await until(api, {
			view: 'conversation',
			of: conversation,
			is: (view) =>
				view?.messages.some(
					({ content, mark }) => content.type === 'text' && content.text === text && mark !== 'queued',
				) === true,
		})
	})
	return ms
}

/** As `timed`; with a folder for profiles, both processes are profiled meanwhile. */
function profiled(server: ServerProcess, folder: string | null) {
	return async <T>(name: string, run: () => Promise<T>): Promise<[number, T]> => {
		if (folder === null) return timed(run)
		const [client, other] = [await profileThis(), await profileOther(server.log())]
		const done = await timed(run)
		await client(profileOf(folder, `${name}-client`) as string)
		await other(profileOf(folder, `${name}-server`) as string)
		return done
	}
}

async function timed<T>(run: () => Promise<T>): Promise<[number, T]> {
	const before = monotonicMs()
	const value = await run()
	return [monotonicMs() - before, value]
}

/** Resident, MiB. */
function memoryOf(pid: number): number {
	const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
	return Math.round(Number(line?.[1] ?? 0) / 1024)
}
