/** What an operator does now and then: look whether all is well, and bring the database to this version. */
import type { Config } from '#server/config.ts'
import { endpointsInPostgres, endpointsInSqlite } from '#server/data/push-endpoints.ts'
import { checkSqlite } from '#server/data/sqlite/backup.ts'
import { openSqliteData } from '#server/data/sqlite/sqlite.ts'
import { doctorQuestion } from '#server/domain/doctor-question.ts'
import { labelledHmac } from '#server/node-crypto.ts'
import { decodeSecrets } from '#server/secrets.ts'
import type { Command } from 'commander'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { databaseName } from '../backup/manifest.ts'
import { lockFolder } from '../control/folder-lock.ts'
import { mustBeInstance, mustBeSqlite } from '../control/reach-instance.ts'
import { instanceOf } from '../backup/sealed-secrets.ts'
import { lookAtBackups } from '../doctor/look-at-backups.ts'
import { bytesOfSqlite, lookAtFolder, lookAtSqlite } from '../doctor/look-at-folder.ts'
import { lookAtIce } from '../doctor/look-at-ice.ts'
import { lookAtNetwork } from '../doctor/look-at-network.ts'
import { lookAtPostgres } from '../doctor/look-at-postgres.ts'
import { lookAtPush } from '../doctor/look-at-push.ts'
import { lookAtRedis } from '../doctor/look-at-redis.ts'
import { lookAtStore } from '../doctor/look-at-store.ts'
import { contextOf, serverKeyOf } from './command-context.ts'
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
			const { data, postgres } = config
			const serverKey = await serverKeyOf(data)
			const about = { data, now: Date.now(), hasBlobs: config.blobs === null }
			const findings = [
				...(await (postgres === null ? lookAtSqlite(data, about) : lookAtPostgres(postgres, about))),
				...(await lookAtFolder(data, postgres === null ? bytesOfSqlite(data) : 0)),
				...(await lookAtRedis(config.redis)),
				await lookAtBackups(config.backups, await serverIdOf(config.data), Date.now()),
				...(await lookAtStore(config, serverKey)),
				await lookAtPush(config, await endpointsIn(config)),
				...(await lookAtIce(config.ice, Date.now())),
				...(await lookAtNetwork(config, { serverKey, question: await questionFor(data, Date.now()) })),
			]
			const rows = findings.map(({ about, state, is }) => [state.toUpperCase(), about, is])
			const lines = table(rows).flatMap((line, i) => {
				const todo = findings[i]?.todo ?? null
				return todo === null ? [line] : [line, `         → ${todo}`]
			})
			output.say({ findings }, lines)
			if (findings.some(({ state }) => state === 'problem')) process.exitCode = 1
		})
}

function endpointsIn({ data, postgres }: Config): string[] | Promise<string[]> {
	return postgres === null ? endpointsInSqlite(join(data, databaseName)) : endpointsInPostgres(postgres)
}

/** By the secrets of the folder; null without them. */
async function questionFor(data: string, now: number): Promise<string | null> {
	const secrets = decodeSecrets(await readFile(join(data, 'secrets.json'), 'utf8').catch(() => ''))
	return secrets === null ? null : doctorQuestion(labelledHmac(secrets.hmacKey), now)
}

async function serverIdOf(data: string): Promise<string | null> {
	const text = await readFile(join(data, 'secrets.json')).catch(() => null)
	return text === null ? null : instanceOf(text)
}

function addMigrate(program: Command): void {
	program
		.command('migrate')
		.description('bring the database to this version, as the next start would; the server must be stopped')
		.option('--dry-run', 'say how many migrations are to come, change nothing')
		.action(({ dryRun }: { dryRun?: boolean }, command: Command) => {
			const { config, output } = contextOf(command)
			mustBeSqlite(config)
			mustBeInstance(config)
			const path = join(config.data, databaseName)
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
				openSqliteData(path).close()
			} finally {
				lock.release()
			}
			output.say({ pending: 0, done: pending }, [
				`${pending} migrations done. The database of before is kept beside it for two weeks: ${path}.before-update`,
			])
		})
}
