/** People, invitations, rooms and figures: what a running server carries out itself. */
import type { AdminAct } from '#protocol/http/admin-acts.ts'
import { InvalidArgumentError, type Command } from 'commander'
import { contextOf } from './command-context.ts'
import { bytesText, table, timeText } from './output.ts'

const noSuchUser = (name: string) => ({ 'not-found': `Nobody here is called "${name}": see kith user list.` }) as const

export function addUserCommands(program: Command): void {
	const user = program.command('user').description('who has an account here')
	user
		.command('list')
		.description('everybody, or those whose name has SEARCH in it')
		.argument('[search]', 'a part of a name', '')
		.action(async (search: string, _options, command: Command) => {
			const { ask, output } = contextOf(command)
			const users = await ask('users.list', { search })
			const rows = users.map(({ name, role, createdAt, disabledAt }) => [
				...[name, role, disabledAt === null ? 'open' : `closed ${timeText(disabledAt)}`, timeText(createdAt)],
			])
			output.say({ users }, table([['NAME', 'ROLE', 'STATE', 'SINCE'], ...rows]))
		})
	user
		.command('disable')
		.description('close an account: its sessions and sockets end at once, nothing is deleted')
		.argument('<name>', 'a username')
		.action(async (name: string, _options, command: Command) => {
			const { ask, output } = contextOf(command)
			const last = `${name} is the last administrator who may sign in: make another one first, by kith admin reset.`
			await ask('users.disable', { name }, { ...noSuchUser(name), 'last-admin': last })
			output.say({ name, state: 'closed' }, [`${name} is signed out everywhere and cannot sign in.`])
		})
	user
		.command('enable')
		.description('open an account again')
		.argument('<name>', 'a username')
		.action(async (name: string, _options, command: Command) => {
			const { ask, output } = contextOf(command)
			await ask('users.enable', { name }, noSuchUser(name))
			output.say({ name, state: 'open' }, [`${name} may sign in again and finds everything.`])
		})
	user
		.command('sessions')
		.description('where somebody is signed in')
		.argument('<name>', 'a username')
		.action(async (name: string, _options, command: Command) => {
			const { ask, output } = contextOf(command)
			const sessions = await ask('users.sessions', { name }, noSuchUser(name))
			const rows = sessions.map(({ device, createdAt, lastUsedAt }) => [
				...[device, timeText(createdAt), timeText(lastUsedAt)],
			])
			output.say({ name, sessions }, table([['DEVICE', 'SINCE', 'LAST USED'], ...rows]))
		})
}

export function addAdminCommands(program: Command): void {
	const admin = program.command('admin').description('who administers this server')
	admin
		.command('create')
		.description('a new one-time link for the first administrator; the one before ends')
		.action(async (_options, command: Command) => {
			const { ask, output } = contextOf(command)
			const already =
				'This server has an administrator: invite somebody (kith invite), then give the role by kith admin reset NAME.'
			const { url } = await ask('admin.link', {}, { 'set-up-done': already })
			output.say({ url }, ['Set up the first account here, once:', url])
		})
	admin
		.command('reset')
		.description('make an account an administrator who may sign in, when the others are lost')
		.argument('<name>', 'a username')
		.addHelpText(
			'after',
			'\nNobody can reset a password on the server, which never saw it: the recovery code does that, at the sign-in page.',
		)
		.action(async (name: string, _options, command: Command) => {
			const { ask, output } = contextOf(command)
			await ask('admin.grant', { name }, noSuchUser(name))
			output.say({ name, role: 'admin' }, [`${name} is an administrator and may sign in.`])
		})
}

function wholeNumber(text: string): number {
	if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
	return Number(text)
}

interface InviteOptions {
	readonly by?: string
	readonly uses: number
	readonly days: number
}

