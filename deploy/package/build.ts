/**
 * Makes the package in dist/ (`npm run package`, then `npm pack ./dist`): the headless client and the command line. Each source is
 * JavaScript with types at the same place, so that paths between files hold; Node strips no types inside node_modules. Its
 * package.json resolves the rooms' names, and asks for what these files import and nothing else: not the web app's tools.
 */
import { spawnSync } from 'node:child_process'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const dist = join(root, 'dist')
const client = 'src/lib/platform/node/entry'
const commandLine = 'server/ops/cli/main'

interface Manifest {
	readonly version: string
	readonly imports: Readonly<Record<string, string>>
	readonly dependencies: Readonly<Record<string, string>>
	readonly [field: string]: unknown
}

const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest
/** `#core/api.ts` is `./src/lib/core/api.js`, and its types beside it. */
const rooms = Object.entries(manifest.imports)
	.filter(([room]) => room !== '#tests/*')
	.map(([room, folder]) => [`${room}.ts`, `${folder}.js`] as const)

await rm(dist, { recursive: true, force: true })
const compiler = join(root, 'node_modules/typescript/bin/tsc')
const compiled = spawnSync(process.execPath, [compiler, '-p', 'deploy/package/tsconfig.json'], {
	cwd: root,
	stdio: 'inherit',
})
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

const dependencies = await packagesOf([client, commandLine].map((entry) => join(dist, `${entry}.js`)))
const { name, version, description, license, type, engines, bin } = manifest
const packed = {
	...{ name, version, description, license, type, engines, bin },
	exports: {
		'.': { types: `./${client}.d.ts`, default: `./${client}.js` },
		'./package.json': './package.json',
	},
	imports: Object.fromEntries(rooms),
	dependencies: Object.fromEntries(dependencies.map((one) => [one, manifest.dependencies[one]])),
}
await writeFile(join(dist, 'package.json'), `${JSON.stringify(packed, null, '\t')}\n`)
await cp(join(import.meta.dirname, 'examples'), join(dist, 'examples'), { recursive: true })
for (const path of ['drizzle', 'LICENSE', 'CHANGELOG.md', 'server/kith.js', 'server/ops/known-modules.js'])
	await cp(join(root, path), join(dist, path), { recursive: true })
await cp(join(root, 'docs/bots.md'), join(dist, 'README.md'))

/** What these files import of others' packages, and all that they import of ours. */
async function packagesOf(entries: readonly string[]): Promise<string[]> {
	const seen = new Set<string>()
	const found = new Set<string>()
	const waiting = [...entries]
	for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
		if (seen.has(path)) continue
		seen.add(path)
		const text = await readFile(path, 'utf8')
		for (const [, said = ''] of text.matchAll(/(?:\bfrom |\bimport |\bimport\()['"]([^'"\s]+)['"]/g)) {
			const own = ownFile(path, said)
			if (own !== null) waiting.push(own)
			else if (!said.startsWith('node:')) found.add(packageOf(said))
		}
	}
	const missing = [...found].filter((one) => manifest.dependencies[one] === undefined)
	if (missing.length > 0) throw new Error(`${missing.join(', ')} stand in no dependencies of package.json.`)
	return [...found].toSorted()
}

function ownFile(from: string, said: string): string | null {
	if (said.startsWith('.')) return resolve(from, '..', said)
	const room = rooms.find(([pattern]) => said.startsWith(pattern.slice(0, pattern.indexOf('*'))))
	if (room === undefined) return null
	const [pattern, folder] = room
	const inside = said.slice(pattern.indexOf('*')).replace(/\.ts$/, '')
	return join(dist, relative('.', folder.replace('*', inside)))
}

function packageOf(said: string): string {
	return said
		.split('/')
		.slice(0, said.startsWith('@') ? 2 : 1)
		.join('/')
}
