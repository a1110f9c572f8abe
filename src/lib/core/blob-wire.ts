/** Pieces of blobs to the server and from it (SPEC BLB6, BLB8). */
import type { Bytes } from '#protocol/bytes.ts'
import { tusVersion } from '#protocol/http/tus.ts'
import { routes } from '#protocol/http/routes.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { CallError, HttpClient, Transferred } from '#sync/http-client.ts'
import type { ConversationId } from './api.ts'

export type BlobPlace = { readonly conversation: ConversationId; readonly blob: string }

const tus = { 'tus-resumable': tusVersion }

/** How far it came: 0 where it begins. */
export async function beginUpload(
	http: HttpClient,
	input: BlobPlace,
	length: number,
): Promise<Result<number, CallError>> {
	const headers = { ...tus, 'upload-length': String(length) }
	return offsetOf(await http.transfer({ route: routes.blobs.create, input, headers }))
}

/** How far it came with this piece. */
export async function sendPiece(
	http: HttpClient,
	input: BlobPlace,
	{ offset, body }: { readonly offset: number; readonly body: Blob },
): Promise<Result<number, CallError>> {
	const headers = { ...tus, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' }
	return offsetOf(await http.transfer({ route: routes.blobs.append, input, headers, body }))
}

function offsetOf(answer: Result<Transferred, CallError>): Result<number, CallError> {
	if (!answer.ok) return answer
	const offset = Number(answer.value.header('upload-offset') ?? Number.NaN)
	return Number.isSafeInteger(offset) ? ok(offset) : fail({ type: 'offline' })
}

export async function fetchPiece(
	http: HttpClient,
	{ from, ...input }: BlobPlace & { readonly from: number },
): Promise<Result<Bytes, CallError>> {
	const answer = await http.transfer({ route: routes.blobs.read, input: { ...input, from } })
	return answer.ok ? ok(answer.value.body) : answer
}
