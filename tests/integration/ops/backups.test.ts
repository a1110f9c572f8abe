/** Backups in the hands of an attacker, or of a disk that failed: each is refused, and what is wrong is named. */
import Database from 'better-sqlite3'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest'
import { makeBackup } from '#server/ops/backup/make-backup.ts'
import { databaseName, encodeManifest, manifestName, sealedSecretsName } from '#server/ops/backup/manifest.ts'
import { restoreBackup } from '#server/ops/backup/restore-backup.ts'
import { passphraseLimits } from '#server/ops/backup/sealed-secrets.ts'
import { verifyBackup } from '#server/ops/backup/verify-backup.ts'
import { RECV_SEQ_RESTORE_STEP } from '#protocol/limits.ts'
import { readConfig } from '#server/config.ts'
import { openBlobBucket } from '#server/data/s3/blob-bucket.ts'
import { lookAtStore } from '#server/ops/doctor/look-at-store.ts'
import { startS3, type S3Store } from '../../support/s3.ts'
import { recordingLog, startTestServer } from '../../support/server.ts'

const passphrase = 'long enough to guess in vain'
const progress = () => {}
const now = Date.UTC(2026, 10, 22)

/** Of an instance with one file of 5 bytes. */
const blob = 'ab'.repeat(16)
const blobPath = `blobs/ab/${blob}.blob`

let made: string
let folder: string
let backup: string
let data: string

beforeAll(async () => {
	made = await mkdtemp(join(tmpdir(), 'kith-made-'))
	const server = await startTestServer({ data: join(made, 'data') })
	await server.stop()
	await mkdir(join(made, 'data/blobs/ab'))
	await writeFile(join(made, 'data', blobPath), 'hello')
	const file = new Database(join(made, 'data', databaseName))
	file.pragma('foreign_keys = OFF')
	file.exec(`INSERT INTO accounts (account, name, role, created_at) VALUES (x'01', 'alice', 'admin', 1);
		INSERT INTO conversations (conversation, kind, created_at) VALUES (x'02', 'dm', 1);
		INSERT INTO conversation_counters (conversation, recv, current, last_at) VALUES (x'02', 7, 0, 1);
		INSERT INTO sealed_entries (account, name, version, entry) VALUES (x'01', x'03', 5, x'04');
		INSERT INTO blobs (blob, conversation, account, device, length, received, used_at) VALUES (x'${blob}', x'02', x'01', x'05', 5, 5, 1)`)
	file.close()
	await backUp(join(made, 'backup'))
	await backUp(join(made, 'other'))
})
afterAll(() => rm(made, { recursive: true, force: true }))

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kith-backup-'))
	backup = join(folder, 'backup')
	data = join(folder, 'data')
	await cp(join(made, 'backup'), backup, { recursive: true })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function backUp(to: string, withPassphrase: string | null = passphrase) {
	return makeBackup({
		data: join(made, 'data'),
		to,
		passphrase: withPassphrase,
		version: '0',
		now,
		progress,
		store: null,
	})
}

interface Given {
	readonly passphrase?: string | null
	readonly secretsFile?: string
	readonly dryRun?: boolean
}

const restore = ({ passphrase: given = passphrase, secretsFile, dryRun = false }: Given = {}) =>
	restoreBackup({
		...{ backup, into: data, passphrase: given, secretsFile: secretsFile ?? null, dryRun, now, progress },
	})

/** What is wrong, in the words of both; and nothing was written. */
async function refusal(given: Given = {}): Promise<string> {
	const restored = await restore(given)
	if (restored.type !== 'refused') throw new Error('was restored')
	const left = (await readdir(folder)).filter((name) => name.startsWith('data'))
	expect(left.filter((name) => name !== 'data')).toEqual([])
	return restored.problems.join('\n')
}

async function changeManifest(change: (manifest: { files: { path: string }[] } & Record<string, unknown>) => void) {
	const path = join(backup, manifestName)
	const manifest = JSON.parse(await readFile(path, 'utf8'))
	change(manifest)
	await writeFile(path, encodeManifest(manifest))
}

