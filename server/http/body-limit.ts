/** How large a body may be, by path; read to the end before any handler runs, so that none waits for a slow sender. */
import { BLOB_PIECE_MAX } from '#protocol/limits.ts'

const KiB = 1024
export const usualBody = 32 * KiB

/** Bytes of JSON; base64url makes a third more of what it carries. */
const larger: readonly { readonly path: RegExp; readonly bytes: number }[] = [
	// A vault of 256 KiB, 32 boxes and 8 keys.
	{ path: /^\/api\/v1\/auth\/registration\/finish$/, bytes: 768 * KiB },
	{ path: /^\/api\/v1\/account\/vault$/, bytes: 384 * KiB },
	// A vault and 32 boxes.
	{ path: /^\/api\/v1\/account\/devices\/revoke$/, bytes: 512 * KiB },
	{ path: /^\/api\/v1\/account\/devices(\/retire)?$/, bytes: 64 * KiB },
	// A report of 256 KiB and boxes for 64 admins.
	{ path: /^\/api\/v1\/(conversations\/[^/]+\/)?reports$/, bytes: 512 * KiB },
	// A piece of a file, as it is.
	{ path: /^\/api\/v1\/conversations\/[^/]+\/blobs\/[^/]+$/, bytes: BLOB_PIECE_MAX },
	// An entry of 512 KiB and a box for each of 4,096 members.
	{ path: /^\/api\/v1\/conversations(\/[^/]+\/(log|boxes|tail))?$/, bytes: 9 * 1024 * KiB },
]

export function bodyLimit(path: string): number {
	return larger.find((rule) => rule.path.test(path))?.bytes ?? usualBody
}

/** Larger bodies that come without an access token: of a new account, and of a new device. */
export function strangersMayBring(path: string): boolean {
	return path === '/api/v1/auth/registration/finish' || path === '/api/v1/account/devices'
}

/** The body in whole, or null when it is larger than allowed: reading stops there. */
export async function readBody(request: Request, max: number): Promise<Uint8Array<ArrayBuffer> | null> {
	if (Number(request.headers.get('content-length') ?? 0) > max) return null
	if (request.body === null) return new Uint8Array(0)
	const chunks: Uint8Array[] = []
	let length = 0
	for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
		length += chunk.length
		if (length > max) return null
		chunks.push(chunk)
	}
	return new Uint8Array(Buffer.concat(chunks, length))
}
