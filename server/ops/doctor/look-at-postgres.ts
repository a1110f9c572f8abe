/** A database on PostgreSQL: whether it is there, whole, safe and of this version, and what it says of clock and files. */
import type { PostgresServer } from '#server/config-addresses.ts'
import { lookAtPostgresDatabase, type PostgresLook } from '#server/data/postgres/look.ts'
import { problem, warning, well, type Finding } from './finding.ts'
import { lookAtClock, lookAtFiles } from './look-at-folder.ts'

/** Two clocks that differ by more than a question takes, ms. */
const clocksDiffer = 60_000

/** `hasBlobs`: files of people lie in the folder. */
export async function lookAtPostgres(
	server: PostgresServer,
	{ data, now, hasBlobs }: { readonly data: string; readonly now: number; readonly hasBlobs: boolean },
): Promise<Finding[]> {
	const seen = await lookAtPostgresDatabase(server).catch((error: Error) => error)
	if (seen instanceof Error)
		return [
			problem('database', seen.message, 'Start PostgreSQL, or mend DATABASE_URL: until then nobody can do anything.'),
		]
	const database = aboutDatabase(seen)
	if (seen.contents !== 'kith') return [database, aboutSafety(seen)]
	const files = hasBlobs ? [await lookAtFiles(data, seen.files)] : []
	return [database, aboutWriting(seen), aboutSafety(seen), aboutClock(seen, now), ...files]
}

function aboutDatabase({ version, bytes, contents, migrations }: PostgresLook): Finding {
	const about = 'database'
	if (contents === 'unfinished-move')
		return problem(about, 'a move from SQLite into it was not finished', 'Call kith migrate-to again: it goes on.')
	if (contents === 'nothing') return problem(about, 'no Kith is in it', 'Start the server, or mend DATABASE_URL.')
	if (migrations.isNewer) return problem(about, 'of a newer Kith than this one', 'Start that version.')
	const is = `PostgreSQL ${version}, ${(bytes / 1024 ** 2).toFixed(1)} MiB`
	if (migrations.pending > 0)
		return warning(
			about,
			`${is}, ${migrations.pending} migrations to come`,
			'They run at the next start: pg_dump before.',
		)
	return well(about, `${is}, ${migrations.done} migrations`)
}

function aboutWriting({ refusesWrites }: PostgresLook): Finding {
	const about = 'writing'
	if (refusesWrites === null) return well(about, 'the database takes writes')
	const todo = 'Let DATABASE_URL name the primary and no replica, and give its tables to the user in it.'
	return problem(about, `the database refuses writes (${refusesWrites})`, todo)
}

function aboutSafety({ unsafe }: PostgresLook): Finding {
	const about = 'durability'
	if (unsafe.length === 0) return well(about, 'what is acknowledged survives a power cut')
	return problem(about, `${unsafe.join(' and ')} off: a power cut loses messages`, 'Turn it on in postgresql.conf.')
}

function aboutClock({ now: there, newestEventAt }: PostgresLook, here: number): Finding {
	const apart = Math.abs(there - here)
	if (apart <= clocksDiffer) return lookAtClock(newestEventAt, here)
	const is = `that of the database is ${Math.round(apart / 60_000)} minutes apart from this one`
	return warning('clock', is, 'Set both by NTP (timedatectl).')
}