describe('a backup', () => {
	it('is whole, opens with its passphrase, and is restored with a new epoch and new numbers', async () => {
		const verified = await verifyBackup({ backup, passphrase, progress })
		expect(verified.problems).toEqual([])
		expect(verified.secrets).toEqual(await readFile(join(made, 'data/secrets.json')))
		expect(await restore({ dryRun: true })).toMatchObject({ type: 'would-restore' })
		expect((await readdir(folder)).toSorted()).toEqual(['backup'])
		expect(await restore()).toMatchObject({ type: 'restored' })
		expect(await readFile(join(data, blobPath), 'utf8')).toBe('hello')
		const [before, after] = [join(made, 'data'), data].map((at) => new Database(join(at, databaseName)))
		const epoch = "SELECT hex(value) AS epoch FROM instance_facts WHERE fact = 'epoch'"
		expect(after?.prepare(epoch).get()).not.toEqual(before?.prepare(epoch).get())
		expect(after?.prepare('SELECT recv FROM conversation_counters').get()).toEqual({ recv: RECV_SEQ_RESTORE_STEP })
		expect(after?.prepare('SELECT version FROM sealed_entries').get()).toEqual({ version: RECV_SEQ_RESTORE_STEP + 5 })
		before?.close()
		after?.close()
	})

	it('holds no secret in clear, and none at all without a passphrase', async () => {
		const { serverKey, hmacKey } = JSON.parse(await readFile(join(made, 'data/secrets.json'), 'utf8'))
		await backUp(join(folder, 'bare'), null)
		for (const at of [backup, join(folder, 'bare')]) {
			for (const name of (await readdir(at)).filter((entry) => entry !== 'blobs')) {
				const content = await readFile(join(at, name), 'latin1')
				for (const secret of [serverKey, hmacKey]) expect(content).not.toContain(secret)
			}
		}
		expect(await readdir(join(folder, 'bare'))).not.toContain(sealedSecretsName)
		backup = join(folder, 'bare')
		expect(await refusal()).toContain('The secrets were left out of this backup')
		expect(await refusal({ secretsFile: join(backup, manifestName) })).toContain('does not hold the secrets')
		expect(await restore({ secretsFile: join(made, 'data/secrets.json') })).toMatchObject({ type: 'restored' })
	})

	it('overwrites nothing, and takes no passphrase that is quickly guessed', async () => {
		await expect(backUp(backup)).rejects.toThrow('exists')
		await expect(backUp(join(folder, 'new'), 'x'.repeat(passphraseLimits.lengthMin - 1))).rejects.toThrow('too short')
		expect((await readdir(folder)).toSorted()).toEqual(['backup'])
		await mkdir(data)
		await writeFile(join(data, 'mine'), 'kept')
		expect(await refusal()).toContain('is not empty')
		expect(await readFile(join(data, 'mine'), 'utf8')).toBe('kept')
	})

	it('is not made where files that the database speaks of, or the secrets, are gone', async () => {
		const path = join(made, 'data', blobPath)
		await rm(path)
		await expect(backUp(join(folder, 'new'))).rejects.toThrow('1 files are missing')
		await writeFile(path, 'hel')
		await expect(backUp(join(folder, 'new'))).rejects.toThrow('shorter than the database says')
		await writeFile(path, 'hello')
		const secrets = join(made, 'data/secrets.json')
		const kept = await readFile(secrets)
		await rm(secrets)
		await expect(backUp(join(folder, 'new'))).rejects.toThrow('missing or damaged')
		await writeFile(secrets, kept)
		expect((await readdir(folder)).toSorted()).toEqual(['backup'])
	})
})

