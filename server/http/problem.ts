/**
 * Errors on the wire: Problem Details (RFC 9457) from the one registry (#protocol/errors.ts, error-answers.ts).
 * What is no expected refusal leaves as `internal`, without a word about what happened; that goes to the log.
 */
import { errorAnswers } from '#protocol/error-answers.ts'
import { isWireErrorCode, wireErrors, type WireErrorCode } from '#protocol/errors.ts'
import { ORPCError } from '@orpc/server'
import type { Refusal } from '../domain/ports.ts'
import type { Decided } from '../domain/refusal.ts'

export interface Problem {
	readonly type: string
	readonly title: string
	readonly status: number
	readonly code: WireErrorCode
	readonly number: number
	readonly retry: string
	readonly retryAfterMs?: number
}

export function problemOf(code: WireErrorCode, retryAfterMs?: number): Problem {
	const { sentence, status, number } = errorAnswers[code]
	const { retry } = wireErrors[code]
	const problem = { type: `urn:kith:problem:${code}`, title: sentence, status, code, number, retry }
	return retryAfterMs === undefined ? problem : { ...problem, retryAfterMs }
}

class RefusedError extends ORPCError<WireErrorCode, { retryAfterMs?: number }> {
	constructor({ type, retryAfterMs }: Refusal) {
		const data = retryAfterMs === undefined ? {} : { retryAfterMs }
		super(type, { status: errorAnswers[type].status, message: errorAnswers[type].sentence, data })
	}
}

/** The value, or the refusal as an error for the encoder below. */
export function valueOf<T>(decided: Decided<T>): T {
	if (!decided.ok) throw new RefusedError(decided.error)
	return decided.value
}

/** The framework's own errors by their names; every other unknown is a bug. */
const framework: Readonly<Record<string, WireErrorCode>> = {
	BAD_REQUEST: 'malformed',
	NOT_FOUND: 'not-found',
	METHOD_NOT_SUPPORTED: 'not-found',
	PAYLOAD_TOO_LARGE: 'too-large',
	UNSUPPORTED_MEDIA_TYPE: 'malformed',
}

export function codeOf(error: ORPCError<string, unknown>): WireErrorCode {
	return isWireErrorCode(error.code) ? error.code : (framework[error.code] ?? 'internal')
}

export function encodeProblem(error: ORPCError<string, unknown>): Problem {
	const data = error.data as { retryAfterMs?: number } | undefined
	return problemOf(codeOf(error), error instanceof RefusedError ? data?.retryAfterMs : undefined)
}

export function problemResponse(code: WireErrorCode, retryAfterMs?: number): Response {
	const problem = problemOf(code, retryAfterMs)
	const headers = new Headers({ 'content-type': problemType })
	setRetryAfter(headers, problem)
	return new Response(JSON.stringify(problem), { status: problem.status, headers })
}

export const problemType = 'application/problem+json'

/** Whole seconds, rounded up (RFC 9110 §10.2.3). */
export function setRetryAfter(headers: Headers, { retryAfterMs }: Pick<Problem, 'retryAfterMs'>): void {
	if (retryAfterMs !== undefined) headers.set('retry-after', String(Math.ceil(retryAfterMs / 1000)))
}
