/** `kith migrate-to`: from SQLite to PostgreSQL. */
import { readBlobRecords } from '#server/data/sqlite/backup.ts'
import { openSqliteData } from '#server/data/sqlite/sqlite.ts'
import { countTables, moveToPostgres, targetProblem } from '#server/data/postgres/move-from-sqlite.ts'
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
	readonly again?: boolean
}

export function addMoveCommand(program: Command): void {
	program
		.command('migrate-to')
		.description('move the database from SQLite to the PostgreSQL at DATABASE_URL; the server must be stopped')
		.option('--dry-run', 'say what would be moved, write nothing')
		.option('--again', 'throw away what an earlier try has moved, and begin anew')
		.addHelpText(
			'after',
			'\nInterrupted, it goes on where it was when it is called again. Files and secrets.json stay in the data folder.\nEvery row is compared by hash at the end; then kith.sqlite is renamed, so that nobody starts it beside.',
		)
		.action(async ({ dryRun = false, again = false }: MoveCommandOptions, command: Command) => {
			const { config, output } = contextOf(command)
			const { data, postgres: server } = config
			const file = join(data, databaseName)
			if (server === null)
				throw new CommandFailed('Set DATABASE_URL to the empty PostgreSQL database that is to take it.')
			if (!existsSync(file))
				throw new CommandFailed(`There is no ${file}: name the data folder with --data or KITH_DATA.`)
			const lock = lockFolder(data)
			if (lock === null) throw new CommandFailed(`A server or another command works on ${data}: stop it first.`)
			try {
				// Both are of this version then, and have the same tables.
				openSqliteData(file).close()
				await mustHaveFiles(data, file)
				const problem = await targetProblem(server)
				if (problem !== null) throw new CommandFailed(problem)
				if (dryRun) {
					const tables = countTables(file)
					return output.say({ state: 'would-move', tables }, shown(tables))
				}
				const moved = await moveToPostgres({ file, server, again, progress: output.progress })
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

function shown(tables: readonly { table: string; rows: number }[]): string[] {
	return table([
		['TABLE', 'ROWS'],
		...tables.filter(({ rows }) => rows > 0).map(({ table: name, rows }) => [name, String(rows)]),
	])
}

/** They stay where they are, and the database that speaks of them must not be moved away from a gap. */
async function mustHaveFiles(data: string, file: string): Promise<void> {
	for (const { blob, received } of readBlobRecords(file)) {
		const size = await stat(join(data, pathOfBlob(blob))).then(
			(found) => found.size,
			() => 0,
		)
		if (size < received)
			throw new CommandFailed('Files of people are missing or too short: see kith doctor. Nothing was moved.')
	}
}
