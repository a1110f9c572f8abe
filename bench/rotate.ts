/**
 * B10: a room of 1,000: its owner, a client without a browser, makes it, lets 999 in who have knocked, writes, and removes one
 * of them. `ms` is from the call to the answer of the server that took the entry, with the new key sealed to all who stay.
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
import type { BenchOptions } from './options.ts'

const many = 1_000
/** Accounts that are made at once. */
const atOnce = 8
const MiB = 1024 * 1024

export async function rotate({ quick }: BenchOptions): Promise<Line[]> {
	const members = quick ? many / 10 : many
	const folder = await mkdtemp(join(tmpdir(), 'kith-bench-'))
	const server = await startServerProcess({
		data: join(folder, 'server'),
		env: { NODE_ENV: 'test', HOST: '127.0.0.1', KITH_LOG: 'error', KITH_OPAQUE_STRETCHING: 'cheap' },
		command: [process.execPath, 'server/main.ts'],
	})
	try {
		return [await measure(server, { members, store: join(folder, 'owner.sqlite') })]
	} finally {
		await server.stop()
		await rm(folder, { recursive: true, force: true })
	}
}

async function measure(server: ServerProcess, { members, store }: { members: number; store: string }): Promise<Line> {
	const serverUrl = `http://127.0.0.1:${server.port}`
	const api = await createNodeClient({ serverUrl, storage: { path: store }, stretchings: testStretchings })
	try {
		const token = (await server.setupLink()).split('#')[1] ?? ''
		const owner = await signUp({ name: 'owner', api } as unknown as Device, { type: 'setup', token })
		const policy = { history: 'shared', invite: 'admins', knock: 'yes' } as const
		const [createMs, made] = await timed(() =>
			api.createGroup({ kind: 'room-private', name: 'Everybody', topic: '', members: [], ...policy }),
		)
		const { conversation } = must(made)
		const people = await crowd({ server, owner, conversation }, members - 1)
		const added = people.map(({ id }) => ({ account: id, role: 'member' as const }))
		const [addMs, all] = await timed(() => api.addMembers({ conversation, members: added }))
		must(all)
		const postMs = await post(api, conversation, 'before')
		const [ms, removed] = await timed(() => api.removeMembers({ conversation, accounts: [people.at(-1)?.id ?? ''] }))
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
