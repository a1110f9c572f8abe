/** Two people without a browser, friends, and the conversation in which one wrote to the other; and how one signs in. */
import type { Page } from '@playwright/test'
import type { ConversationId, FriendView, Grant, KithApi, Views } from '../../src/lib/core/api.ts'
import { createNodeClient } from '../../src/lib/platform/node/node-client.ts'
import type { ServerProcess } from '../../tests/support/server-process.ts'

const alice = { name: 'alice.liddell', displayName: 'Alice', password: 'painting the roses red at noon' }
const bob = { name: 'bob.builder', displayName: 'Bob', password: 'scoop muck dizzy roley lofty' }
export const lastWords = 'The last message of the last conversation'

/** At the page to sign in at, until the last message is on screen. */
export async function signIn(page: Page): Promise<void> {
	await page.getByLabel('Username').fill(alice.name)
	await page.getByLabel('Password', { exact: true }).fill(alice.password)
	await page.getByRole('button', { name: 'Sign in', exact: true }).click()
	await page.getByText(lastWords).first().waitFor({ timeout: 60_000 })
}

/** Makes them, on a server that is new. */
export async function talk(server: ServerProcess): Promise<ConversationId> {
	const [a, b] = await Promise.all([
		createNodeClient({ serverUrl: server.origin }),
		createNodeClient({ serverUrl: server.origin }),
	])
	try {
		const setup = await server.setupLink()
		await signUp(a, alice, { type: 'setup', token: setup.slice(setup.indexOf('#') + 1) })
		const { url } = taken(await a.friendLink({ withInvite: true }))
		const { invite } = taken(await b.readLink({ url }))
		if (invite === null) throw new Error('a link without an invitation')
		await signUp(b, bob, { type: 'invite', token: invite })
		taken(await b.requestFriend({ url }))
		const friends = await until(a, 'friends', null, (list) => list.length > 0)
		const { account } = friends[0] as FriendView
		taken(await a.acceptFriend({ account }))
		await until(b, 'friends', null, (list) => list[0]?.state === 'accepted')
		const { conversation } = taken(await a.openDirect({ account }))
		taken(await a.post({ conversation, text: lastWords }))
		await until(
			a,
			'conversation',
			conversation,
			(view) => view?.messages[0]?.mark !== 'queued' && view?.messages.length === 1,
		)
		return conversation
	} finally {
		await Promise.all([a.close(), b.close()])
	}
}

async function signUp(client: KithApi, person: typeof alice, grant: Grant): Promise<void> {
	const { words, ask } = taken(await client.prepareSignUp({ ...person, grant }))
	taken(await client.completeSignUp({ words: [words[ask[0]] ?? '', words[ask[1]] ?? ''] }))
}

function until<V extends keyof Views>(
	client: KithApi,
	view: V,
	of: Views[V]['of'],
	holds: (value: Views[V]['view']) => boolean,
): Promise<Views[V]['view']> {
	return new Promise((resolve) => {
		const stop = client.watch(view, of, (value) => {
			if (!holds(value)) return
			queueMicrotask(() => stop())
			resolve(value)
		})
	})
}

function taken<T>(result: { ok: true; value: T } | { ok: false; error: { type: string } }): T {
	if (!result.ok) throw new Error(`the app refused: ${JSON.stringify(result.error)}`)
	return result.value
}
