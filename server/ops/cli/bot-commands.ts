/** Bots of everybody: what a running server carries out itself. Making one is its owner's, because its keys are not the server's to draw. */
import type { Command } from 'commander'
import { contextOf } from './command-context.ts'
import { table, timeText } from './output.ts'

const noSuchBot = (name: string) => ({
	'not-found': `There is no bot called "${name}" whose program has come: see kith bot list.`,
})

const stateWords = { awaited: 'not come yet', open: 'open', closed: 'closed' } as const

export function addBotCommands(program: Command): void {
	const bot = program.command('bot').description('programs with an account of their own')
	bot
		.command('list')
		.description('all that were not ended, with whose they are and what they may do')
		.action(async (_options, command: Command) => {
			const { ask, output } = contextOf(command)
			const bots = await ask('bots.list', {})
			const rows = bots.map(({ name, owner, scopes, state, createdAt }) => [
				...[name, owner, scopes.join(' '), stateWords[state], timeText(createdAt)],
			])
			output.say({ bots }, table([['NAME', 'OWNER', 'MAY', 'STATE', 'SINCE'], ...rows]))
		})
	bot
		.command('disable')
		.description('close a bot: its sessions end at once, what it wrote stays')
		.argument('<name>', 'the name of a bot')
		.action(async (name: string, _options, command: Command) => {
			const { ask, output } = contextOf(command)
			await ask('bots.disable', { name }, noSuchBot(name))
			output.say({ name, state: 'closed' }, [
				`${name} is signed out and cannot sign in; its owner may still end it for good.`,
			])
		})
	bot
		.command('enable')
		.description('open a bot again')
		.argument('<name>', 'the name of a bot')
		.action(async (name: string, _options, command: Command) => {
			const { ask, output } = contextOf(command)
			await ask('bots.enable', { name }, noSuchBot(name))
			output.say({ name, state: 'open' }, [`${name} may sign in again, once its program is started anew.`])
		})
}