export function addServerCommands(program: Command): void {
	program
		.command('invite')
		.description('a link that lets somebody make an account')
		.option(
			'--by <name>',
			'in whose name; whoever comes asks to be friends with them (default: the first administrator)',
		)
		.option('--uses <n>', 'how many people it lets in, 1 to 100', wholeNumber, 1)
		.option('--days <n>', 'how long it lives, 1 to 365', wholeNumber, 14)
		.action(async ({ by, uses, days }: InviteOptions, command: Command) => {
			const { ask, output } = contextOf(command)
			const nobody =
				by === undefined
					? 'There is no administrator yet: kith admin create.'
					: `${by} has no account that is open here.`
			const malformed = 'An invitation lets 1 to 100 people in and lives 1 to 365 days.'
			const invite = await ask('invite', { by: by ?? null, uses, days }, { 'not-found': nobody, malformed })
			output.say(invite, [`In the name of ${invite.by}, until ${timeText(invite.expiresAt)} UTC:`, invite.url])
		})
	program
		.command('room')
		.description('the open rooms')
		.command('list')
		.description('open rooms by name, and how many private ones there are')
		.addHelpText(
			'after',
			'\nA room is archived and restored by entries that its admins sign: that is not for a server to do.',
		)
		.action(async (_options, command: Command) => {
			const { ask, output } = contextOf(command)
			const rooms = await ask('rooms.list', {})
			const rows = rooms.open.map(({ name, members, archived, lastAt }) => [
				...[name ?? '(not listed)', String(members), archived ? 'archived' : 'open'],
				lastAt === 0 ? '-' : timeText(lastAt),
			])
			const lines = table([['ROOM', 'MEMBERS', 'STATE', 'LAST MESSAGE'], ...rows])
			output.say(rooms, [...lines, `Private rooms: ${rooms.private}; the server does not know their names.`])
		})
	program
		.command('stats')
		.description('how much is stored')
		.action(async (_options, command: Command) => {
			const { ask, output } = contextOf(command)
			const stats = await ask('stats', {})
			const { direct, groups, openRooms, privateRooms } = stats.conversations
			output.say(
				stats,
				table([
					['Accounts', `${stats.accounts} (${stats.admins} administrators, ${stats.disabled} closed)`],
					['Conversations', `${direct} direct, ${groups} groups, ${openRooms} open and ${privateRooms} private rooms`],
					['Events', `${stats.messages} (${bytesText(stats.messageBytes)})`],
					['Files', `${stats.files} (${bytesText(stats.fileBytes)})`],
					['Database', bytesText(stats.databaseBytes)],
				]),
			)
		})
}

const actWords: Readonly<Record<AdminAct, string>> = {
	'close-account': 'closed the account',
	'open-account': 'opened the account',
	'make-admin': 'made an administrator',
	'make-user': 'took the role away',
	'dismiss-report': 'dismissed a report',
	invite: 'invited in the name of',
	'set-up-link': 'drew the set-up link',
	'rotate-token-key': 'drew the token key anew',
	'rotate-hmac-key': 'drew the HMAC key anew',
	'rotate-push-key': 'drew the push key anew',
	'rotate-password-setup': 'drew the password set-up anew',
}

export function addAuditCommand(program: Command): void {
	program
		.command('audit')
		.description('what administrators and the operator did, the newest first')
		.option('--limit <n>', 'how many, 1 to 1000', wholeNumber, 100)
		.option('--before <n>', 'further back: the number that the list before ended with', wholeNumber)
		.action(async ({ limit, before }: { limit: number; before?: number }, command: Command) => {
			const { ask, output } = contextOf(command)
			const malformed = 'A list has 1 to 1000 lines, and begins before a number from 1 on.'
			const { entries, next } = await ask('audit', { before: before ?? null, limit }, { malformed })
			const rows = entries.map(({ seq, at, by, byName, act, subject, subjectName }) => [
				...[String(seq), timeText(at), by === null ? '(operator)' : (byName ?? by)],
				...[actWords[act], subjectName ?? subject ?? ''],
			])
			const more = next === null ? [] : [`There is more: kith audit --before ${next}`]
			output.say({ entries, next }, [...table([['NO', 'WHEN', 'WHO', 'WHAT', 'WHOM'], ...rows]), ...more])
		})
}
