/** The data folder: SQLite's database, files, secrets, disk, clock. Reads only; the server may run meanwhile. */
import {
	checkSqlite,
	newestEventAt,
	readBlobRecords,
	sqliteBytes,
	type BlobRecord,
} from '#server/data/sqlite/backup.ts'
import { decodeSecrets } from '#server/secrets.ts'
import { access, constants, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { freeBytes } from '../backup/files.ts'
import { databaseName, pathOfBlob } from '../backup/manifest.ts'
import { problem, warning, well, type Finding } from './finding.ts'

const GiB = 1024 ** 3
/** Events carry the server's time to within a minute; more is a clock that was wrong then or is wrong now, ms. */
const clockTolerance = 5 * 60_000

/** `hasBlobs`: files of people lie in it too. */
export async function lookAtSqlite(
	data: string,
	{ now, hasBlobs }: { readonly now: number; readonly hasBlobs: boolean },
): Promise<Finding[]> {
	const path = join(data, databaseName)
	const database = lookAtDatabase(data)
	const written = await lookAtWriting([data, path])
	if (database.state === 'problem') return [database, written]
	const files = hasBlobs ? [await lookAtFiles(data, readBlobRecords(path))] : []
	return [database, written, lookAtClock(newestEventAt(path), now), ...files]
}

/** `databaseBytes`: of a database that lies there too. */
export async function lookAtFolder(data: string, databaseBytes: number): Promise<Finding[]> {
	return [await lookAtSecrets(data), await lookAtModes(data), await lookAtDisk(data, databaseBytes)]
}

export function bytesOfSqlite(data: string): number {
	try {
		return sqliteBytes(join(data, databaseName))
	} catch {
		return 0
	}
}

function lookAtDatabase(data: string): Finding {
	const about = 'database'
	const checked = checkSqlite(join(data, databaseName))
	if (checked.type === 'damaged')
		return problem(about, checked.findings.join('; '), 'Stop the server and restore the last backup: kith restore.')
	const { isNewer, pending, done } = checked.migrations
	if (isNewer) return problem(about, 'of a newer Kith than this one', 'Start that version.')
	if (pending > 0)
		return warning(about, `whole, ${pending} migrations to come`, 'They run at the next start, or by kith migrate.')
	return well(about, `whole, ${done} migrations`)
}

async function lookAtWriting(paths: readonly string[]): Promise<Finding> {
	const about = 'writing'
	for (const path of paths) {
		const may = await access(path, constants.R_OK | constants.W_OK).then(
			() => true,
			() => false,
		)
		if (!may) return problem(about, `${path} may not be written`, 'Give it to the user that runs the server (chown).')
	}
	return well(about, 'folder and database may be written')
}

/** `newest`: when the newest event was stored. */
export function lookAtClock(newest: number | null, now: number): Finding {
	const about = 'clock'
	if (newest !== null && newest > now + clockTolerance)
		return problem(
			about,
			`the newest message was stored ${Math.round((newest - now) / 60_000)} minutes from now`,
			'Set the clock of this machine by NTP (timedatectl): clients refuse a server whose time is wrong.',
		)
	return well(about, newest === null ? 'nothing is stored yet' : 'not before the newest message')
}

/** `named`: what the database speaks of. */
export async function lookAtFiles(data: string, named: readonly BlobRecord[]): Promise<Finding> {
	const about = 'files'
	const records = named.filter(({ received }) => received > 0)
	let missing = 0
	for (const { blob, received } of records) {
		const size = await stat(join(data, pathOfBlob(blob))).then(
			(found) => found.size,
			() => 0,
		)
		if (size < received) missing++
	}
	if (missing === 0) return well(about, `${records.length}, all there`)
	return problem(
		about,
		`${missing} of ${records.length} are missing or too short`,
		'Copy blobs/ from the last backup over what is there.',
	)
}

async function lookAtSecrets(data: string): Promise<Finding> {
	const about = 'secrets'
	const path = join(data, 'secrets.json')
	const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => error)
	if (typeof text !== 'string')
		return problem(about, `${path} cannot be read (${text.code})`, 'Put back its copy: without it nobody can sign in.')
	if (decodeSecrets(text) === null)
		return problem(about, `${path} is damaged`, 'Put back its copy: without it nobody can sign in.')
	return well(about, 'present and whole')
}

/** Windows has no modes of this kind. */
async function lookAtModes(data: string): Promise<Finding> {
	const about = 'permissions'
	if (process.platform === 'win32') return well(about, 'not looked at on Windows')
	const open: string[] = []
	for (const path of [join(data, 'secrets.json'), data]) {
		const found = await stat(path).catch(() => null)
		if (found !== null && (found.mode & 0o077) !== 0) open.push(path)
	}
	if (open.length === 0) return well(about, 'for the owner alone')
	return warning(about, `other users may look into ${open.join(' and ')}`, `chmod go= ${open.join(' ')}`)
}

async function lookAtDisk(data: string, database: number): Promise<Finding> {
	const about = 'disk'
	const free = await freeBytes(data)
	const text = `${(free / GiB).toFixed(1)} GiB free`
	if (free < GiB / 4) return problem(about, text, 'Make room at once: messages that cannot be stored are not taken.')
	if (free < GiB || free < database)
		return warning(about, text, 'Make room: an update copies the database first, and needs as much again.')
	return well(about, text)
}
