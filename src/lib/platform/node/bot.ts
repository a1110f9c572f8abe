/**
 * A bot's client: comes with the token that its owner was shown, signs up once with keys of its own, and goes on from its files ever
 * after. Nobody but the owner can be its friend (the server sees to it), so it takes every request.
 */
import { readFile, writeFile } from 'node:fs/promises'
import type { KithApi, KithError, Views } from '#core/api.ts'
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { Result } from '#protocol/result.ts'
import { createHttpClient } from '#sync/http-client.ts'
import { systemRandom } from '../system-ports.ts'
import { createNodeClient, type NodeClientOptions } from './node-client.ts'

export interface BotOptions extends Omit<NodeClientOptions, 'storage'> {
	/** As the owner was shown it; good once, and not needed after the first start. */
	readonly token?: string
	/** Path of a file that lives on. Beside it lie `<path>.key` and `<path>.password`: who has all of them is the bot. */
	readonly path: string
}

/** What was tried, and the code of what it met. */
export class BotError extends Error {
	constructor(tried: string, error: KithError | { readonly type: string; readonly code?: string }) {
		const code = 'code' in error && error.code !== undefined ? error.code : error.type
		super(`${tried}: ${code}`)
	}
}

/** Signed in and connected, and its owner asked to be its friend. Rejects with a BotError where the server does not want it. */
export async function createBot({ token, path, ...options }: BotOptions): Promise<KithApi> {
	const api = await createNodeClient({ ...options, storage: { path } })
	try {
		if (!(await isAtHome(api))) await enter(api, { token, path, ...options })
		api.watch('friends', null, (friends) => {
			for (const { account, state } of friends) if (state === 'incoming') void api.acceptFriend({ account })
		})
		return api
	} catch (error) {
		await api.close()
		throw error
	}
}

/** What the files say holds until the server is asked, and for that a bot waits. */
async function isAtHome(api: KithApi): Promise<boolean> {
	const isOut = first(api, 'session', null, ({ type }) => type === 'signed-out' || type === 'guest')
	const isOnline = first(api, 'connection', null, ({ type }) => type === 'online')
	return Promise.race([isOut.then(() => false), isOnline.then(() => true)])
}

/** Anew with the token; where there are keys already, whose session has ended, by the password beside them. */
async function enter(
	api: KithApi,
	options: Omit<BotOptions, 'token'> & { readonly token?: string | undefined },
): Promise<void> {
	const file = `${options.path}.password`
	const kept = await readFile(file, 'utf8').catch(() => null)
	if (kept === null) return signUp(api, options, file)
	const [name = '', password = ''] = kept.split('\n')
	const signedIn = await api.signIn({ name, password })
	if (signedIn.ok) return
	// The password was written before the account was made.
	if (options.token === undefined) throw new BotError('sign in', signedIn.error)
	return signUp(api, options, file)
}

async function signUp(
	api: KithApi,
	options: Omit<BotOptions, 'token'> & { readonly token?: string | undefined },
	file: string,
): Promise<void> {
	const { token, serverUrl } = options
	if (token === undefined) throw new BotError('sign up', { type: 'no-token' })
	const http = createHttpClient({
		origin: new URL(serverUrl).origin,
		fetch: (url, request) => (options.fetch ?? fetch)(url, request),
		accessToken: async () => null,
	})
	const looked = await http.call((calls) => calls.bots.look({ token }))
	if (!looked.ok) throw new BotError('use the token', looked.error)
	const { name, ownerName } = looked.value
	const password = bytesToBase64url((options.random ?? systemRandom)(24))
	await writeFile(file, `${name}\n${password}\n`, { mode: 0o600 })
	const grant = { type: 'bot', token } as const
	const { words, ask } = must('sign up', await api.prepareSignUp({ name, displayName: name, password, grant }))
	must('sign up', await api.completeSignUp({ words: [words[ask[0]] ?? '', words[ask[1]] ?? ''] }))
	await first(api, 'session', null, ({ type }) => type === 'signed-in')
	must('ask the owner', await api.requestFriend({ name: ownerName }))
}

function must<T>(tried: string, result: Result<T, KithError>): T {
	if (!result.ok) throw new BotError(tried, result.error)
	return result.value
}

function first<V extends keyof Views>(
	api: KithApi,
	view: V,
	of: Views[V]['of'],
	is: (value: Views[V]['view']) => boolean,
): Promise<Views[V]['view']> {
	return new Promise((resolve) => {
		const stop = api.watch(view, of, (value) => {
			if (!is(value)) return
			resolve(value)
			// The first call may come before `watch` has returned.
			queueMicrotask(() => stop())
		})
	})
}
