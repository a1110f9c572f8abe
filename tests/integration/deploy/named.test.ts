/** What deploy/ names is there: for the files that no test can run. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFile(join(root, path), 'utf8')
const composeFiles = ['deploy/compose.yaml', 'deploy/compose.three.yaml']

/** What each match of the pattern names first. */
const named = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = '']) => name)

it('the image copies what is there, and leaves out nothing that it copies', async () => {
	const text = await read('deploy/Dockerfile')
	const fromTree = named(text, /^COPY (?!--from)(.+) \S+$/gm).flatMap((sources) => sources.split(' '))
	// What the first stage makes is in no tree.
	const made = ['node_modules', 'build']
	const fromBuild = named(text, /^COPY --from=build (.+) \S+$/gm)
		.flatMap((sources) => sources.split(' '))
		.map((path) => path.replace('/kith/', ''))
	const wanted = [...fromTree, ...fromBuild].filter((path) => !made.includes(path))
	expect(wanted.length).toBeGreaterThan(6)
	for (const path of wanted) expect(existsSync(join(root, path)), path).toBe(true)
	const ignored = (await read('deploy/Dockerfile.dockerignore')).split('\n').filter((line) => line !== '')
	for (const path of wanted) expect(ignored, path).not.toContain(path)
	const [, program = ''] = /^CMD \["node", "(.+)"\]$/m.exec(text) ?? []
	expect(existsSync(join(root, program)), program).toBe(true)
	const { scripts, engines } = JSON.parse(await read('package.json')) as Record<string, Record<string, string>>
	for (const script of named(text, /npm run ([\w:]+)/g)) expect(scripts).toHaveProperty(script)
	const [least = 0] = named(engines?.['node'] ?? '', /(\d+)/g).map(Number)
	for (const version of named(text, /^FROM node:(\d+)/gm)) expect(Number(version)).toBeGreaterThanOrEqual(least)
})

it.each(composeFiles)('%s builds from, mounts and sets what there is', async (file) => {
	const text = await read(file)
	const dockerfiles = named(text, /dockerfile: ([^ }]+)/g)
	const mounts = named(text, /^\s+- (\.\/[^:]+):/gm)
	expect([dockerfiles.length, mounts.length]).toEqual([1, 1])
	for (const path of dockerfiles) expect(existsSync(join(root, path)), path).toBe(true)
	for (const path of mounts) expect(existsSync(join(root, 'deploy', path)), path).toBe(true)
	// Volumes that services use are declared, and the other way round.
	const declared = named(text.slice(text.indexOf('\nvolumes:')), /^ {2}(\w+):$/gm)
	const used = named(text, /(?:^\s+- |\[')(\w+):\//gm)
	expect([...new Set(used)].toSorted()).toEqual(declared.toSorted())
	// Each variable that it sets for Kith or for Caddy is one that is read there.
	const known = `${await read('server/config.ts')}${await read('server/config-addresses.ts')}${await read('deploy/Caddyfile')}`
	const variables = named(text, /^\s+((?:KITH|DATABASE|REDIS)_\w+):/gm)
	expect(variables.length).toBeGreaterThan(3)
	for (const name of variables) expect(known, name).toContain(name)
})

it('proxies ask for the port and the path of readiness that Kith has', async () => {
	const [, port = ''] = /PORT=(\d+)/.exec(await read('deploy/Dockerfile')) ?? []
	for (const file of ['deploy/Caddyfile', 'deploy/traefik.yaml', 'deploy/nginx.conf']) {
		const text = await read(file)
		const ports = named(text, /127\.0\.0\.1:(\d+)/g)
		expect(new Set(ports), file).toEqual(new Set([port]))
	}
	for (const file of ['deploy/Caddyfile', 'deploy/traefik.yaml']) expect(await read(file), file).toContain('/readyz')
	expect(await read('deploy/compose.yaml')).toContain(`kith:${port}`)
})
