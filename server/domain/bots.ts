/**
 * Bots: accounts of programs (docs/decisions/0361). Their owner makes one and is shown a token, once; with it the program signs up, with
 * keys of its own, and the token is spent. What a bot may do stands beside its account, and ends with it, or with its owner.
 */
import { bytesToBase64url, equalBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import type { BotRow, BotScope } from './bot-ports.ts'
import type { Access, Caller } from './domain.ts'
import { foldName } from './names.ts'
import type { AccountRow, Repositories } from './ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { endFamily, type SessionContext } from './session-families.ts'
import { decideInTransaction, type Transaction } from './transaction.ts'

export const botLimits = {
	/** Bots of one owner. */
	perOwner: 20,
} as const

/** What the program learns by its token, before it signs up. */
export interface BotInvitation {
	readonly name: string
	readonly owner: Bytes
	readonly ownerName: string
	readonly scopes: readonly BotScope[]
}

export interface BotsApi {
	/** The token is in this answer and nowhere else. Refused: forbidden to bots, bad-name, name-taken, malformed, bots-full, rate-limited. */
	create(
		access: Access,
		about: { name: string; scopes: readonly BotScope[] },
	): Promise<Decided<{ id: string; token: string }>>
	list(access: Access): Promise<readonly BotRow[]>
	/** Its sessions end at once, and nothing opens another. Refused: not-found, also for somebody else's. */
	end(access: Access, id: string): Promise<Decided<null>>
	/** Refused: bad-invite, rate-limited. */
	look(token: string, caller: Caller): Promise<Decided<BotInvitation>>
}

const prefix = 'kith-bot-'

export function createBots(context: SessionContext): BotsApi {
	const { repositories } = context
	return {
		create: (access, about) => create(context, access, about),
		list: ({ account }) => repositories.bots.of(account),
		end: (access, id) =>
			decideInTransaction(context.unitOfWork, async (transaction) => {
				const bots = await transaction.repositories.bots.of(access.account)
				const bot = bots.find((row) => row.id === id)
				if (bot === undefined) return refuse('not-found')
				await endBot(context, transaction, bot)
				return ok(null)
			}),
		look: async (token, { ip }) => {
			const bot = await botOfToken(context, repositories, token)
			const owner = bot === null ? null : await repositories.accounts.byId(bot.owner)
			if (bot !== null && owner !== null)
				return ok({ name: bot.name, owner: bot.owner, ownerName: owner.name, scopes: bot.scopes })
			const guessing = await withinLimit(context, 'badGrantByIp', ip)
			return guessing.ok ? refuse('bad-invite') : guessing
		},
	}
}

async function create(
	context: SessionContext,
	access: Access,
	{ name, scopes }: { name: string; scopes: readonly BotScope[] },
): Promise<Decided<{ id: string; token: string }>> {
	const limited = await withinLimit(context, 'inviteByAccount', access.account)
	if (!limited.ok) return limited
	const folded = foldName(name)
	if (folded === null) return refuse('bad-name')
	if (!scopes.includes('read') || new Set(scopes).size !== scopes.length) return refuse('malformed')
	const token = `${prefix}${bytesToBase64url(context.random(32))}`
	const id = bytesToBase64url(context.random(16))
	const row: BotRow = {
		...{ id, owner: access.account, name: folded, scopes, createdAt: context.clock(), account: null, endedAt: null },
		tokenHash: context.hash(utf8ToBytes(token)),
	}
	return decideInTransaction(context.unitOfWork, async ({ repositories }) => {
		const own = await repositories.bots.of(access.account)
		if (own.length >= botLimits.perOwner) return refuse('bots-full')
		const isTaken = own.some((bot) => bot.name === folded) || (await repositories.accounts.byName(folded)) !== null
		if (isTaken) return refuse('name-taken')
		await repositories.bots.insert(row)
		return ok({ id, token })
	})
}

/** Null for a token that was spent, ended, or is of somebody who may not sign in. */
export async function botOfToken(
	{ hash }: Pick<SessionContext, 'hash'>,
	{ bots, accounts }: Repositories,
	token: string,
): Promise<BotRow | null> {
	const bot = await bots.byTokenHash(hash(utf8ToBytes(token)))
	if (bot === null || bot.account !== null || bot.endedAt !== null) return null
	return (await accounts.byId(bot.owner))?.disabledAt === null ? bot : null
}

/** The account stays, closed: what it wrote stands, and nobody else takes its place. */
async function endBot(context: SessionContext, transaction: Transaction, bot: BotRow): Promise<void> {
	const { bots, accounts } = transaction.repositories
	await bots.end(bot.id, context.clock())
	if (bot.account === null) return
	await accounts.setDisabled(bot.account, context.clock())
	await endSessions(context, transaction, bot.account)
}

/** Whoever is closed out takes his bots along: they come back with him. */
export async function endSessionsOfBots(
	context: SessionContext,
	transaction: Transaction,
	owner: Bytes,
): Promise<void> {
	for (const { account } of await transaction.repositories.bots.of(owner))
		if (account !== null) await endSessions(context, transaction, account)
}

async function endSessions(context: SessionContext, transaction: Transaction, account: Bytes): Promise<void> {
	for (const family of await transaction.repositories.sessions.familiesOf(account))
		await endFamily(context, transaction, { family, code: 'disabled' })
}

/** Whoever has no account, a closed one, or a bot's whose end or owner's end has come, signs in nowhere. */
export async function mayActNow(repositories: Repositories, person: AccountRow | null): Promise<Decided<AccountRow>> {
	if (person === null || person.disabledAt !== null) return refuse('disabled')
	const standing = await botStanding(repositories, person)
	return standing.ok ? ok(person) : standing
}

/** May this account act, as far as it is a bot? Undefined scopes: it is none. */
export async function botStanding(
	{ bots, accounts }: Repositories,
	{ account, owner }: { readonly account: Bytes; readonly owner: Bytes | null },
): Promise<Decided<readonly BotScope[] | undefined>> {
	if (owner === null) return ok(undefined)
	const [bot, person] = [await bots.byAccount(account), await accounts.byId(owner)]
	const may = bot !== null && bot.endedAt === null && person !== null && person.disabledAt === null
	return may && equalBytes(bot.owner, owner) ? ok(bot.scopes) : refuse('disabled')
}
