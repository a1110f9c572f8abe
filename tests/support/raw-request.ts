/** One GET as it goes over the wire: `fetch` would undo the compression. */
import { request, type IncomingHttpHeaders } from 'node:http'

export interface RawResponse {
	readonly headers: IncomingHttpHeaders
	readonly body: Buffer
}

export function rawRequest(
	{ port }: { readonly port: number },
	path: string,
	headers: Readonly<Record<string, string>>,
): Promise<RawResponse> {
	return new Promise((resolve, reject) => {
		const asked = request({ host: '127.0.0.1', port, path, headers }, (response) => {
			const chunks: Buffer[] = []
			response.on('data', (chunk: Buffer) => void chunks.push(chunk))
			response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }))
		})
		asked.on('error', reject)
		asked.end()
	})
}
