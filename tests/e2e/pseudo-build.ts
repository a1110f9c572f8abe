/**
 * The app with the pseudo-locales in it: a copy of the project with two more catalogues, so that no build that people get ever
 * holds them. It stays in test-results/, where the server builds it anew only when a source has changed.
 */
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pseudoCatalogue, pseudoLocales } from '../support/pseudo-locale.ts'

const root = resolve(import.meta.dirname, '../..')
const parts = [
	...['package.json', 'package-lock.json', 'svelte.config.js', 'vite.config.ts'],
	...['tsconfig.base.json', 'tsconfig.json', 'server', 'src', 'static', 'drizzle'],
]
const messages = 'src/lib/ui/messages'
const settingsPath = `${messages}/kith.inlang/settings.json`

/** Returns the folder of the copy: a root for `startServerProcess`. */
export async function preparePseudoBuild(): Promise<string> {
	const copy = join(root, 'test-results/pseudo')
	await mkdir(copy, { recursive: true })
	for (const part of parts) {
		await rm(join(copy, part), { recursive: true, force: true })
		await mkdir(dirname(join(copy, part)), { recursive: true })
		await cp(join(root, part), join(copy, part), { recursive: true })
	}
	await withoutPackedCopies(join(copy, 'svelte.config.js'))
	await symlink(join(root, 'node_modules'), join(copy, 'node_modules')).catch(() => undefined)
	const english = JSON.parse(await readFile(join(root, messages, 'en.json'), 'utf8')) as Record<string, unknown>
	for (const locale of pseudoLocales) {
		await writeFile(join(copy, messages, `${locale}.json`), JSON.stringify(pseudoCatalogue(english)))
	}
	const settings = JSON.parse(await readFile(join(root, settingsPath), 'utf8')) as { locales: string[] }
	await writeFile(
		join(copy, settingsPath),
		JSON.stringify({ ...settings, locales: [...settings.locales, ...pseudoLocales] }),
	)
	return copy
}

/** No story of words asks for packed files. */
async function withoutPackedCopies(path: string): Promise<void> {
	const before = await readFile(path, 'utf8')
	const after = before.replace('precompress: true', 'precompress: false')
	if (after === before) throw new Error(`${path} says nothing of packing`)
	await writeFile(path, after)
}
