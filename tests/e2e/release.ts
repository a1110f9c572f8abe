/**
 * The project as a release ships it, without sources of the web app: `build/` is taken as it is. And the release after it,
 * which differs as any other build does, by content and by the list of its service worker.
 */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ensureBuild } from '../../server/ops/ensure-build.ts'

const project = resolve(import.meta.dirname, '../..')
const shipped = ['build', 'server', 'drizzle', 'src/lib/protocol', 'package.json']

export interface Release {
	readonly root: string
	/** Replaces it by its successor, whose pages carry `data-release="next"`. The server must be started anew. */
	readonly upgrade: () => Promise<void>
	readonly remove: () => Promise<void>
}

export async function makeRelease(): Promise<Release> {
	await ensureBuild()
	const root = await mkdtemp(join(tmpdir(), 'kith-release-'))
	for (const path of shipped) await cp(join(project, path), join(root, path), { recursive: true })
	await symlink(join(project, 'node_modules'), join(root, 'node_modules'))
	return {
		root,
		upgrade: async () => {
			await edit(root, 'first-paint.js', (text) => `${text}\ndocument.documentElement.dataset.release = 'next'\n`)
			// Both files without a hash in their names: a new revision is how a build says that they changed.
			await edit(root, 'service-worker.js', (text) =>
				text.replace(/"revision":"[^"]+","url":"\/(first-paint\.js)?"/g, (entry) => entry.replace(/:"/, ':"next-')),
			)
		},
		remove: () => rm(root, { recursive: true, force: true }),
	}
}

/** The packed copies beside it would be served in its place. */
async function edit(root: string, name: string, change: (text: string) => string): Promise<void> {
	const path = join(root, 'build/client', name)
	const before = await readFile(path, 'utf8')
	const after = change(before)
	if (after === before) throw new Error(`${name} holds nothing of what is to be changed`)
	await writeFile(path, after)
	for (const packing of ['.gz', '.br']) await rm(path + packing, { force: true })
}
