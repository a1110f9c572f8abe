/**
 * Builds the web app when `build/` is missing or was made from other sources. They are compared by content: times of change
 * say nothing after a clone, a copy or a step back in history. Where the sources are not shipped, `build/` is taken as it is.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const handler = join(root, 'build/handler.js')

/** Holds the fingerprint of the sources; written after the build, so that one cut short is not taken for one. */
const stamp = join(root, 'build/sources.sha256')

const sources = ['package-lock.json', 'src', 'static', 'svelte.config.js', 'vite.config.ts']

/** Written by the build itself. */
const generated = new Set(['src/lib/ui/messages/generated', 'src/lib/ui/messages/kith.inlang'])

/** Rejects with one sentence when the build fails; its output has gone to stderr by then. */
export async function ensureBuild(): Promise<void> {
	if (existsSync(handler) && !existsSync(join(root, 'src/routes'))) return
	const wanted = await sourcesFingerprint()
	const built = await readFile(stamp, 'utf8').catch(() => '')
	if (existsSync(handler) && built === wanted) return
	process.stderr.write('Building the web app (once after each update) …\n')
	await build()
	await writeFile(stamp, wanted)
}

/** SHA-256 in hex over path and content of every source file. */
export async function sourcesFingerprint(): Promise<string> {
	const paths = (await Promise.all(sources.map(filesUnder))).flat().sort()
	const hash = createHash('sha256')
	for (const path of paths)
		hash
			.update(`${path}\0`)
			.update(await readFile(join(root, path)))
			.update('\0')
	return hash.digest('hex')
}

/** A path that is no folder is a file; one that is neither is skipped: not every project part exists everywhere. */
async function filesUnder(path: string): Promise<string[]> {
	if (generated.has(path) || !existsSync(join(root, path))) return []
	const entries = await readdir(join(root, path)).catch(() => null)
	if (entries === null) return [path]
	return (await Promise.all(entries.map((name) => filesUnder(`${path}/${name}`)))).flat()
}

function build(): Promise<void> {
	const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js')
	const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: root })
	// What the tools have to say interests nobody while all goes well.
	const output: Buffer[] = []
	child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
	child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
	return new Promise((done, failed) => {
		child.once('error', failed)
		child.once('close', (code) => {
			if (code === 0) return done()
			process.stderr.write(Buffer.concat(output))
			failed(new Error('The web app could not be built; the lines above say why.'))
		})
	})
}
