/** The HTTP API without our client: what somebody with a token and a terminal can do. */
import type { NodeDevice } from './world.ts'

export interface RawAnswer {
	readonly status: number
	/** Of Problem Details, else null. */
	readonly code: string | null
	readonly body: unknown
}

export interface RawRequest {
	readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
	/** Under /api/v1 */
	readonly path: string
	readonly body?: unknown
	/** Null: none. Left out: that of the device. */
	readonly token?: string | null
}

export async function ask(device: Pick<NodeDevice, 'serverUrl' | 'tap'>, request: RawRequest): Promise<RawAnswer> {
	const { method = 'GET', path, body, token = device.tap.accessToken } = request
	const response = await fetch(`${device.serverUrl}/api/v1${path}`, {
		method,
		headers: {
			...(token === null ? {} : { authorization: `Bearer ${token}` }),
			...(body === undefined ? {} : { 'content-type': 'application/json' }),
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	})
	const text = await response.text()
	const answer = text === '' ? null : (JSON.parse(text) as unknown)
	const code = (answer as { code?: unknown } | null)?.code
	return { status: response.status, code: typeof code === 'string' ? code : null, body: answer }
}
