/**
 * ETag and If-None-Match (RFC 9110 §8.8.3, §13.1.2): whoever has an answer is told so, and is sent nothing. Tags are of the bytes, so
 * they say nothing more than the answer does, and who may not ask learns of none.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { Hash } from '#protocol/ports.ts'

export function tagOf(hash: Hash, bytes: Uint8Array): string {
	return `"${bytesToBase64url(hash(bytes).slice(0, 16))}"`
}

/** The weak comparison: a proxy that packs an answer makes its tag a weak one. */
export function isKnown(headers: Headers, tag: string): boolean {
	const known = headers.get('if-none-match')
	return known !== null && known.split(',').some((one) => ['*', tag].includes(one.trim().replace(/^W\//, '')))
}

/** A read answer of JSON with its tag, or without its body where it is known. */
export async function withTag(
	request: Pick<Request, 'method' | 'headers'>,
	hash: Hash,
	response: Response,
): Promise<Response> {
	const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
	if (request.method !== 'GET' || response.status !== 200 || !isJson || response.headers.has('etag')) return response
	const bytes = new Uint8Array(await response.arrayBuffer())
	const tag = tagOf(hash, bytes)
	const headers = new Headers(response.headers)
	headers.set('etag', tag)
	return isKnown(request.headers, tag)
		? new Response(null, { status: 304, headers })
		: new Response(bytes, { status: 200, headers })
}
