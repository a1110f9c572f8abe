/**
 * A visit without an account: a device and an id that live in memory as long as it lasts, one connection, and the open rooms that
 * are read. Nothing of it is stored on this device, and the server forgets it too.
 */
import { generateDeviceKeys, type DeviceKeys } from '#crypto/device-keys.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { idToText, serverIdOf, textToId } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { createChannels } from '#sync/channels.ts'
import { createConnection, type Connection, type ConnectionDeps } from '#sync/connection.ts'
import { createHttpClient, type HttpClient } from '#sync/http-client.ts'
import type { ConversationId, GuestRoomView, KithError } from './api.ts'
import type { CoreDeps } from './deps.ts'
import { createGuestRoom, type GuestRoom } from './guest-room.ts'
import { toKithError } from './http-errors.ts'
import type { Self, ServerTime } from './identity.ts'
import { unlessLate } from './session-storage.ts'
import type { ViewRegistry } from './views.ts'

export interface GuestSession {
	readonly connection: Connection
	/** When the server ends it, whatever happens. */
	readonly endsAt: number
	readonly rooms: () => Promise<Result<readonly GuestRoomView[], KithError>>
	readonly read: (conversation: ConversationId) => Promise<Result<null, KithError>>
	/** Null where it is not being read, or not for guests any more. */
	readonly room: (conversation: ConversationId) => GuestRoom | null
	/** The server forgets the guest now. */
	readonly leave: () => Promise<void>
	readonly close: () => void
}

export interface GuestSessionInput {
	readonly deps: CoreDeps
	readonly time: ServerTime
	readonly views: ViewRegistry
	/** Calls that carry no access token. */
	readonly http: HttpClient
	readonly serverKey: Bytes
	/** The server came to a final verdict about the visit. */
	readonly ended: (code: WireErrorCode) => void
}

interface Visit {
	readonly self: Self
	readonly sid: Bytes
	readonly accessToken: string
	readonly endsAt: number
}

/** Rooms that are kept open: another tab may read another. */
const openMax = 4

export async function startGuest(input: GuestSessionInput): Promise<Result<GuestSession, KithError>> {
	const visit = await enter(input)
	return visit.ok ? ok(createGuestSession(input, visit.value)) : visit
}

async function enter({ deps, http, time, serverKey }: GuestSessionInput): Promise<Result<Visit, KithError>> {
	const keys: DeviceKeys = await generateDeviceKeys(deps.crypto)
	const signingKey = bytesToBase64url(keys.signing.publicKey)
	const answer = await http.call((api) => api.guests.enter({ signingKey }))
	if (!answer.ok) return fail(toKithError(answer.error))
	const { account, sid, accessToken, expiresAt, serverTime } = answer.value
	time.observe(serverTime)
	const [idHash, session] = [textToId('account', account), base64urlToBytes(sid)]
	if (idHash === null || session?.length !== 16) return fail({ type: 'not-verified', what: 'server' })
	const { deviceId } = keys
	const ids = { account, idHash, device: idToText(deviceId), deviceId }
	const self: Self = { ...ids, keys, accountKey: () => null, isGuest: true, serverKey }
	return ok({ self, sid: session, accessToken, endsAt: expiresAt })
}

function prover({ deps, time }: GuestSessionInput, { self, sid, accessToken }: Visit): ConnectionDeps['prove'] {
	const { hash } = deps.crypto
	return async (challenge, clientNonce) => {
		time.observe(challenge.time)
		const serverNonce = base64urlToBytes(challenge.serverNonce)
		if (serverNonce?.length !== 32) return fail('malformed')
		// Another key is another server: what it would be told is not for it.
		if (bytesToBase64url(self.serverKey) !== challenge.serverKey) return fail('wrong-origin')
		const names = { server: serverIdOf(hash, self.serverKey), idHash: self.idHash, device: self.deviceId, sid }
		const body = encodeAuthBody({ use: 'socket', ...names, clientNonce, serverNonce })
		return ok({ accessToken, signature: await self.keys.signing.sign('auth', body) })
	}
}

function createGuestSession(input: GuestSessionInput, visit: Visit): GuestSession {
	const { deps, time, views, ended } = input
	const open = new Map<ConversationId, GuestRoom>()
	const connection = createConnection({
		url: `${deps.origin.replace(/^http/, 'ws')}/sync`,
		openSocket: deps.openSocket,
		timers: deps.timers,
		random: deps.crypto.random,
		prove: prover(input, visit),
	})
	const channels = createChannels(connection)
	const accessToken = () => Promise.resolve(visit.accessToken)
	const http = createHttpClient({ origin: deps.origin, fetch: deps.fetch, accessToken })
	const ground = { deps, self: visit.self, time, connection, channels, views }
	const trouble = (error: unknown) => unlessLate(deps.failed)('guest', error)
	let leaving: Promise<unknown> | null = null
	const leave = async () => void (await (leaving ??= http.call((api) => api.guests.leave())))

	function drop(id: ConversationId): void {
		const room = open.get(id)
		open.delete(id)
		room?.close()
	}

	/** The server has forgotten us: there is nothing to go on with. */
	function refused(error: KithError): Result<never, KithError> {
		if (error.type === 'server' && (error.code === 'guest-ended' || error.code === 'no-guests')) ended(error.code)
		return fail(error)
	}

	async function read(id: ConversationId): Promise<Result<null, KithError>> {
		if (open.has(id)) return ok(null)
		const room = await createGuestRoom({ id, ground, http, closed: () => drop(id) })
		const synced = await room.sync()
		if (!synced.ok) {
			room.close()
			return refused(synced.error)
		}
		// Two screens may have asked at once.
		drop(id)
		open.set(id, room)
		for (const oldest of [...open.keys()].slice(0, Math.max(0, open.size - openMax))) drop(oldest)
		if (connection.state().type === 'online') room.online()
		views.changed('conversation', id)
		return ok(null)
	}

	/** What happened while there was no connection: logs first, then pages. */
	async function comeBack(room: GuestRoom): Promise<void> {
		const synced = await room.sync()
		if (synced.ok) room.online()
		else refused(synced.error)
	}

	const stop = [
		connection.listen({
			status: (status) => {
				views.changed('connection')
				if (status.type === 'ended' && status.code !== null) ended(status.code)
			},
			hub: (message) => {
				if (message.t === 'welcome') for (const room of open.values()) void comeBack(room).catch(trouble)
				for (const room of open.values()) room.hub(message)
			},
		}),
		deps.onWake?.(connection.nudge) ?? (() => undefined),
	]

	return {
		connection,
		endsAt: visit.endsAt,
		rooms: async () => {
			const answer = await http.call((api) => api.guests.rooms())
			return answer.ok ? ok(answer.value.rooms) : refused(toKithError(answer.error))
		},
		read,
		room: (id) => open.get(id) ?? null,
		leave,
		close: () => {
			for (const one of stop) one()
			for (const id of [...open.keys()]) drop(id)
			channels.stop()
			connection.stop()
			// An answer that does not come leaves a guest who is not heard of any more.
			void leave()
		},
	}
}
