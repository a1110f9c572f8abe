/** The server that this client belongs to: asked when there is a network, remembered for when there is none. */
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { serverIdOf } from '#protocol/ids.ts'
import type { Crypto } from '#crypto/suite.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { metaKeys } from '#store/keys.ts'
import type { HttpClient } from '#sync/http-client.ts'
import { instanceRow, type InstanceRow } from './account-rows.ts'
import type { InstanceView, KithError } from './api.ts'
import type { Stretchings } from './deps.ts'
import { toKithError } from './http-errors.ts'
import type { ServerTime } from './identity.ts'
import type { Records } from './records.ts'

export interface Instance {
	readonly restore: () => Promise<void>
	/** Newest answer; a server with another key than the one remembered is another server. */
	readonly ask: () => Promise<Result<InstanceRow, KithError>>
	readonly known: () => InstanceRow | null
	readonly view: () => InstanceView | null
}

const at = { store: 'meta', key: metaKeys.instance } as const

export interface InstanceDeps {
	readonly records: Records
	readonly http: HttpClient
	readonly crypto: Crypto
	readonly time: ServerTime
	readonly stretchings: Stretchings
	/** The key of the server that this device belongs to; null while it belongs to none. */
	readonly pinned: () => Bytes | null
}

export function createInstance(deps: InstanceDeps): Instance {
	let row: InstanceRow | null = null
	/** Not remembered: without a network there is no mail either. */
	let mail = false
	/** Nor this: without a network nobody creates any. */
	let rooms: InstanceView['rooms'] = 'everybody'
	/** Null until it was asked: who does not know must not say that nobody else reads. */
	let guests: boolean | null = null
	let relay = false
	return {
		known: () => row,
		restore: async () => {
			row = await deps.records.get(instanceRow, at)
		},
		ask: async () => {
			const answer = await deps.http.call((api) => api.instance.get())
			if (!answer.ok) return fail(toKithError(answer.error))
			const { name, version, signUp, stretching, serverTime } = answer.value
			const serverKey = base64urlToBytes(answer.value.serverKey)
			if (serverKey?.length !== 32) return fail({ type: 'not-verified', what: 'server' })
			const pinned = deps.pinned()
			if (pinned !== null && !equalBytes(pinned, serverKey)) return fail({ type: 'not-verified', what: 'server' })
			deps.time.observe(serverTime)
			const numbers = deps.stretchings.get(stretching.version)
			if (numbers === undefined) return fail({ type: 'not-verified', what: 'server' })
			row = { name, version, signUp, serverKey, stretching: numbers }
			mail = answer.value.mail ?? false
			rooms = answer.value.rooms ?? 'everybody'
			guests = answer.value.guests ?? false
			relay = answer.value.relay ?? false
			await deps.records.put(instanceRow, at, row)
			return ok(row)
		},
		view: () =>
			row === null
				? null
				: {
						name: row.name,
						version: row.version,
						signUp: row.signUp,
						serverId: bytesToBase64url(serverIdOf(deps.crypto.hash, row.serverKey)),
						mail,
						rooms,
						guests,
						relay,
					},
	}
}
