/** Blobs as whoever holds an access token may ask for them, step by step; what the client of Kith never does included. */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { routes } from '#protocol/http/routes.ts'
import { tusVersion } from '#protocol/http/tus.ts'
import { createHttpClient, type HttpClient } from '#sync/http-client.ts'
import { nodeRandom } from './crypto-ports.ts'
import { codeOf } from './http-person.ts'
import { accessTokenOf, type NodeDevice } from './world.ts'

const tus = { 'tus-resumable': tusVersion }

export interface BlobHand {
	readonly http: HttpClient
	/** `ok@offset`, or the code of the refusal. */
	create(length: number, blob?: string): Promise<string>
	append(offset: number, bytes: Bytes, blob?: string): Promise<string>
	/** The length of what came, or the code. */
	read(from?: number, blob?: string): Promise<number | string>
	remove(blob?: string): Promise<string>
	name(event: string, blob?: string): Promise<string>
}

export const newBlobId = () => bytesToBase64url(nodeRandom(16))

/** `blob`: the one that is meant where a call names none. */
export async function blobHand(device: NodeDevice, conversation: string, blob: string): Promise<BlobHand> {
	const token = await accessTokenOf(device)
	return blobHandWith(device.serverUrl, token, { conversation, blob })
}

export function blobHandWith(
	origin: string,
	token: string | null,
	{ conversation, blob }: { readonly conversation: string; readonly blob: string },
): BlobHand {
	const http = createHttpClient({ origin, fetch, accessToken: async () => token })
	const tell = async (asked: ReturnType<HttpClient['transfer']>) => {
		const answer = await asked
		return answer.ok ? `ok@${answer.value.header('upload-offset')}` : codeOf(asked)
	}
	const ofBlob = (id = blob) => ({ conversation, blob: id })
	return {
		http,
		create: (length, id) =>
			tell(
				http.transfer({
					...{ route: routes.blobs.create, input: ofBlob(id) },
					headers: { ...tus, 'upload-length': String(length) },
				}),
			),
		append: (offset, body, id) =>
			tell(
				http.transfer({
					...{ route: routes.blobs.append, input: ofBlob(id), body },
					headers: {
						...tus,
						'upload-offset': String(offset),
						'content-type': 'application/offset+octet-stream',
					},
				}),
			),
		read: async (from = 0, id) => {
			const asked = http.transfer({ route: routes.blobs.read, input: { ...ofBlob(id), from } })
			const answer = await asked
			return answer.ok ? answer.value.body.length : codeOf(asked)
		},
		remove: (id) => codeOf(http.call((api) => api.blobs.remove(ofBlob(id)))),
		name: (event, id) => codeOf(http.call((api) => api.blobs.name({ ...ofBlob(id), event }))),
	}
}
