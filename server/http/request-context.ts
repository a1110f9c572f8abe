/** What a handler knows of the request beside its input. */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { textToId, type IdKind } from '#protocol/ids.ts'
import type { Access, Caller, Domain } from '../domain/domain.ts'
import type { GuestAccess } from '../domain/guest-sessions.ts'
import { mayAsk } from './bot-scopes.ts'
import { refuse } from '../domain/refusal.ts'
import { valueOf } from './problem.ts'

export interface RequestContext {
	readonly domain: Domain
	readonly caller: Caller
	/** The access token, where one came. */
	readonly bearer: string | null
	readonly refreshCookie: string | null
	/** Headers that the answer gets. */
	readonly answer: Headers
	/** For the log: the route's template, never the URL. */
	route: string
}

export function bearerOf(headers: Headers): string | null {
	const match = /^Bearer ([A-Za-z0-9._-]{1,2048})$/.exec(headers.get('authorization') ?? '')
	return match?.[1] ?? null
}

/** Throws a refusal without a valid access token of a living session; forbidden for a guest's, and for a bot's that may not ask this. */
export async function accessOf({ domain, bearer, route }: RequestContext): Promise<Access> {
	const access = valueOf(bearer === null ? refuse('unauthenticated') : await domain.sessions.verifyAccess(bearer))
	return mayAsk(route, access.scopes) ? access : valueOf(refuse('forbidden'))
}

/** Throws a refusal without the access token of a guest who is still here. */
export async function guestOf({ domain, bearer }: RequestContext): Promise<GuestAccess> {
	return valueOf(bearer === null ? refuse('unauthenticated') : await domain.guests.verifyAccess(bearer))
}

/** Throws malformed where `text` is not the one spelling of an id. */
export function idOf(kind: IdKind, text: string): Bytes {
	return textToId(kind, text) ?? valueOf(refuse('malformed'))
}

/** `length` fixed, or any. Throws malformed. */
export function bytesOf(text: string, length?: number): Bytes {
	const bytes = base64urlToBytes(text)
	if (bytes === null || (length !== undefined && bytes.length !== length)) return valueOf(refuse('malformed'))
	return bytes
}

export const textOf = bytesToBase64url
