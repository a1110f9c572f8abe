import { expect, test } from '@playwright/test'
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePort, mayTry, proxyKinds, startReverseProxy } from '../support/reverse-proxy.ts'
import { startServerProcess } from '../support/server-process.ts'
import { signUp } from './app.ts'
import { newTab, openProfile } from './profile.ts'
import { words } from './wording.ts'

/** What the image holds, as deploy/Dockerfile lists it, in a folder: nothing else of the project is there. */
async function imageFolder(): Promise<string> {
	const root = resolve(import.meta.dirname, '../..')
	const folder = await mkdtemp(join(tmpdir(), 'kith-image-'))
	const dockerfile = await readFile(join(root, 'deploy/Dockerfile'), 'utf8')
	for (const [, sources = '', to = ''] of dockerfile.matchAll(/^COPY --from=build (.+) (\S+)$/gm))
		for (const path of sources.split(' ').map((one) => one.replace('/kith/', ''))) {
			const target = join(folder, to === './' ? path : to)
			if (path === 'node_modules') await symlink(join(root, path), target)
			else await cp(join(root, path), target, { recursive: true })
		}
	return folder
}

for (const kind of proxyKinds) {
	test(`[S1] behind ${kind} the app opens over HTTPS, with the files of the image alone`, async () => {
		test.skip(!mayTry(kind), `${kind} is not installed`)
		const data = await mkdtemp(join(tmpdir(), 'kith-behind-'))
		const root = await imageFolder()
		const [port, upstream] = [await freePort(), await freePort()]
		const env = { KITH_ORIGIN: `https://localhost:${port}`, KITH_PROXY_HOPS: '1', HOST: '127.0.0.1' }
		const server = await startServerProcess({ data, root, port: upstream, env })
		const proxy = await startReverseProxy(kind, { port, upstreams: [upstream] })
		const profile = await openProfile({ port, context: { ignoreHTTPSErrors: true } })
		try {
			const page = await newTab(profile)
			await page.goto(await server.setupLink())
			await signUp(page, { name: 'alice', displayName: 'Alice', password: 'ferry to the island at noon' })
			await expect(page.getByRole('heading', { name: words('welcome_title') })).toBeVisible()
			await page.reload()
			await expect(page.getByRole('heading', { name: words('chats_title') }).first()).toBeVisible()
			expect(profile.strays).toEqual([])
		} finally {
			await profile.close()
			await proxy.stop()
			await server.stop()
			for (const folder of [data, root]) await rm(folder, { recursive: true, force: true })
		}
	})
}
