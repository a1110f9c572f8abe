import { afterAll, beforeAll, expect, it } from 'vitest'
import { Validator } from '@seriousme/openapi-schema-validator'
import { gunzipSync } from 'node:zlib'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../architecture/source-files.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { rawRequest } from '../../support/raw-request.ts'

let server: TestServer
beforeAll(async () => {
	server = await startTestServer()
})
afterAll(() => server.close())

const get = (path: string, init?: RequestInit) => fetch(`${server.origin}${path}`, init)

it('[S2] documents the API by a page of its own, under a policy that lets in no other origin', async () => {
	const response = await get('/swagger')
	expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
	const policy = response.headers.get('content-security-policy') ?? ''
	expect(policy).toContain("default-src 'none'")
	expect(policy).not.toMatch(/unsafe|\*|https?:/)
	const html = await response.text()
	const linked = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path as string)
	for (const path of linked) expect(path).toMatch(/^(\/(swagger|api)\/|data:,$)/)
	for (const path of linked.filter((one) => one.startsWith('/'))) expect((await get(path)).status, path).toBe(200)
	expect(html).not.toMatch(/<script>|<style|style=|\son\w+=/)
})

it('[S2] is accepted by a validator that others wrote, and refused by it once it is spoiled', async () => {
	const document = (await (await get('/api/v1/openapi.json')).json()) as { info: { title?: string }; openapi: string }
	expect(document.openapi).toMatch(/^3\.1/)
	const { valid, errors } = await new Validator().validate(structuredClone(document))
	expect(errors ?? []).toEqual([])
	expect(valid).toBe(true)
	delete document.info.title
	expect((await new Validator().validate(document)).valid).toBe(false)
})

it('[S2] groups its calls, says how one asks, and gives the document once to who keeps it', async () => {
	const response = await get('/api/v1/openapi.json')
	const { info, paths } = (await response.json()) as {
		info: { description: string }
		paths: Record<string, Record<string, { tags: string[] }>>
	}
	expect(info.description).toContain('Problem Details')
	expect(paths['/rooms']?.['get']?.tags).toEqual(['rooms'])
	expect(paths['/events']?.['get']?.tags).toEqual(['events'])
	const takesKey = (path: string) => JSON.stringify(paths[path]?.['post']).includes('"Idempotency-Key"')
	expect(['/invites', '/bots', '/conversations', '/conversations/{conversation}/log'].map(takesKey)).not.toContain(
		false,
	)
	expect(takesKey('/auth/sessions')).toBe(false)
	const tag = response.headers.get('etag') ?? ''
	expect(tag).toMatch(/^"[\w-]{22}"$/)
	const again = await get('/api/v1/openapi.json', { headers: { 'if-none-match': tag } })
	expect([again.status, await again.text()]).toEqual([304, ''])
	expect((await get('/api/v1/openapi.json', { headers: { 'if-none-match': '"another"' } })).status).toBe(200)
})

it('serves the bundle as it lies in the package, compressed where that is understood', async () => {
	const file = await readFile(join(projectRoot, 'node_modules/swagger-ui-dist/swagger-ui-bundle.js'))
	const path = '/swagger/swagger-ui-bundle.js'
	const plain = await rawRequest(server, path, { 'accept-encoding': 'identity' })
	expect(plain.body.equals(file)).toBe(true)
	const packed = await rawRequest(server, path, { 'accept-encoding': 'br, gzip' })
	expect(packed.headers['content-encoding']).toBe('gzip')
	expect(packed.body.length).toBeLessThan(file.length / 2)
	expect(gunzipSync(packed.body).equals(file)).toBe(true)
})

it('has nothing else there, and takes nothing', async () => {
	for (const path of [
		'/swagger/',
		'/swagger/package.json',
		'/swagger/%2e%2e/package.json',
		'/swagger/swagger-ui.js.map',
	])
		expect((await get(path)).status, path).toBe(404)
	expect((await get('/swagger', { method: 'POST', body: 'x' })).status).toBe(404)
})

it('installs no program that reports who installed it', async () => {
	const lock = JSON.parse(await readFile(join(projectRoot, 'package-lock.json'), 'utf8')) as {
		packages: Record<string, { name?: string }>
	}
	const reporters = Object.entries(lock.packages).filter(([path]) => path.endsWith('@scarf/scarf'))
	expect(reporters.map(([, { name }]) => name)).toEqual(['empty-npm-package'])
})
