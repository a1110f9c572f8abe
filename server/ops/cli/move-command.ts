/** `kith migrate-to`: from SQLite to PostgreSQL. */
import type { PostgresServer } from '#server/config-addresses.ts'
import type { Command } from 'commander'
import { existsSync } from 'node:fs'
import { rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { databaseName, pathOfBlob } from '../backup/manifest.ts'
import { lockFolder } from '../control/folder-lock.ts'
import { contextOf } from './command-context.ts'
import { CommandFailed, table } from './output.ts'

interface MoveCommandOptions {
	readonly dryRun?: boolean
	readonly ahead?: boolean
}

export function addMoveCommand(program: Command): void {
	program
		.command('migrate-to')
		.description(
			'move the database from SQLite to the PostgreSQL at DATABASE_URL; the server must be stopped, but for --ahead',
		)
		.option('--dry-run', 'say what would be moved, write nothing')
		.option('--ahead', 'bring what is there now while the server runs; what comes since is left for the move itself')
		.addHelpText(
			'after',
			'\nInterrupted, it goes on where it was when it is called again. Files and secrets.json stay in the data folder.\nWith much to move call it --ahead first, as often as you like: then the server is stopped for a short time only.\nEvery row is compared by hash at the end; then kith.sqlite is renamed, so that nobody starts it beside.',
		)
		.action(async ({ dryRun = false, ahead = false }: MoveCommandOptions, command: Command) => {
			const { config, output } = contextOf(command)
			const { data, postgres: server } = config
			const file = join(data, databaseName)
			if (server === null)
				throw new CommandFailed('Set DATABASE_URL to the empty PostgreSQL database that is to take it.')
			if (!existsSync(file))
				throw new CommandFailed(`There is no ${file}: name the data folder with --data or KITH_DATA.`)
			const { openSqliteData } = await import('#server/data/sqlite/sqlite.ts')
			const { countTables, moveToPostgres } = await import('#server/data/postgres/move-from-sqlite.ts')
			const { progress } = output
			if (ahead) {
				const { readMigrations } = await import('#server/data/sqlite/backup.ts')
				if (readMigrations(file).pending > 0)
					throw new CommandFailed('The database is of an older version: start the server of this one first.')
				await mustBeFree(server)
				const tables = await moveToPostgres({ file, server, ahead, progress })
				return output.say({ state: 'ahead', tables }, [
					...shown(tables),
					'This is there now. Stop the server and call kith migrate-to: it brings what has come since, and compares everything.',
				])
			}
			const lock = lockFolder(data)
			if (lock === null)
				throw new CommandFailed(`A server or another command works on ${data}: stop it first, or say --ahead.`)
			try {
				// Both are of this version then, and have the same tables.
				openSqliteData(file).close()
				await mustHaveFiles(data, file)
				await mustBeFree(server)
				if (dryRun) {
					const tables = countTables(file)
					return output.say({ state: 'would-move', tables }, shown(tables))
				}
				const moved = await moveToPostgres({ file, server, ahead, progress })
				for (const suffix of ['', '-wal', '-shm'])
					if (existsSync(`${file}${suffix}`)) await rename(`${file}${suffix}`, `${file}.moved${suffix}`)
				output.say({ state: 'moved', tables: moved }, [
					...shown(moved),
					'All rows are the same in both. Start the server with this DATABASE_URL.',
					`${file}.moved is what was; remove it when all is well, because it holds what people delete from now on.`,
				])
			} finally {
				lock.release()
			}
		})
}

/** Of any Kith but the one that an earlier call has begun to move. */
async function mustBeFree(server: PostgresServer): Promise<void> {
	const { targetProblem } = await import('#server/data/postgres/move-from-sqlite.ts')
	const problem = await targetProblem(server)
	if (problem !== null) throw new CommandFailed(problem)
}

function shown(tables: readonly { table: string; rows: number }[]): string[] {
	return table([
		['TABLE', 'ROWS'],
		...tables.filter(({ rows }) => rows > 0).map(({ table: name, rows }) => [name, String(rows)]),
	])
}

/** They stay where they are, and the database that speaks of them must not be moved away from a gap. */
async function mustHaveFiles(data: string, file: string): Promise<void> {
	const { readBlobRecords } = await import('#server/data/sqlite/backup.ts')
	for (const { blob, received } of readBlobRecords(file)) {
		const size = await stat(join(data, pathOfBlob(blob))).then(
			(found) => found.size,
			() => 0,
		)
		if (size < received)
			throw new CommandFailed('Files of people are missing or too short: see kith doctor. Nothing was moved.')
	}
}
