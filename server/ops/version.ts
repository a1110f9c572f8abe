/** Version of this Kith, from its package. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

export async function kithVersion(): Promise<string> {
	const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
	return version
}
