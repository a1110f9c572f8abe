/** A push service as browsers have one: takes messages for the browsers that it knows, and opens them with the key of the browser. */
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { decodePush, type PushMessage } from '#protocol/push-message.ts'

export interface TakenPush {
	readonly message: PushMessage
	readonly headers: IncomingHttpHeaders
	/** As it came. */
	readonly body: Buffer
	/** What the browser hands to the service worker. */
	readonly text: string
}

/** What a browser was given, and what came for it. */
export interface SubscribedBrowser {
	readonly target: { readonly endpoint: string; readonly p256dh: string; readonly auth: string }
	readonly taken: readonly TakenPush[]
	/** The oldest that nobody has taken yet. */
	next(): Promise<TakenPush>
}

export interface PushService {
	readonly origin: string
	/** For a test server: it may be reached though it is no public address. */
	readonly env: Readonly<Record<string, string>>
	subscribe(): SubscribedBrowser
	/** How the next requests are answered, one after the other; 201 besides. */
	answers: number[]
	/** Requests so far, whatever they were answered. */
	readonly asked: () => number
	close(): Promise<void>
}

const patience = 20_000

export async function startPushService(): Promise<PushService> {
	const browsers = new Map<string, (body: Buffer, headers: IncomingHttpHeaders) => void>()
	const answers: number[] = []
	let asked = 0
	const server = createServer((request, response) => {
		asked++
		const parts: Buffer[] = []
		request.on('data', (part: Buffer) => parts.push(part))
		request.on('end', () => {
			const status = answers.shift() ?? (browsers.has(request.url ?? '') ? 201 : 410)
			if (status === 201) browsers.get(request.url ?? '')?.(Buffer.concat(parts), request.headers)
			response.writeHead(status).end()
		})
	})
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
	return {
		origin,
		env: { KITH_PUSH_SERVICES: origin },
		answers,
		asked: () => asked,
		subscribe: () => {
			const path = `/${randomBytes(12).toString('base64url')}`
			const browser = createBrowser(`${origin}${path}`)
			browsers.set(path, browser.take)
			return browser
		},
		close: () => {
			server.closeAllConnections()
			return new Promise((resolve) => server.close(() => resolve()))
		},
	}
}

function createBrowser(endpoint: string) {
	const pair = createECDH('prime256v1')
	const point = pair.generateKeys()
	const auth = randomBytes(16)
	const taken: TakenPush[] = []
	let read = 0
	let wake = () => undefined as void
	return {
		target: { endpoint, p256dh: bytesToBase64url(point), auth: bytesToBase64url(auth) },
		taken,
		take: (body: Buffer, headers: IncomingHttpHeaders) => {
			const opened = openPush(body, { privateKey: pair.getPrivateKey(), auth })
			const message = decodePush(opened)
			if (message === null) throw new Error('a push that says nothing')
			taken.push({ message, headers, body, text: Buffer.from(opened).toString() })
			wake()
		},
		next: async () => {
			const until = Date.now() + patience
			while (read >= taken.length) {
				if (Date.now() > until) throw new Error('no push came')
				await new Promise<void>((resolve) => {
					wake = resolve
					setTimeout(resolve, 200).unref()
				})
			}
			return taken[read++] as TakenPush
		},
	}
}

/** RFC 8291 §3.4 from the browser's side: what was padded without its padding. */
export function openPush(
	body: Buffer,
	{ privateKey, auth }: { readonly privateKey: Uint8Array; readonly auth: Uint8Array },
): Uint8Array {
	const [salt, length] = [body.subarray(0, 16), body[20] as number]
	const [sender, sealed] = [body.subarray(21, 21 + length), body.subarray(21 + length)]
	const own = createECDH('prime256v1')
	own.setPrivateKey(privateKey)
	const hkdf = (key: Uint8Array, from: Uint8Array, info: Uint8Array | string, bytes: number) =>
		Buffer.from(hkdfSync('sha256', key, from, info, bytes))
	const info = Buffer.concat([Buffer.from('WebPush: info\0'), own.getPublicKey(), sender])
	const input = hkdf(own.computeSecret(sender), auth, info, 32)
	const key = hkdf(input, salt, 'Content-Encoding: aes128gcm\0', 16)
	const decipher = createDecipheriv('aes-128-gcm', key, hkdf(input, salt, 'Content-Encoding: nonce\0', 12))
	decipher.setAuthTag(sealed.subarray(-16))
	const clear = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
	return new Uint8Array(
		clear.subarray(
			0,
			clear.findLastIndex((byte) => byte !== 0),
		),
	)
}

/** The claims of an Authorization header, if it is signed by the key that it names (RFC 8292 §3). */
export function vapidClaims(authorization: string): { aud: string; exp: number; sub: string; k: string } | null {
	const [, token = '', k = ''] = /^vapid t=([^,]+), k=(\S+)$/.exec(authorization) ?? []
	const [head, claims, signature] = token.split('.')
	if (head === undefined || claims === undefined || signature === undefined) return null
	const point = Buffer.from(k, 'base64url')
	const coordinates = { x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') }
	const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', ...coordinates }, format: 'jwk' })
	const signed = Buffer.from(`${head}.${claims}`)
	const holds = verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
	return holds ? { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), k } : null
}
