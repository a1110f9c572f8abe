/** `npx kith`: the commands, and how they end: 0 fine, 1 a problem, 2 not called as it must be. */
import { Command, CommanderError } from 'commander'
import process from 'node:process'
import { addBackupCommands } from './backup-commands.ts'
import { addBotCommands } from './bot-commands.ts'
import { isJson } from './command-context.ts'
import { CommandFailed, createOutput } from './output.ts'
import { addMoveCommand } from './move-command.ts'
import { addAdminCommands, addAuditCommand, addServerCommands, addUserCommands } from './people-commands.ts'
import { addRotateCommand } from './rotate-command.ts'
import { addUpkeepCommands } from './upkeep-commands.ts'

function createProgram(): Command {
	const program = new Command('kith')
		.description("The operator's tools. They act on a running server, or on its data folder while it is stopped.")
		.option('--data <folder>', 'the data folder (default: KITH_DATA, else ./data)')
		.option('--json', 'one JSON document in place of lines')
		.exitOverride()
	addAdminCommands(program)
	addUserCommands(program)
	addBotCommands(program)
	addServerCommands(program)
	addAuditCommand(program)
	addBackupCommands(program)
	addUpkeepCommands(program)
	addMoveCommand(program)
	addRotateCommand(program)
	return program
}

/** Every command by itself: what is set on the program is not handed down to what is added before. */
function overrideExits(command: Command): void {
	command.exitOverride()
	for (const below of command.commands) overrideExits(below)
}

async function run(): Promise<number> {
	const program = createProgram()
	overrideExits(program)
	try {
		await program.parseAsync(process.argv)
		return Number(process.exitCode ?? 0)
	} catch (error) {
		if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
		const failed =
			error instanceof CommandFailed ? error : new CommandFailed(error instanceof Error ? error.message : String(error))
		createOutput(isJson(program)).failed(failed)
		return 1
	}
}

process.exitCode = await run()
