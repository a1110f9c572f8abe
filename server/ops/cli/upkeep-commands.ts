/** What an operator does now and then: look whether all is well, and bring the database to this version. */
import type { Command } from 'commander'
import { join } from 'node:path'
import process from 'node:process'
import { databaseName } from '../backup/manifest.ts'
import { lockFolder } from '../control/folder-lock.ts'
import { mustBeInstance, mustBeSqlite } from '../control/reach-instance.ts'
import { contextOf } from './command-context.ts'
import { CommandFailed, table } from './output.ts'

export function addUpkeepCommands(program: Command): void {
	addDoctor(program)
	addMigrate(program)
}

function addDoctor(program: Command): void {
	program
		.command('doctor')
		.description(
			'looks at database, files, secrets, disk, clock, proxy, Redis, push services, mail, STUN and TURN, and says what to do',
		)
		.action(async (_options, command: Command) => {
			const { config, output } = contextOf(command)
			mustBeInstance(config)
			const { lookAtAll } = await import('../doctor/look-at-all.ts')
			const findings = await lookAtAll(config, Date.now())
			const rows = findings.map(({ about, state, is }) => [state.toUpperCase(), about, is])
			const lines = table(rows).flatMap((line, i) => {
				const todo = findings[i]?.todo ?? null
				return todo === null ? [line] : [line, `         → ${todo}`]
			})
			output.say({ findings }, lines)
			if (findings.some(({ state }) => state === 'problem')) process.exitCode = 1
		})
}

function addMigrate(program: Command): void {
	program
		.command('migrate')
		.description('bring the database to this version, as the next start would; the server must be stopped')
		.option('--dry-run', 'say how many migrations are to come, change nothing')
		.action(async ({ dryRun }: { dryRun?: boolean }, command: Command) => {
			const { config, output } = contextOf(command)
			mustBeSqlite(config)
			mustBeInstance(config)
			const path = join(config.data, databaseName)
			const { checkSqlite } = await import('#server/data/sqlite/backup.ts')
			const checked = checkSqlite(path)
			if (checked.type === 'damaged')
				throw new CommandFailed(`The database is damaged: ${checked.findings.join('; ')}.`)
			const { pending } = checked.migrations
			if (dryRun === true || pending === 0)
				return output.say({ pending }, [
					pending === 0 ? 'The database is of this version.' : `${pending} migrations are to come.`,
				])
			const lock = lockFolder(config.data)
			if (lock === null) throw new CommandFailed(`A server or another command works on ${config.data}: stop it first.`)
			try {
				const { openSqliteData } = await import('#server/data/sqlite/sqlite.ts')
				openSqliteData(path).close()
			} finally {
				lock.release()
			}
			output.say({ pending: 0, done: pending }, [
				`${pending} migrations done. The database of before is kept beside it for two weeks: ${path}.before-update`,
			])
		})
}
