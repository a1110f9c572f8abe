/** `kith rotate`: draws one of the server's own secrets anew, where somebody may have seen it. */
import { rotateSecret, rotatingSecrets, type RotatingSecret } from '#server/secrets.ts'
import type { Config } from '#server/config.ts'
import { createInstance } from '#server/create-instance.ts'
import { Argument, type Command } from 'commander'
import { lockFolder } from '../control/folder-lock.ts'
import { mustBeInstance } from '../control/reach-instance.ts'
import { createLog } from '../log.ts'
import { contextOf } from './command-context.ts'
import { CommandFailed } from './output.ts'

const consequences: Readonly<Record<RotatingSecret, string>> = {
	'token-key': 'Access tokens of before are void; clients fetch others by themselves, and nobody notices.',
	'hmac-key': 'All sessions are over: everybody signs in once more, and finds everything.',
	'push-key': 'Devices are woken by nobody until the app is opened on them once more: it subscribes anew by itself.',
	'password-setup':
		'No password opens anything any more: who is signed in stays so, everybody else comes in by his recovery code or a device of his.',
}

/** In the audit log, where administrators see it. What leaked is of no use any more, whether that can be written or not. */
async function noteRotation(config: Config, secret: RotatingSecret): Promise<void> {
	const failed = 'The new secret is in secrets.json, but the audit log could not be written'
	try {
		const instance = await createInstance({ config, log: createLog('silent') })
		await instance.domain.operator.noteRotation(`rotate-${secret}`).finally(instance.stop)
	} catch (error) {
		throw new CommandFailed(`${failed}: ${error instanceof Error ? error.message : String(error)}`)
	}
}

export function addRotateCommand(program: Command): void {
	program
		.command('rotate')
		.description('draw a secret of secrets.json anew, when somebody may have seen it; the server must be stopped')
		.addArgument(new Argument('<secret>', 'which one').choices(rotatingSecrets))
		.option('--sure', 'for password-setup: yes, every password becomes useless')
		.addHelpText(
			'after',
			`\n${Object.entries(consequences)
				.map(([name, sentence]) => `  ${name}: ${sentence}`)
				.join(
					'\n',
				)}\n\nBackups hold the old one. With several servers stop all of them, and give each the new secrets.json.`,
		)
		.action(async (secret: RotatingSecret, { sure = false }: { sure?: boolean }, command: Command) => {
			const { config, output } = contextOf(command)
			mustBeInstance(config)
			if (secret === 'password-setup' && !sure)
				throw new CommandFailed(`${consequences[secret]} If you want that, say --sure. Nothing was changed.`)
			const lock = lockFolder(config.data)
			if (lock === null) throw new CommandFailed(`A server or another command works on ${config.data}: stop it first.`)
			try {
				if (!(await rotateSecret(config.data, secret)))
					throw new CommandFailed('secrets.json is missing or damaged: put back its copy. Nothing was changed.')
				await noteRotation(config, secret)
			} finally {
				lock.release()
			}
			output.say({ rotated: secret }, [
				`A new ${secret} was drawn. ${consequences[secret]}`,
				'Make a new backup, and start the server.',
			])
		})
}
