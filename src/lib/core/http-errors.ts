/** From a failed call to what a screen can put into words. */
import type { CallError } from '#sync/http-client.ts'
import type { KithError } from './api.ts'

export function toKithError(error: CallError): KithError {
	if (error.type === 'offline') return { type: 'offline' }
	return error.retryAfterMs === undefined
		? { type: 'server', code: error.code }
		: { type: 'server', code: error.code, retryAfterMs: error.retryAfterMs }
}
