/** A person at the HTTP API, made of the crypto room's builders and the typed client: what a client does, step by step. */
import { encodeAuthBody } from '#protocol/auth.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { boxCodec } from '#protocol/box.ts'
import { decode, encode } from '#protocol/codec.ts'
import { encodeFriendBody, requestHash, signedFriendStep, type FriendBody } from '#protocol/friendship.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { serverIdOf } from '#protocol/ids.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { encodeProfileBody, signedProfile } from '#protocol/profile.ts'
import { sealedVaultCodec } from '#protocol/vault.ts'
import { createAccount, type CreatedAccount, type VaultKeyBox } from '#crypto/account-builder.ts'
import type { DeviceKeys } from '#crypto/device-keys.ts'
import { createOpaqueClient, type OpaqueClient } from '#crypto/opaque-client.ts'
import { createCrypto, type Crypto } from '#crypto/suite.ts'
import { deriveMethodKeys, type MethodKeys } from '#crypto/unlock-methods.ts'
import { createHttpClient, type Api, type HttpClient } from '#sync/http-client.ts'
import { nodeRandom } from './crypto-ports.ts'
import type { TestServer } from './server.ts'

export type Grant = { type: 'setup' | 'invite' | 'bot'; token: string } | { type: 'open' }
export type SessionAnswer = Awaited<ReturnType<Api['auth']['refresh']>>
export type SignUpForm = Parameters<Api['auth']['finishRegistration']>[0]

const cheap = { iterations: 1, memory: 8, parallelism: 1 }

let shared: Promise<{ crypto: Crypto; opaque: OpaqueClient }> | undefined
export function clientCrypto(): Promise<{ crypto: Crypto; opaque: OpaqueClient }> {
	shared ??= Promise.all([createCrypto({ random: nodeRandom }), createOpaqueClient()]).then(([crypto, opaque]) => ({
		crypto,
		opaque,
	}))
	return shared
}

export const toText = bytesToBase64url
export function toBytes(text: string): Bytes {
	const bytes = base64urlToBytes(text)
	if (bytes === null) throw new Error(`not base64url: ${text}`)
	return bytes
}

/**
 * Server and client are one process here: while it stands still, the server's side closes a connection that the client still takes for
 * open. A browser asks again by itself where nothing can come of it twice (RFC 9110 §9.2.2), `fetch` of Node does not.
 */
async function fetchAgain(url: string, init: RequestInit): Promise<Response> {
	try {
		return await fetch(url, init)
	} catch (error) {
		const { code } = ((error as Error).cause ?? {}) as { code?: string }
		if (init.method !== 'GET' || (code !== 'UND_ERR_SOCKET' && code !== 'ECONNRESET')) throw error
		return fetch(url, init)
	}
}

/** A client without an account; `token` is what it sends. */
export function anonymous({ origin }: Pick<TestServer, 'origin'>, token: string | null = null): HttpClient {
	return createHttpClient({ origin, fetch: fetchAgain, accessToken: async () => token })
}

/** A client that sends the token which is right at that moment. */
export function clientOf({ origin }: Pick<TestServer, 'origin'>, accessToken: () => string): HttpClient {
	return createHttpClient({
		origin,
		fetch: fetchAgain,
		accessToken: async () => accessToken(),
	})
}

/** The answer, or a throw that names the code. */
export async function must<T>(
	result: Promise<{ ok: true; value: T } | { ok: false; error: { type: string } }>,
): Promise<T> {
	const settled = await result
	if (!settled.ok) throw new Error(`refused: ${JSON.stringify(settled.error)}`)
	return settled.value
}

/** The wire code of a refusal, `ok`, or `offline`. */
export async function codeOf(
	result: Promise<{ ok: true } | { ok: false; error: { type: 'offline' } | { type: 'problem'; code: string } }>,
): Promise<string> {
	const settled = await result
	if (settled.ok) return 'ok'
	return settled.error.type === 'problem' ? settled.error.code : settled.error.type
}

export interface Person {
	readonly name: string
	readonly password: string
	readonly recovery: MethodKeys
	readonly passwordMethod: MethodKeys
	readonly account: CreatedAccount
	readonly id: string
	readonly device: DeviceKeys
	readonly serverId: Bytes
	http: HttpClient
	session: SessionAnswer
}

export function vkBoxForm({ recipient, vkGen, box }: VaultKeyBox) {
	return { recipient: toText(recipient), vkGen, box: toText(encode(boxCodec, box)) }
}

export async function profileOf(
	crypto: Crypto,
	person: { idHash: Bytes; device: DeviceKeys },
	name: string,
	at = Date.now(),
) {
	const body = { idHash: person.idHash, name, picture: null, hlc: hlcOf(at), device: person.device.deviceId }
	const signature = await person.device.signing.sign('profile', encodeProfileBody(body))
	return toText(encode(signedProfile, { ...body, signature }))
}

export interface Prepared {
	readonly password: string
	readonly passwordMethod: MethodKeys
	readonly recovery: MethodKeys
	readonly account: CreatedAccount
	readonly form: SignUpForm
}

