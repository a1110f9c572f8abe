/**
 * A restore: a verified backup into a folder that is empty or not there yet, under another name until it is whole. Every file is
 * hashed once more as it is copied. The database comes up under a new instance epoch (domain/restored.ts).
 */
import { openSqliteData } from '#server/data/sqlite/sqlite.ts'
import { beginAnew } from '#server/domain/restored.ts'
import { nodeRandom } from '#server/node-crypto.ts'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { copyFile, freeBytes, writeDurably } from './files.ts'
import { databaseName, type Manifest } from './manifest.ts'
import { instanceOf } from './sealed-secrets.ts'
import { difference, verifyBackup } from './verify-backup.ts'

export interface RestoreOptions {
	readonly backup: string
	readonly into: string
	readonly passphrase: string | null
	/** A secrets.json that was kept apart from the backup; null: the backup's own. */
	readonly secretsFile: string | null
	/** Everything but the writing. */
	readonly dryRun: boolean
	readonly now: number
	readonly progress: (text: string) => void
}

export type Restored =
	| { readonly type: 'restored' | 'would-restore'; readonly manifest: Manifest }
	| { readonly type: 'refused'; readonly problems: readonly string[] }

export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
	const into = resolve(options.into)
	const { manifest, problems, secrets } = await verifyBackup(options)
	if (manifest === null || problems.length > 0) return refused(...problems)
	const chosen = await secretsFor(options, manifest, secrets)
	if (typeof chosen === 'string') return refused(chosen)
	const target = await targetProblem(into, manifest)
	if (target !== null) return refused(target)
	if (options.dryRun) return { type: 'would-restore', manifest }
	return restore({ ...options, into }, manifest, chosen)
}

function refused(...problems: readonly string[]): Restored {
	return { type: 'refused', problems }
}

/** A sentence, or what secrets.json will hold. */
async function secretsFor(
	{ passphrase, secretsFile }: RestoreOptions,
	manifest: Manifest,
	sealed: Buffer | null,
): Promise<Buffer | string> {
	if (secretsFile !== null) {
		const kept = await readFile(secretsFile).catch(() => null)
		if (kept === null) return `${secretsFile} cannot be read.`
		return instanceOf(kept) === manifest.instance ? kept : `${secretsFile} does not hold the secrets of this instance.`
	}
	if (sealed !== null) return sealed
	if (manifest.secrets !== null && passphrase === null)
		return 'The secrets of this backup are sealed: give the passphrase with --passphrase-file.'
	return 'The secrets were left out of this backup, and without them nobody could sign in: give the secrets.json that you keep apart with --secrets-file.'
}

async function targetProblem(into: string, { files }: Manifest): Promise<string | null> {
	const found = await readdir(into).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : null))
	if (found === null) return `${into} is no folder.`
	if (found.length > 0) return `${into} is not empty: a restore overwrites nothing; name another folder with --data.`
	await mkdir(dirname(into), { recursive: true })
	const needed = files.reduce((sum, { bytes }) => sum + bytes, 0)
	const free = await freeBytes(dirname(into))
	return free < needed ? `${dirname(into)} has ${free} bytes left and the backup needs ${needed}.` : null
}

async function restore(options: RestoreOptions, manifest: Manifest, secrets: Buffer): Promise<Restored> {
	const { into } = options
	const partial = `${into}.partial-${randomBytes(4).toString('hex')}`
	await mkdir(partial, { mode: 0o700 })
	try {
		const problem = await copyAll(options, manifest, partial)
		if (problem !== null) return refused(problem)
		await writeDurably(join(partial, 'secrets.json'), secrets)
		await openAnew(join(partial, databaseName), options.now)
		// Only an empty folder goes: whoever wrote into it meanwhile keeps what he wrote.
		await rmdir(into).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== 'ENOENT') throw new Error(`${into} is not empty any more: nothing was restored.`)
		})
		await rename(partial, into)
		return { type: 'restored', manifest }
	} finally {
		await rm(partial, { recursive: true, force: true })
	}
}

async function copyAll({ backup, progress }: RestoreOptions, { files }: Manifest, to: string): Promise<string | null> {
	for (const [i, file] of files.entries()) {
		progress(`Files: ${i} of ${files.length}`)
		const problem = difference(file.path, await copyFile(join(backup, file.path), join(to, file.path)), file)
		if (problem !== null) return problem
	}
	return null
}

/** Migrates it besides, where the backup is of an older Kith. */
async function openAnew(path: string, now: number): Promise<void> {
	const data = openSqliteData(path)
	try {
		await beginAnew({ unitOfWork: data.unitOfWork, random: nodeRandom, clock: () => now })
	} finally {
		data.close()
	}
}
