/**
 * The session of this device: a short access token in memory, the material for the next refresh at rest.
 * A refresh is signed by the device and single-flight; its answer is durable before the new token is used, and a lost
 * answer may be asked for again with the same token, by this device only (protocol.md §6).
 */
import type { Crypto } from '#crypto/suite.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { fixed, optional, struct, text, versioned, type Decoded } from '#protocol/codec.ts'
import { wireErrors, type WireErrorCode } from '#protocol/errors.ts'
import { serverIdOf } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { CallError, HttpClient } from '#sync/http-client.ts'
import { metaKeys } from '#store/keys.ts'
import type { Self, ServerTime, Tokens } from './identity.ts'
import type { Records } from './records.ts'

/** What every answer that opens or renews a session has. */
export interface SessionAnswer {
	readonly accessToken: string
	readonly accessExpiresAt: number
	readonly sid: string
	readonly refreshToken: string | null
	readonly refreshNonce: string
	readonly serverTime: number
	readonly role: 'admin' | 'user'
}

const sessionRow = versioned(1, struct({ sid: fixed(16), refreshToken: optional(text(512)), refreshNonce: fixed(32) }))
type SessionRow = Decoded<typeof sessionRow>

export interface TokenKeeper extends Tokens {
	/** A session that was just opened. */
	readonly adopt: (answer: SessionAnswer) => Promise<void>
	/** Server time from which on `access` renews; null without a token. */
	readonly renewAt: () => number | null
	/** The access token was refused before its time: the next one is asked for. */
	readonly doubt: () => void
	/** Signed out: nothing of the session stays in memory. */
	readonly forget: () => void
}

export interface TokenKeeperDeps {
	readonly records: Records
	readonly crypto: Crypto
	readonly time: ServerTime
	readonly transport: 'cookie' | 'body'
	/** Calls that carry no access token. */
	readonly http: HttpClient
	readonly self: () => Self | null
	/** What the server says that the account may, with each token. */
	readonly role: (role: SessionAnswer['role']) => Promise<void>
	/** The session was ended by a final verdict. */
	readonly ended: (code: WireErrorCode) => void
}

const at = { store: 'meta', key: metaKeys.session } as const

const tokenOf = ({ refreshToken }: SessionRow) => (refreshToken === null ? {} : { refreshToken })

/** Renewed this long before it expires, ms. */
const margin = 30_000

export function createTokenKeeper(deps: TokenKeeperDeps): TokenKeeper {
	const { records, crypto, time, http, transport } = deps
	let access: { token: string; expiresAt: number } | null = null
	let row: SessionRow | null = null
	let refreshing: Promise<Result<string, WireErrorCode | null>> | null = null

	async function session(): Promise<SessionRow | null> {
		row ??= await records.get(sessionRow, at)
		return row
	}

	async function adopt(answer: SessionAnswer): Promise<void> {
		time.observe(answer.serverTime)
		const sid = base64urlToBytes(answer.sid)
		const refreshNonce = base64urlToBytes(answer.refreshNonce)
		if (sid?.length !== 16 || refreshNonce?.length !== 32) throw new Error('the server sent a malformed session')
		const next = { sid, refreshToken: answer.refreshToken, refreshNonce }
		await records.put(sessionRow, at, next)
		row = next
		access = { token: answer.accessToken, expiresAt: answer.accessExpiresAt }
		await deps.role(answer.role)
	}

	/** Signature of the device, purpose auth, over `use` and both nonces. */
	async function sign(use: 'socket' | 'refresh', nonces: { client: Bytes; server: Bytes }): Promise<Bytes | null> {
		const self = deps.self()
		const current = await session()
		if (self === null || current === null) return null
		const body = encodeAuthBody({
			use,
			server: serverIdOf(crypto.hash, self.serverKey),
			idHash: self.idHash,
			device: self.deviceId,
			sid: current.sid,
			clientNonce: nonces.client,
			serverNonce: nonces.server,
		})
		return self.keys.signing.sign('auth', body)
	}

	/** Null where nobody is signed in. */
	async function askToRefresh(): Promise<Result<SessionAnswer, CallError> | null> {
		const self = deps.self()
		const current = await session()
		const client = crypto.random(32)
		const signature = current === null ? null : await sign('refresh', { client, server: current.refreshNonce })
		if (self === null || current === null || signature === null) return null
		return http.call((api) =>
			api.auth.refresh({
				...tokenOf(current),
				deviceId: self.device,
				clientNonce: bytesToBase64url(client),
				signature: bytesToBase64url(signature),
				transport,
			}),
		)
	}

	/**
	 * A browser keeps the cookie of an answer that this device never read: then its nonce is another. False: it is ours. Kept at
	 * once: where the next answer is lost too, its token is no longer the newest, and a bad proof over it would end the session.
	 */
	async function learnNonce(): Promise<boolean> {
		const current = await session()
		if (current === null) return false
		const answer = await http.call((api) => api.auth.refreshNonce(tokenOf(current)))
		const refreshNonce = answer.ok ? base64urlToBytes(answer.value.refreshNonce) : null
		if (refreshNonce?.length !== 32 || equalBytes(refreshNonce, current.refreshNonce)) return false
		row = { ...current, refreshNonce }
		await records.put(sessionRow, at, row)
		return true
	}

	async function refresh(): Promise<Result<string, WireErrorCode | null>> {
		const self = deps.self()
		let answer = await askToRefresh()
		const unproven = answer?.ok === false && answer.error.type === 'problem' && answer.error.code === 'bad-device-proof'
		if (unproven && (await learnNonce())) answer = await askToRefresh()
		if (answer === null) return fail('session-ended')
		if (!answer.ok) return fail(refused(answer.error))
		// Signed out meanwhile: nothing of the session comes back.
		if (deps.self() !== self) return fail('session-ended')
		await adopt(answer.value)
		return ok(answer.value.accessToken)
	}

	/** A code for what ends the session; null for what passes. */
	function refused(error: CallError): WireErrorCode | null {
		if (error.type === 'offline' || wireErrors[error.code].retry === 'later') return null
		deps.ended(error.code)
		return error.code
	}

	async function accessToken(): Promise<Result<string, WireErrorCode | null>> {
		if (access !== null && access.expiresAt - margin > time.now()) return ok(access.token)
		refreshing ??= refresh().finally(() => {
			refreshing = null
		})
		return refreshing
	}

	return {
		access: accessToken,
		adopt,
		renewAt: () => (access === null ? null : access.expiresAt - margin),
		doubt: () => {
			access = null
		},
		forget: () => {
			access = null
			row = null
		},
		prove: async (challenge, clientNonce) => {
			// First: by a clock that was put back, or slept, a token that ran out looks fresh, and no new one would ever be asked for.
			time.observe(challenge.time)
			const token = await accessToken()
			if (!token.ok) return token
			const self = deps.self()
			const server = base64urlToBytes(challenge.serverNonce)
			const key = base64urlToBytes(challenge.serverKey)
			if (self === null || server?.length !== 32 || key === null) return fail('malformed')
			// Another key is another server: what it would be told is not for it.
			if (bytesToBase64url(self.serverKey) !== challenge.serverKey) return fail('wrong-origin')
			const signature = await sign('socket', { client: clientNonce, server })
			return signature === null ? fail('session-ended') : ok({ accessToken: token.value, signature })
		},
	}
}