/** OPAQUE registration and everything that goes up with it; not sent yet, so that tests can spoil it. */
export async function prepareSignUp(
	server: TestServer,
	name: string,
	grant: Grant,
	now = Date.now(),
): Promise<Prepared> {
	const { crypto, opaque } = await clientCrypto()
	const password = `correct horse of ${name}`
	const started = await opaque.startRegistration(password)
	const http = anonymous(server)
	const answer = await must(
		http.call((api) => api.auth.startRegistration({ name, grant, registrationRequest: started.request })),
	)
	const response = answer.registrationResponse
	const registered = await opaque.finishRegistration({ password, state: started.state, response, stretching: cheap })
	const passwordMethod = await deriveMethodKeys(crypto, 'password', registered.exportKey)
	const recovery = await deriveMethodKeys(crypto, 'recovery', crypto.random(20))
	const account = await createAccount(crypto, { methods: [passwordMethod, recovery], now })
	const form: SignUpForm = {
		registrationId: answer.registrationId,
		registrationRecord: registered.record,
		create: toText(encode(signedEntry, account.create)),
		kemKeys: account.kemKeys.map(toText),
		binds: account.binds.map(({ method, bind }) => ({ method: toText(method), bind: toText(bind) })),
		vault: toText(encode(sealedVaultCodec, account.vault)),
		vkBoxes: account.vkBoxes.map(vkBoxForm),
		profile: await profileOf(crypto, account, name, now),
		transport: 'body',
	}
	return { password, passwordMethod, recovery, account, form }
}

export async function signUp(server: TestServer, name: string, grant: Grant): Promise<Person> {
	const { crypto } = await clientCrypto()
	const { form, ...prepared } = await prepareSignUp(server, name, grant)
	const session = await must(anonymous(server).call((api) => api.auth.finishRegistration(form)))
	const instance = await must(anonymous(server).call((api) => api.instance.get()))
	const person: Person = {
		...prepared,
		name,
		session,
		id: toText(prepared.account.idHash),
		device: prepared.account.device,
		serverId: serverIdOf(crypto.hash, toBytes(instance.serverKey)),
		http: clientOf(server, () => person.session.accessToken),
	}
	return person
}

/** The first account, by the set-up link. */
export async function signUpAdmin(server: TestServer, name = 'alice'): Promise<Person> {
	const token = await server.setupToken()
	if (token === null) throw new Error('the server has an administrator already')
	return signUp(server, name, { type: 'setup', token })
}

/** Somebody whom `admin` invites. */
export async function signUpInvited(server: TestServer, admin: Person, name: string): Promise<Person> {
	const { token } = await must(admin.http.call((api) => api.invites.create({ uses: 1, days: 1 })))
	return signUp(server, name, { type: 'invite', token })
}

/** What a refresh sends, with the device's signature. */
export async function refreshForm(
	person: Person,
	{ session = person.session, device = person.device }: { session?: SessionAnswer; device?: DeviceKeys } = {},
) {
	const { crypto } = await clientCrypto()
	const clientNonce = crypto.random(32)
	const nonces = { clientNonce, serverNonce: toBytes(session.refreshNonce) }
	const names = { server: person.serverId, idHash: person.account.idHash, device: device.deviceId }
	const body = encodeAuthBody({ use: 'refresh', ...names, sid: toBytes(session.sid), ...nonces })
	return {
		refreshToken: session.refreshToken ?? '',
		deviceId: toText(device.deviceId),
		clientNonce: toText(clientNonce),
		signature: toText(await device.signing.sign('auth', body)),
		transport: 'body' as const,
	}
}

/** By password: the method token, its nonce and the bundle. */
export async function logIn(server: TestServer, name: string, password: string) {
	const { opaque } = await clientCrypto()
	const http = anonymous(server)
	const started = await opaque.startLogin(password)
	const answer = await must(http.call((api) => api.auth.startLogin({ name, startLoginRequest: started.request })))
	const done = await opaque.finishLogin({
		password,
		state: started.state,
		response: answer.loginResponse,
		stretching: cheap,
	})
	if (done === null) return null
	const finish = { loginId: answer.loginId, finishLoginRequest: done.request }
	const proven = await must(http.call((api) => api.auth.finishLogin(finish)))
	return { ...proven, exportKey: done.exportKey }
}

/** A signed step of a friendship, from `from` about `to`. */
export async function friendStep(
	from: Person,
	to: Person,
	step: { type: 'request' } | { type: 'accept' | 'decline' | 'cancel' | 'end'; request: string },
	spoil: Partial<{ server: Bytes; time: number; signature: Bytes; device: Bytes }> = {},
): Promise<string> {
	const { crypto } = await clientCrypto()
	const { signature: forged, ...fields } = spoil
	const parties = {
		server: from.serverId,
		from: from.account.idHash,
		to: to.account.idHash,
		device: from.device.deviceId,
		time: Date.now(),
		random: crypto.random(16),
		...fields,
	}
	const body: FriendBody =
		step.type === 'request'
			? { type: 'request', ...parties }
			: { type: step.type, ...parties, request: hashOf(crypto, step.request) }
	const signature = forged ?? (await from.device.signing.sign('friend', encodeFriendBody(body)))
	return toText(encode(signedFriendStep, { body, signature }))
}

function hashOf(crypto: Crypto, request: string): Bytes {
	const asked = decode(signedFriendStep, toBytes(request))
	if (!asked.ok || asked.value.body.type !== 'request') throw new Error('not a request')
	return requestHash(crypto.hash, asked.value.body)
}

/** `a` asks, `b` accepts. */
export async function befriend(a: Person, b: Person): Promise<void> {
	const request = await friendStep(a, b, { type: 'request' })
	await must(a.http.call((api) => api.friends.request({ account: b.id, request })))
	const accept = await friendStep(b, a, { type: 'accept', request })
	await must(b.http.call((api) => api.friends.accept({ account: a.id, accept })))
}
