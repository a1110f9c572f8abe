/** Expected failures are values: every E is a union of `{ type, … }`, handled by an exhaustive switch. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
	return { ok: true, value }
}

export function fail<E>(error: E): { readonly ok: false; readonly error: E } {
	return { ok: false, error }
}
