/**
 * Files beside the messages (SPEC BLB). Uploads speak tus 1.0 (creation, HEAD, PATCH, termination): these calls say their part
 * in headers, carry bytes as they are, and are asked by `transfer` of the client, not by `call`.
 */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { tusVersion } from './tus.ts'
import { base64url, conversationId, none, position } from './schemas.ts'

const blobId = base64url(16)
const ofBlob = { conversation: conversationId, blob: blobId }
const path = '/conversations/{conversation}/blobs/{blob}'

const tus = { 'tus-resumable': z.literal(tusVersion) }
const told = z.object({ 'tus-resumable': z.string(), 'upload-offset': z.string(), 'upload-length': z.string() })
const detailed = { inputStructure: 'detailed', outputStructure: 'detailed' } as const

/** Bytes from `from` on, at most 1 MiB; the blob's length stands in `upload-length`. */
export const blobPiece = z.object({ headers: z.object({ 'upload-length': z.string() }), body: z.file() })

export const blobsContract = {
	create: oc
		.route({ method: 'POST', path, summary: 'Begins a file, or says how far it came', successStatus: 201, ...detailed })
		.input(z.object({ params: z.object(ofBlob), headers: z.object({ ...tus, 'upload-length': position }) }))
		.output(z.object({ headers: z.intersection(told, z.object({ location: z.string() })) })),
	offset: oc
		.route({ method: 'HEAD', path, summary: 'How far an own upload came', ...detailed })
		.input(z.object({ params: z.object(ofBlob), headers: z.object(tus) }))
		.output(z.object({ headers: told })),
	append: oc
		.route({ method: 'PATCH', path, summary: 'The next bytes of an upload', successStatus: 204, ...detailed })
		.input(
			z.object({
				params: z.object(ofBlob),
				headers: z.object({ ...tus, 'upload-offset': position }),
				/** `application/offset+octet-stream`. */
				body: z.file(),
			}),
		)
		.output(z.object({ headers: told })),
	read: oc
		.route({ method: 'GET', path, summary: 'A piece of a file that is whole', ...detailed })
		.input(z.object({ params: z.object(ofBlob), query: z.object({ from: z.optional(position) }) }))
		.output(blobPiece),
	remove: oc
		.route({ method: 'DELETE', path, summary: 'Gives up a file that no message names' })
		.input(z.object(ofBlob))
		.output(none),
	name: oc
		.route({ method: 'PUT', path: `${path}/event`, summary: 'Says which message a file belongs to, and ends with' })
		.input(z.object({ ...ofBlob, event: base64url(16) }))
		.output(none),
}
