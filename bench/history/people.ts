/** A server, two friends without a browser, and a conversation with one message, for benches about one client. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import type { ConversationId, Grant, KithApi } from '../../src/lib/core/api.ts'
import { createNodeClient } from '../../src/lib/platform/node/node-client.ts'
import { startServerProcess, type ServerProcess } from '../../tests/support/server-process.ts'
import { must, until } from '../../tests/support/watching.ts'

const alice = { name: 'alice.liddell', displayName: 'Alice', password: 'painting the roses red at noon' }
const bob = { name: 'bob.builder', displayName: 'Bob', password: 'scoop muck dizzy roley lofty' }

export interface Pair {
	readonly server: ServerProcess
	readonly folder: string
	readonly alice: KithApi
	readonly bob: KithApi
	/** Where Alice's client keeps its rows. */
	readonly store: string
	readonly conversation: ConversationId
	close(): Promise<void>
}

/** `env`: of the server, beside its defaults. */
export async function startPair(env: Readonly<Record<string, string>> = {}): Promise<Pair> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-bench-'))
	const server = await startServerProcess({ data: join(folder, 'server'), env: { KITH_LOG: 'error', ...env } })
	const store = join(folder, 'alice.sqlite')
	const [a, b] = await Promise.all([
		createNodeClient({ serverUrl: server.origin, storage: { path: store } }),
		createNodeClient({ serverUrl: server.origin }),
	])
	const setup = await server.setupLink()
	await signUp(a, alice, { type: 'setup', token: setup.slice(setup.indexOf('#') + 1) })
	const { url } = must(await a.friendLink({ withInvite: true }))
	const { invite } = must(await b.readLink({ url }))
	await signUp(b, bob, { type: 'invite', token: invite ?? '' })
	must(await b.requestFriend({ url }))
	const friends = await until(a, { view: 'friends', of: null, is: (list) => list.length > 0 })
	const account = friends[0]?.account ?? ''
	must(await a.acceptFriend({ account }))
	await until(b, { view: 'friends', of: null, is: (list) => list[0]?.state === 'accepted' })
	const { conversation } = must(await a.openDirect({ account }))
	must(await a.post({ conversation, text: 'Hello' }))
	await until(b, { view: 'chats', of: null, is: ([chat]) => chat?.last?.text === 'Hello' })
	await until(a, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	return {
		...{ server, folder, alice: a, bob: b, store, conversation },
		close: async () => {
			await Promise.all([a.close(), b.close()]).catch(() => undefined)
			await server.stop()
			await rm(folder, { recursive: true, force: true })
		},
	}
}

async function signUp(client: KithApi, person: typeof alice, grant: Grant): Promise<void> {
	const { words, ask } = must(await client.prepareSignUp({ ...person, grant }))
	must(await client.completeSignUp({ words: [words[ask[0]] ?? '', words[ask[1]] ?? ''] }))
}

export const signInAsAlice = (page: Page, origin: string) => signIn(page, { origin, as: alice, friend: 'Bob' })
export const signInAsBob = (page: Page, origin: string) => signIn(page, { origin, as: bob, friend: 'Alice' })

async function signIn(page: Page, who: { origin: string; as: typeof alice; friend: string }): Promise<void> {
	await page.goto(`${who.origin}/sign-in`)
	await page.getByLabel('Username').fill(who.as.name)
	await page.getByLabel('Password', { exact: true }).fill(who.as.password)
	await page.getByRole('button', { name: 'Sign in', exact: true }).click()
	await page.getByRole('list', { name: 'Conversations' }).getByText(who.friend).first().waitFor({ timeout: 120_000 })
}
