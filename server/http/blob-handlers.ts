/** Files beside the messages over HTTP; uploads as tus 1.0 says it. */
import { BLOB_PIECE_MAX } from '#protocol/limits.ts'
import { tusVersion } from '#protocol/http/tus.ts'
import type { BlobPiece, Progress } from '../domain/blobs.ts'
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { refuse } from '../domain/refusal.ts'
import { accessOf, bytesOf, idOf } from './request-context.ts'

const { blobs } = api

const refOf = ({ conversation, blob }: { conversation: string; blob: string }) => ({
	conversation: idOf('conversation', conversation),
	blob: bytesOf(blob, 16),
})

const told = ({ received, length }: Progress) => ({
	'tus-resumable': tusVersion,
	'upload-offset': String(received),
	'upload-length': String(length),
})

export function pieceForm({ bytes, length }: BlobPiece) {
	const body = new File([bytes], 'piece', { type: 'application/octet-stream' })
	return { headers: { 'upload-length': String(length) }, body }
}

export const blobHandlers = {
	create: blobs.create.handler(async ({ input: { params, headers }, context }) => {
		const about = { ...refOf(params), length: headers['upload-length'] }
		const progress = valueOf(await context.domain.blobs.create(await accessOf(context), about))
		const location = `/api/v1/conversations/${params.conversation}/blobs/${params.blob}`
		return { headers: { ...told(progress), location } }
	}),
	offset: blobs.offset.handler(async ({ input: { params }, context }) => {
		const access = await accessOf(context)
		return { headers: told(valueOf(await context.domain.blobs.progress(access, refOf(params)))) }
	}),
	append: blobs.append.handler(async ({ input: { params, headers, body }, context }) => {
		const access = await accessOf(context)
		if (body.size > BLOB_PIECE_MAX) return valueOf(refuse('too-large'))
		const bytes = new Uint8Array(await body.arrayBuffer())
		const about = { ...refOf(params), offset: headers['upload-offset'], bytes }
		return { headers: told(valueOf(await context.domain.blobs.append(access, about))) }
	}),
	read: blobs.read.handler(async ({ input: { params, query }, context }) => {
		const access = await accessOf(context)
		return pieceForm(valueOf(await context.domain.blobs.read(access, { ...refOf(params), from: query.from ?? 0 })))
	}),
	remove: blobs.remove.handler(async ({ input, context }) => {
		valueOf(await context.domain.blobs.remove(await accessOf(context), refOf(input)))
		return {}
	}),
	name: blobs.name.handler(async ({ input, context }) => {
		const about = { ...refOf(input), event: bytesOf(input.event, 16) }
		valueOf(await context.domain.blobs.name(await accessOf(context), about))
		return {}
	}),
}
