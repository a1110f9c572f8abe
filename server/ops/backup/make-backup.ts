/**
 * A backup: one folder with a consistent copy of the database, the files of people and a manifest, made while the server runs. Under
 * another name until it is whole. First the database, then the files that it speaks of: what was deleted in between is left out.
 */
import {
	copySqlite,
	checkSqlite,
	dropBlobRecords,
	readBlobRecords,
	sqliteBytes,
	type BlobRecord,
} from '#server/data/sqlite/backup.ts'
import { BlobFilesUnavailable, type BlobFiles } from '#server/domain/blob-ports.ts'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { copyBytes, copyFile, digestFile, freeBytes, writeDurably, type FileDigest } from './files.ts'
import {
	databaseName,
	encodeManifest,
	manifestDigest,
	manifestName,
	pathOfBlob,
	sealedSecretsName,
	type Manifest,
	type StoredFile,
} from './manifest.ts'
import { instanceOf, passphraseLimits, sealSecrets } from './sealed-secrets.ts'

export interface BackupOptions {
	readonly data: string
	/** Must not exist. */
	readonly to: string
	/** Null: the secrets are left out. */
	readonly passphrase: string | null
	/** Version of Kith. */
	readonly version: string
	readonly now: number
	readonly progress: (text: string) => void
	/** Where files lie that are not in the data folder; null: all are in it. */
	readonly store: BlobFiles | null
}

/** Throws one sentence; then nothing is left where it was to be. */
export async function makeBackup(options: BackupOptions): Promise<Manifest> {
	const { data, passphrase } = options
	const to = resolve(options.to)
	if (existsSync(to)) throw new Error(`${to} exists: a backup is made where there is nothing yet.`)
	if (passphrase !== null && passphrase.length < passphraseLimits.lengthMin)
		throw new Error(
			`The passphrase is too short: whoever finds the backup can try them all, so it needs ${passphraseLimits.lengthMin} characters or more.`,
		)
	await mkdir(dirname(to), { recursive: true })
	await mustHaveRoom(data, dirname(to))
	const partial = `${to}.partial-${randomBytes(4).toString('hex')}`
	await mkdir(partial, { mode: 0o700 })
	try {
		const manifest = await fill(partial, options)
		await rename(partial, to)
		return manifest
	} catch (error) {
		await rm(partial, { recursive: true, force: true })
		throw error
	}
}

async function mustHaveRoom(data: string, folder: string): Promise<void> {
	const path = join(data, databaseName)
	const blobs = readBlobRecords(path).reduce((sum, { received }) => sum + received, 0)
	const needed = sqliteBytes(path) + blobs
	const free = await freeBytes(folder)
	if (free < needed) throw new Error(`${folder} has ${free} bytes left and the backup needs about ${needed}.`)
}

async function fill(folder: string, options: BackupOptions): Promise<Manifest> {
	const { data, passphrase, version, now, progress } = options
	const copy = join(folder, databaseName)
	await copySqlite(join(data, databaseName), copy, ({ done, total }) => {
		progress(`Database: ${Math.floor((100 * done) / total)} %`)
	})
	await chmod(copy, 0o600)
	const blobs = await copyBlobs(folder, options, readBlobRecords(copy))
	const checked = checkSqlite(copy)
	if (checked.type === 'damaged')
		throw new Error(`The database is damaged, so no backup was made of it: ${checked.findings.join('; ')}.`)
	const database = await digestFile(copy)
	if (database === null) throw new Error(`${copy} cannot be read.`)
	const secrets = await readSecrets(data)
	const manifest: Manifest = {
		...{ format: 'kith-backup', version: 1, madeAt: new Date(now).toISOString(), kith: version },
		database: { kind: 'sqlite', migrations: checked.migrations.done },
		instance: instanceOf(secrets) ?? '',
		files: [{ path: databaseName, ...database }, ...blobs],
		secrets: null,
	}
	const sealed = passphrase === null ? null : await seal(folder, { secrets, passphrase, manifest })
	const whole = { ...manifest, secrets: sealed }
	await writeDurably(join(folder, manifestName), encodeManifest(whole))
	return whole
}

/** Those that are gone were deleted meanwhile, or the live database would still speak of them. */
async function copyBlobs(
	folder: string,
	{ data, progress, store }: BackupOptions,
	records: readonly BlobRecord[],
): Promise<StoredFile[]> {
	const files: StoredFile[] = []
	const gone: string[] = []
	for (const [i, record] of records.entries()) {
		progress(`Files: ${i} of ${records.length}`)
		const path = pathOfBlob(record.blob)
		const source = join(data, path)
		// Nothing of it has come yet.
		if (record.received === 0 && !existsSync(source)) continue
		const copied = await (store === null
			? copyFromFolder(source, join(folder, path), record)
			: copyFromStore(store, join(folder, path), record))
		if (copied === null) gone.push(record.blob)
		else files.push({ path, ...copied })
	}
	if (gone.length === 0) return files
	const still = new Set(readBlobRecords(join(data, databaseName)).map(({ blob }) => blob))
	const lost = gone.filter((blob) => still.has(blob))
	const where = store === null ? join(data, 'blobs') : 'the store that KITH_BLOBS names'
	if (lost.length > 0) throw new Error(`${lost.length} files are missing in ${where}: kith doctor.`)
	dropBlobRecords(join(folder, databaseName), gone)
	return files
}

async function copyFromFolder(source: string, to: string, { received }: BlobRecord): Promise<FileDigest | null> {
	const copied = existsSync(source) ? await copyFile(source, to) : null
	if (copied !== null && copied.bytes < received)
		throw new Error(`${source} is shorter than the database says: kith doctor.`)
	return copied
}

async function copyFromStore(store: BlobFiles, to: string, { blob, received }: BlobRecord): Promise<FileDigest | null> {
	const id = Uint8Array.from(Buffer.from(blob, 'hex'))
	try {
		return await copyBytes(received, to, (start, end) => store.read(id, start, end))
	} catch (error) {
		await rm(to, { force: true })
		if (error instanceof BlobFilesUnavailable)
			throw new Error(`The store that KITH_BLOBS names does not answer (${error.code}), so no backup was made.`, {
				cause: error,
			})
		return null
	}
}

/** As they stand in the file; none are drawn in place of lost ones. */
async function readSecrets(data: string): Promise<Buffer> {
	const path = join(data, 'secrets.json')
	const secrets = await readFile(path).catch(() => null)
	if (secrets === null || instanceOf(secrets) === null)
		throw new Error(`${path} is missing or damaged, so no backup was made: kith doctor.`)
	return secrets
}

async function seal(
	folder: string,
	{ secrets, passphrase, manifest }: { secrets: Buffer; passphrase: string; manifest: Manifest },
): Promise<Manifest['secrets']> {
	const path = join(folder, sealedSecretsName)
	await writeDurably(path, await sealSecrets(secrets, passphrase, manifestDigest(manifest)))
	const digest = await digestFile(path)
	return digest === null ? null : { path: sealedSecretsName, ...digest }
}
