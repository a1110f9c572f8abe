/** Backups: made while the server runs, verified, and restored into a folder of their own. */
import type { Command } from 'commander'
import { join } from 'node:path'
import { backupName } from '../backup/scheduled.ts'
import { mustBeInstance, mustBeSqlite } from '../control/reach-instance.ts'
import { kithVersion } from '../version.ts'
import { contextOf, openStore, readPassphrase } from './command-context.ts'
import { bytesText, CommandFailed } from './output.ts'

const passphraseOption = [
	'--passphrase-file <file>',
	'a file whose first line is the passphrase; "-" is standard input',
] as const

interface PassphraseOptions {
	readonly passphraseFile?: string
}

async function passphraseOf({ passphraseFile }: PassphraseOptions): Promise<string | null> {
	return passphraseFile === undefined ? null : readPassphrase(passphraseFile)
}

export function addBackupCommands(program: Command): void {
	addBackup(program)
	addVerify(program)
	addRestore(program)
}

function addBackup(program: Command): void {
	program
		.command('backup')
		.description('a copy of everything into a new folder, while the server runs')
		.argument('[folder]', 'where to (default: kith-<time> here)')
		.option(...passphraseOption)
		.addHelpText(
			'after',
			'\nThe secrets go along only under a passphrase (scrypt and AES-256-GCM). Without one they are left out, and a restore needs the secrets.json that you keep apart.',
		)
		.action(async (folder: string | undefined, options: PassphraseOptions, command: Command) => {
			const { config, output } = contextOf(command)
			mustBeSqlite(config)
			mustBeInstance(config)
			const now = Date.now()
			const to = folder ?? backupName(now)
			const passphrase = await passphraseOf(options)
			const { data } = config
			const version = await kithVersion()
			const store = await openStore(config)
			const { makeBackup } = await import('../backup/make-backup.ts')
			const manifest = await makeBackup({ data, to, passphrase, version, now, progress: output.progress, store })
			const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
			const secrets =
				manifest.secrets === null
					? `The secrets are NOT in it: without ${join(data, 'secrets.json')} nobody can sign in to what is restored. Keep a copy of that file elsewhere, or give --passphrase-file.`
					: 'The secrets are in it, under your passphrase: without it nobody can sign in to what is restored.'
			output.say({ backup: to, bytes, manifest }, [
				`${to}: ${bytesText(bytes)}, files: ${manifest.files.length}.`,
				secrets,
			])
		})
}

function addVerify(program: Command): void {
	program
		.command('verify')
		.description('is a backup whole?')
		.argument('<backup>', 'the folder of a backup')
		.option(...passphraseOption)
		.action(async (backup: string, options: PassphraseOptions, command: Command) => {
			const { output } = contextOf(command)
			const passphrase = await passphraseOf(options)
			const { verifyBackup } = await import('../backup/verify-backup.ts')
			const { manifest, problems, secrets } = await verifyBackup({ backup, passphrase, progress: output.progress })
			if (manifest === null || problems.length > 0)
				throw new CommandFailed(['This backup is damaged:', ...problems].join('\n'), { problems })
			const about =
				manifest.secrets === null
					? 'The secrets were left out of it.'
					: secrets === null
						? 'Its secrets were not tried: give --passphrase-file.'
						: 'Its secrets open with this passphrase.'
			const { madeAt, files, instance } = manifest
			output.say({ backup, madeAt, instance, files: files.length, secrets: secrets !== null }, [
				`Whole: made at ${madeAt}, files: ${files.length}.`,
				about,
			])
		})
}

interface RestoreCommandOptions extends PassphraseOptions {
	readonly secretsFile?: string
	readonly dryRun?: boolean
}

function addRestore(program: Command): void {
	program
		.command('restore')
		.description('a backup into the data folder, which must be empty or not there yet')
		.argument('<backup>', 'the folder of a backup')
		.option(...passphraseOption)
		.option('--secrets-file <file>', 'the secrets.json that you kept apart')
		.option('--dry-run', 'check everything, write nothing')
		.action(async (backup: string, options: RestoreCommandOptions, command: Command) => {
			const { config, output } = contextOf(command)
			mustBeSqlite(config)
			const { restoreBackup } = await import('../backup/restore-backup.ts')
			const restored = await restoreBackup({
				...{ backup, into: config.data, passphrase: await passphraseOf(options), now: Date.now() },
				...{ secretsFile: options.secretsFile ?? null, dryRun: options.dryRun === true, progress: output.progress },
			})
			if (restored.type === 'refused')
				throw new CommandFailed(['Nothing was restored:', ...restored.problems].join('\n'), {
					problems: restored.problems,
				})
			const { madeAt } = restored.manifest
			const lines =
				restored.type === 'would-restore'
					? [`The backup of ${madeAt} is whole and would be restored into ${config.data}.`]
					: [
							`The backup of ${madeAt} is restored into ${config.data}.`,
							'Start it in place of the old one, never beside it. Devices hand back what they hold of the time since.',
						]
			output.say({ state: restored.type, data: config.data, madeAt }, lines)
		})
}
