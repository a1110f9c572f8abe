/**
 * One bucket of an object store that speaks S3, as little of it as is needed: put, get a range, delete, list. Requests are signed
 * (SigV4, aws4fetch) over their body too, follow no redirect, and end after half a minute. What a store says is not believed to be short.
 */
import { createHash } from 'node:crypto'
import type { Bytes } from '#protocol/bytes.ts'
import { BlobFilesUnavailable } from '#server/domain/blob-ports.ts'
import { AwsClient } from 'aws4fetch'
import type { BlobStore } from '#server/config-addresses.ts'
import { readListing } from './listing.ts'

/** Keys are relative to the prefix. Everything rejects with BlobFilesUnavailable where the store gives no answer that helps. */
export interface Bucket {
	/** Durable when it resolves. */
	put(key: string, bytes: Bytes): Promise<void>
	/** `[start, end)`, shorter where the object ends before; null: there is none. */
	get(key: string, start: number, end: number): Promise<Bytes | null>
	/** Also where there is none. */
	remove(key: string): Promise<void>
	/** All that begin so. */
	keys(begin: string): AsyncIterable<string>
	/** What stands before the first slash in all keys, each once. */
	folders(): AsyncIterable<string>
	/** Whether it keeps what is deleted or written over; null: it does not say. */
	keepsVersions(): Promise<boolean | null>
}

/** Of one request, ms. */
const timeout = 30_000
/** At 429 and 5xx, after 50 and 100 ms; who asked tries again later anyway. */
const retries = 2
/** A listing of 1,000 keys, or an error, in characters. */
const textMax = 4 * 1024 * 1024

type Init = { readonly method: string; readonly headers?: Record<string, string>; readonly body?: Bytes }

export function openBucket({ endpoint, region, bucket, prefix, style, keyId, secret }: BlobStore): Bucket {
	const client = new AwsClient({ accessKeyId: keyId, secretAccessKey: secret, service: 's3', region, retries })
	const root = new URL(endpoint)
	if (style === 'host') root.host = `${bucket}.${root.host}`
	const base = style === 'host' ? root.origin : `${root.origin}/${bucket}`
	const urlOf = (key: string) => `${base}/${prefix}${key}`

	async function ask(url: string, { method, headers = {}, body }: Init): Promise<Response> {
		const sha256 = createHash('sha256')
			.update(body ?? '')
			.digest('hex')
		const init = {
			...{ method, headers: { ...headers, 'x-amz-content-sha256': sha256 }, redirect: 'manual' as const },
			...{ signal: AbortSignal.timeout(timeout), ...(body === undefined ? {} : { body }) },
		}
		return client.fetch(url, init).catch((error: unknown) => {
			throw unreachable(error)
		})
	}

	async function* listed(query: Record<string, string>, of: 'keys' | 'prefixes'): AsyncIterable<string> {
		for (let token: string | null = null, first = true; first || token !== null; first = false) {
			const params = new URLSearchParams({ 'list-type': '2', ...query })
			if (token !== null) params.set('continuation-token', token)
			const response = await ask(`${base}${style === 'host' ? '/' : ''}?${params}`, { method: 'GET' })
			if (response.status !== 200) throw await refused(response)
			const page = readListing(await textOf(response))
			if (page === null) throw new BlobFilesUnavailable('no-listing')
			for (const name of page[of]) if (name.startsWith(prefix)) yield name.slice(prefix.length)
			token = page.next
		}
	}

	return {
		put: async (key, bytes) => {
			const response = await ask(urlOf(key), { method: 'PUT', body: bytes })
			if (!response.ok) throw await refused(response)
			await response.body?.cancel()
		},
		get: async (key, start, end) => {
			const response = await ask(urlOf(key), { method: 'GET', headers: { range: `bytes=${start}-${end - 1}` } })
			// Nothing of the object lies in the range.
			if (response.status === 416) {
				await response.body?.cancel()
				return new Uint8Array(0)
			}
			const isRange = response.status === 206
			// There are stores that know no ranges, and some that give more than was asked for.
			if (isRange && response.headers.get('content-range')?.startsWith(`bytes ${start}-`) === true)
				return firstOf(response, end - start)
			if (response.status === 200) return (await firstOf(response, end)).slice(start)
			if (isRange) throw new BlobFilesUnavailable('another-range')
			const refusal = await refused(response)
			if (response.status === 404 && refusal.code === 'NoSuchKey') return null
			throw refusal
		},
		remove: async (key) => {
			const response = await ask(urlOf(key), { method: 'DELETE' })
			if (response.ok) return void (await response.body?.cancel())
			const refusal = await refused(response)
			if (refusal.code !== 'NoSuchKey') throw refusal
		},
		keys: (begin) => listed({ prefix: prefix + begin }, 'keys'),
		async *folders() {
			for await (const folder of listed({ prefix, delimiter: '/' }, 'prefixes')) yield folder.replace(/\/$/, '')
		},
		keepsVersions: async () => {
			const response = await ask(`${base}${style === 'host' ? '/' : ''}?versioning=`, { method: 'GET' })
			const text = await textOf(response)
			return text.includes('<VersioningConfiguration') ? text.includes('<Status>') : null
		},
	}
}

/** Words of what failed, never what it says: a message may name the address. */
function unreachable(error: unknown): BlobFilesUnavailable {
	const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined
	const name = typeof cause?.code === 'string' ? cause.code : error instanceof Error ? error.name : 'unknown'
	return new BlobFilesUnavailable(/^\w{1,64}$/.test(name) ? name : 'unknown')
}

/** 4xx stays until somebody changes something; the rest may pass. */
async function refused(response: Response): Promise<BlobFilesUnavailable> {
	const text = await textOf(response)
	const [, code = `status-${response.status}`] = /<Code>(\w{1,64})<\/Code>/.exec(text) ?? []
	const isFinal = response.status < 500 && response.status !== 429
	return new BlobFilesUnavailable(code, isFinal)
}

/** Of a listing, or an error; cut off, it is neither. */
async function textOf(response: Response): Promise<string> {
	return Buffer.from(await firstOf(response, textMax)).toString('utf8')
}

/** Never more than `max` in memory, whatever the store sends. */
async function firstOf(response: Response, max: number): Promise<Bytes> {
	const parts: Uint8Array[] = []
	let length = 0
	try {
		for await (const part of response.body ?? []) {
			parts.push(part.subarray(0, max - length))
			length += part.length
			if (length >= max) break
		}
	} catch (error) {
		throw unreachable(error)
	}
	return Uint8Array.from(Buffer.concat(parts))
}
