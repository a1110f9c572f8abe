/** Is a backup whole? Every file by its hash, the database page by page, and the secrets, when the passphrase is there. */
import { checkSqlite, readBlobRecords } from '#server/data/sqlite/backup.ts'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestFile, type FileDigest } from './files.ts'
import {
	databaseName,
	decodeManifest,
	manifestDigest,
	manifestName,
	pathOfBlob,
	sealedSecretsName,
	type Manifest,
} from './manifest.ts'
import { instanceOf, openSecrets } from './sealed-secrets.ts'

export interface VerifyOptions {
	readonly backup: string
	/** Null: the secrets stay closed, and only their hash is looked at. */
	readonly passphrase: string | null
	readonly progress: (text: string) => void
}

export interface Verified {
	/** Null where it cannot be read. */
	readonly manifest: Manifest | null
	/** A sentence for each thing that is wrong. */
	readonly problems: readonly string[]
	/** What `secrets.json` held; null where it was left out or stays closed. */
	readonly secrets: Buffer | null
}

const manifestBytesMax = 512 * 1024 * 1024

export async function verifyBackup({ backup, passphrase, progress }: VerifyOptions): Promise<Verified> {
	const text = await readManifest(backup)
	if (text === null) return broken(`${backup} is no backup: it has no ${manifestName}.`)
	const decoded = decodeManifest(text)
	if (!decoded.ok) return broken(decoded.error)
	const manifest = decoded.value
	const problems = [...(await wrongFiles(backup, manifest, progress)), ...(await strangers(backup, manifest))]
	// What SQLite says of a file with another hash explains nothing.
	if (problems.length === 0) problems.push(...wrongDatabase(backup, manifest))
	const opened = await openSealed(backup, manifest, passphrase)
	if (typeof opened === 'string') problems.push(opened)
	return { manifest, problems, secrets: typeof opened === 'string' ? null : opened }
}

function broken(problem: string): Verified {
	return { manifest: null, problems: [problem], secrets: null }
}

async function readManifest(backup: string): Promise<string | null> {
	const path = join(backup, manifestName)
	const digest = await digestFile(path)
	return digest === null || digest.bytes > manifestBytesMax ? null : readFile(path, 'utf8')
}

/** Null: as the manifest says. */
export function difference(path: string, is: FileDigest | null, must: FileDigest): string | null {
	if (is === null) return `${path} is missing.`
	if (is.bytes < must.bytes) return `${path} is cut short: ${is.bytes} of ${must.bytes} bytes.`
	if (is.bytes > must.bytes) return `${path} is longer than it was: ${is.bytes} in place of ${must.bytes} bytes.`
	return is.sha256 === must.sha256 ? null : `${path} is not what was backed up: its SHA-256 is another.`
}

async function wrongFiles(backup: string, manifest: Manifest, progress: (text: string) => void): Promise<string[]> {
	const problems: string[] = []
	const listed = manifest.secrets === null ? manifest.files : [...manifest.files, manifest.secrets]
	for (const [i, file] of listed.entries()) {
		progress(`Files: ${i} of ${listed.length}`)
		const problem = difference(file.path, await digestFile(join(backup, file.path)), file)
		if (problem !== null) problems.push(problem)
	}
	return problems
}

/** What nobody wrote into the manifest does not belong to the backup. */
async function strangers(backup: string, { files, secrets }: Manifest): Promise<string[]> {
	const known = new Set([manifestName, ...files.map(({ path }) => path), ...(secrets === null ? [] : [secrets.path])])
	const found = await readdir(backup, { recursive: true, withFileTypes: true })
	return found
		.filter((entry) => !entry.isDirectory())
		.map((entry) => join(entry.parentPath, entry.name).slice(join(backup, '/').length).replaceAll('\\', '/'))
		.filter((path) => !known.has(path))
		.map((path) => `${path} is not in the manifest.`)
}

function wrongDatabase(backup: string, { files, database }: Manifest): string[] {
	const path = join(backup, databaseName)
	const checked = checkSqlite(path)
	if (checked.type === 'damaged') return checked.findings.map((finding) => `${databaseName}: ${finding}.`)
	const { isNewer, done } = checked.migrations
	if (isNewer) return [`${databaseName} is of a newer Kith than this one: restore it with that version.`]
	if (done !== database.migrations) return [`${databaseName} is of another version than ${manifestName} says.`]
	const lengths = new Map(files.map((file) => [file.path, file.bytes]))
	return readBlobRecords(path)
		.filter(({ blob, received }) => (lengths.get(pathOfBlob(blob)) ?? 0) < received)
		.map(({ blob }) => `${pathOfBlob(blob)} is missing or too short for what the database says of it.`)
}

/** A sentence, or what is in them. */
async function openSealed(
	backup: string,
	manifest: Manifest,
	passphrase: string | null,
): Promise<Buffer | string | null> {
	if (manifest.secrets === null || passphrase === null) return null
	const text = await readFile(join(backup, sealedSecretsName), 'utf8').catch(() => null)
	// That it is missing has been said.
	if (text === null) return null
	const secrets = await openSecrets(text, passphrase, manifestDigest(manifest))
	if (secrets === null)
		return `${sealedSecretsName} does not open: the passphrase is another, or ${manifestName} was changed since.`
	return instanceOf(secrets) === manifest.instance
		? secrets
		: `${sealedSecretsName} holds the secrets of another instance.`
}
