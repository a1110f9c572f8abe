/** Short forms for the domain's expected failures. */
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Result } from '#protocol/result.ts'
import type { Refusal } from './ports.ts'

export type Decided<T> = Result<T, Refusal>

export type Refused = { readonly ok: false; readonly error: Refusal }

export function refuse(type: WireErrorCode): Refused {
	return { ok: false, error: { type } }
}
