/**
 * Addresses of what the server uses, as they stand in its configuration. Each is read by hand into named parts: a driver that is given
 * the whole would take any of its options from the query of a URL.
 */
import * as z from 'zod'

export interface PostgresServer {
	/** A name, an address, or the folder of a Unix socket. */
	readonly host: string
	readonly port: number
	/** Null: whom the operating system says. */
	readonly user: string | null
	readonly password: string | null
	readonly database: string
	readonly tls: 'off' | 'encrypted' | 'verified'
}

export interface SmtpServer {
	readonly host: string
	readonly port: number
	/** From the first byte; else STARTTLS. */
	readonly isTls: boolean
	readonly login: { readonly user: string; readonly password: string } | null
}

export interface BlobPlace {
	/** The store's own address, without the bucket: `https://s3.example.org`. */
	readonly endpoint: string
	readonly region: string
	readonly bucket: string
	/** Before every key; '' or ending in a slash. */
	readonly prefix: string
	/** `path`: endpoint/bucket/key. `host`: bucket.endpoint/key. */
	readonly style: 'path' | 'host'
}

/** An object store that speaks S3. */
export interface BlobStore extends BlobPlace {
	readonly keyId: string
	readonly secret: string
}

export function isOrigin(value: string): boolean {
	if (!URL.canParse(value)) return false
	const url = new URL(value)
	return (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === value
}

export const originList = z
	.string()
	.transform((value) => value.split(',').map((one) => one.trim()))
	.refine((origins) => origins.length <= 16 && origins.every(isOrigin))

/** Read by hand into named parts: a mail library would take any of its options from the query of a URL. */
export const smtpUrl = z.string().transform((value, context): SmtpServer => {
	const url = URL.canParse(value) ? new URL(value) : null
	const isPlain = url !== null && ['', '/'].includes(url.pathname) && url.search === '' && url.hash === ''
	const user = url === null ? null : decoded(url.username)
	const password = url === null ? null : decoded(url.password)
	const isKnown = url?.protocol === 'smtp:' || url?.protocol === 'smtps:'
	if (
		!isPlain ||
		!isKnown ||
		url.hostname === '' ||
		user === null ||
		password === null ||
		(user === '') !== (password === '')
	) {
		context.addIssue('no mail server')
		return z.NEVER
	}
	const isTls = url.protocol === 'smtps:'
	const host = url.hostname.replace(/^\[|\]$/g, '')
	const port = url.port === '' ? (isTls ? 465 : 587) : Number(url.port)
	return { host, port, isTls, login: user === '' ? null : { user, password } }
})

export const postgresUrl = z.string().transform((value, context): PostgresServer => {
	const server = URL.canParse(value) ? postgresServer(new URL(value)) : null
	if (server !== null) return server
	context.addIssue('no database')
	return z.NEVER
})

export const blobStoreUrl = z.string().transform((value, context): BlobPlace => {
	const place = URL.canParse(value) ? blobPlace(new URL(value)) : null
	if (place !== null) return place
	context.addIssue('no store')
	return z.NEVER
})

/** Addresses of buckets become part of names and paths that are signed: nothing in them is ever escaped. */
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const keyPrefix = /^(?:\/[A-Za-z0-9_.-]+)*\/?$/
const regionName = /^[a-z0-9-]{1,32}$/

function blobPlace(url: URL): BlobPlace | null {
	const { endpoint, region = 'us-east-1', style, ...others } = Object.fromEntries(url.searchParams)
	const isPlain =
		url.protocol === 's3:' && url.username === '' && url.password === '' && url.port === '' && url.hash === ''
	if (!isPlain || Object.keys(others).length > 0 || !bucketName.test(url.hostname)) return null
	if (!keyPrefix.test(url.pathname) || !regionName.test(region)) return null
	if (endpoint !== undefined && !isOrigin(endpoint)) return null
	if (style !== undefined && style !== 'path' && style !== 'host') return null
	const prefix = url.pathname.replaceAll(/^\/|\/$/g, '')
	return {
		endpoint: endpoint ?? `https://s3.${region}.amazonaws.com`,
		...{ region, bucket: url.hostname, prefix: prefix === '' ? '' : `${prefix}/` },
		style: style ?? (endpoint === undefined ? 'host' : 'path'),
	}
}

const tlsOfMode = new Map<string, PostgresServer['tls']>([
	['disable', 'off'],
	['require', 'encrypted'],
	['verify-full', 'verified'],
])

/** Read by hand, as the mail server's: the driver would take any of its options from the query. */
function postgresServer(url: URL): PostgresServer | null {
	const isKnown = ['postgres:', 'postgresql:'].includes(url.protocol) && url.hash === ''
	const { sslmode, host: socket, ...others } = Object.fromEntries(url.searchParams)
	const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decoded)
	const host = socket ?? url.hostname.replace(/^\[|\]$/g, '')
	const isHere = host.startsWith('/') || ['localhost', '127.0.0.1', '::1'].includes(host)
	const tls = sslmode === undefined ? (isHere ? 'off' : 'verified') : tlsOfMode.get(sslmode)
	const isOneHost = host !== '' && (socket === undefined || (socket.startsWith('/') && url.hostname === ''))
	if (!isKnown || !isOneHost || Object.keys(others).length > 0 || tls === undefined) return null
	if (user === null || user === undefined || password === null || password === undefined) return null
	if (database === null || database === undefined || database === '' || database.includes('/')) return null
	const port = url.port === '' ? 5432 : Number(url.port)
	return { host, port, user: user === '' ? null : user, password: password === '' ? null : password, database, tls }
}

function decoded(part: string): string | null {
	try {
		return decodeURIComponent(part)
	} catch {
		return null
	}
}