describe('a backup that is refused', () => {
	it('has a file that is cut short, longer, changed, missing or too many', async () => {
		await truncate(join(backup, blobPath), 3)
		expect(await refusal()).toContain(`${blobPath} is cut short: 3 of 5 bytes.`)
		await writeFile(join(backup, blobPath), 'hello!')
		expect(await refusal()).toContain(`${blobPath} is longer than it was`)
		await writeFile(join(backup, blobPath), 'hallo')
		expect(await refusal()).toContain(`${blobPath} is not what was backed up`)
		await rm(join(backup, blobPath))
		expect(await refusal()).toContain(`${blobPath} is missing.`)
		await writeFile(join(backup, blobPath), 'hello')
		await writeFile(join(backup, 'blobs/ab/stranger'), '')
		expect(await refusal()).toContain('blobs/ab/stranger is not in the manifest.')
	})

	it('has the database of another backup, or one with a flipped bit', async () => {
		const path = join(backup, databaseName)
		const bytes = await readFile(path)
		await cp(join(made, 'data', databaseName), path)
		const other = new Database(path)
		other.exec("INSERT INTO accounts (account, name, role, created_at) VALUES (x'09', 'mallory', 'admin', 1)")
		other.close()
		expect(await refusal()).toContain(databaseName)
		bytes[bytes.length - 100] = (bytes[bytes.length - 100] as number) ^ 1
		await writeFile(path, bytes)
		expect(await refusal()).toContain(`${databaseName} is not what was backed up`)
	})

	it('has a manifest to fit its changed files: the sealed secrets do not open for it', async () => {
		await writeFile(join(backup, blobPath), 'hallo')
		const { createHash } = await import('node:crypto')
		await changeManifest(({ files }) => {
			const file = files.find(({ path }) => path === blobPath) as { sha256?: string }
			file.sha256 = createHash('sha256').update('hallo').digest('hex')
		})
		expect(await refusal()).toContain(`${sealedSecretsName} does not open`)
	})

	it('is opened with another passphrase, or with none', async () => {
		expect(await refusal({ passphrase: `${passphrase}!` })).toContain(`${sealedSecretsName} does not open`)
		expect(await refusal({ passphrase: null })).toContain('give the passphrase')
	})

	it('has the secrets of another backup', async () => {
		await cp(join(made, 'other', sealedSecretsName), join(backup, sealedSecretsName))
		expect(await refusal()).toContain(`${sealedSecretsName} is not what was backed up`)
	})

	it.each([
		'../../etc/passwd',
		'/etc/passwd',
		'blobs/../../x.blob',
		'blobs/ab/cd.blob',
		'secrets.json',
		'blobs\\ab\\x.blob',
	])('names a path that leads elsewhere: %s', async (path) => {
		await changeManifest(({ files }) => void files.push({ ...files[1], path }))
		expect(await refusal()).toContain(`${manifestName} is damaged`)
	})

	it('has a link in place of a file', async () => {
		await writeFile(join(folder, 'elsewhere'), 'hello')
		await rm(join(backup, blobPath))
		await symlink(join(folder, 'elsewhere'), join(backup, blobPath))
		expect(await refusal()).toContain(`${blobPath} is missing.`)
	})

	it('has no manifest, or none that can be read', async () => {
		await writeFile(join(backup, manifestName), '{"format":"kith-backup"')
		expect(await refusal()).toContain(`${manifestName} is damaged`)
		await rm(join(backup, manifestName))
		expect(await refusal()).toContain('is no backup')
	})
})

describe('where files lie in an object store', () => {
	let s3: S3Store
	beforeAll(async () => {
		s3 = await startS3()
		const { bucket } = s3
		await bucket.put(`${blob}/000000`, Uint8Array.from(Buffer.from('hello')))
	})
	afterAll(() => s3.close())

	const backUpFromStore = async (to: string) => {
		const store = await openBlobBucket(s3.place, { instance: 'ours', log: recordingLog([]) })
		return makeBackup({ data: join(made, 'data'), to, passphrase, version: '0', now, progress, store })
	}

	it('they are in the backup, byte for byte, as those of a data folder are', async () => {
		const to = join(folder, 'from-store')
		await backUpFromStore(to)
		expect(await readFile(join(to, blobPath), 'utf8')).toBe('hello')
		const manifests = await Promise.all([to, backup].map((at) => readFile(join(at, manifestName), 'utf8')))
		const [ofStore, ofFolder] = manifests.map((text) => (JSON.parse(text) as { files: unknown[] }).files[1])
		expect(ofStore).toEqual(ofFolder)
		expect((await verifyBackup({ backup: to, passphrase, progress })).problems).toEqual([])
	})

	it('a store that does not answer, or lacks one, leaves no backup that seems whole', async () => {
		const to = join(folder, 'from-store')
		const store = await openBlobBucket(s3.place, { instance: 'ours', log: recordingLog([]) })
		s3.wire.cut()
		const wanting = makeBackup({ data: join(made, 'data'), to, passphrase, version: '0', now, progress, store })
		await expect(wanting).rejects.toThrow('does not answer (ECONNRESET), so no backup was made.')
		s3.wire.resume()
		await s3.bucket.remove(`${blob}/000000`)
		await expect(backUpFromStore(to)).rejects.toThrow('1 files are missing in the store')
		expect((await readdir(folder)).filter((name) => name.startsWith('from-store'))).toEqual([])
	})

	it('doctor says whether it answers', async () => {
		const config = readConfig({ ...s3.env })
		if (!config.ok) throw new Error(config.error.sentence)
		expect(await lookAtStore(config.value, 'ours')).toMatchObject([{ state: 'ok', is: 'kith-files answers' }])
		expect(await lookAtStore(config.value, 'theirs')).toMatchObject([{ state: 'problem' }])
		s3.wire.cut()
		expect(await lookAtStore(config.value, 'ours')).toMatchObject([{ state: 'problem', is: 'no answer (ECONNRESET)' }])
		expect(await lookAtStore({ ...config.value, blobs: null }, 'ours')).toEqual([])
		s3.wire.resume()
	})
})
