/**
 * /swagger: the HTTP API of this instance, to read and to try (product S2). Swagger UI comes from its package on this machine and
 * shows /api/v1/openapi.json; nothing is asked of another origin, and a token that somebody types there is not kept.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

interface Served {
	readonly type: string
	readonly read: () => Promise<Uint8Array>
}

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>HTTP API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/swagger/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<noscript><p><a href="/api/v1/openapi.json">openapi.json</a></p></noscript>
<script src="/swagger/swagger-ui-bundle.js"></script>
<script src="/swagger/start.js"></script>
</body>
</html>
`

/** validatorUrl null: otherwise the page asks a service of Swagger's maker what it thinks of the document. */
const start = `SwaggerUIBundle({
	url: '/api/v1/openapi.json',
	dom_id: '#api',
	validatorUrl: null,
	persistAuthorization: false,
	queryConfigEnabled: false,
	docExpansion: 'list',
	defaultModelsExpandDepth: -1,
})
`

const script = 'text/javascript; charset=utf-8'
const text = (content: string) => async () => new TextEncoder().encode(content)

/** Of the package, read when it is first asked for. */
const ofPackage = (name: string) => () =>
	readFile(join(dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')), name))

const files: ReadonlyMap<string, Served> = new Map([
	['/swagger', { type: 'text/html; charset=utf-8', read: text(page) }],
	['/swagger/start.js', { type: script, read: text(start) }],
	['/swagger/swagger-ui-bundle.js', { type: script, read: ofPackage('swagger-ui-bundle.js') }],
	['/swagger/swagger-ui.css', { type: 'text/css; charset=utf-8', read: ofPackage('swagger-ui.css') }],
])

const compress = promisify(gzip)
/** Compressed once: the bundle is 1.7 MB, and 0.5 so. */
const compressed = new Map<string, Promise<Uint8Array<ArrayBuffer>>>()

export function isSwagger(path: string): boolean {
	return path === '/swagger' || path.startsWith('/swagger/')
}

/** Null: there is no such file. */
export async function swaggerResponse(path: string, acceptEncoding = ''): Promise<Response | null> {
	const file = files.get(path)
	if (file === undefined) return null
	const answer = { 'content-type': file.type, 'cache-control': 'no-cache', vary: 'accept-encoding' }
	if (!/\bgzip\b/.test(acceptEncoding)) return new Response(await bodyOf(file), { headers: answer })
	const made = compressed.get(path) ?? bodyOf(file).then(async (body) => new Uint8Array(await compress(body)))
	compressed.set(path, made)
	return new Response(await made, { headers: { ...answer, 'content-encoding': 'gzip' } })
}

async function bodyOf({ read }: Served): Promise<Uint8Array<ArrayBuffer>> {
	return new Uint8Array(await read())
}
