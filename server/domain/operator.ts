/**
 * What the operator may do from the machine that the server runs on, without an account of his own: who can read the data
 * folder is trusted with it already. The edge is the command line (server/ops). It reaches no content and signs nothing:
 * what only members can say (archiving a room, changing a password) is not here.
 */
import { bytesToBase64url, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { encodeLinkFragment } from '#protocol/link.ts'
import { ok } from '#protocol/result.ts'
import {
	endSessionsOf,
	openRooms,
	storedFigures,
	type AdministrationContext,
	type OpenRoom,
	type StoredFigures,
} from './administration.ts'
import type { AdminAct } from '#protocol/http/admin-acts.ts'
import { auditPage, noteAct, type AuditPage } from './audit.ts'
import type { BotScope } from './bot-ports.ts'
import {
	closeBotRules,
	closeRules,
	judgeAdministration,
	openBotRules,
	openRules,
	raiseRules,
	type AdministrationRule,
} from './administration-rules.ts'
import { drawSetupToken } from './instance.ts'
import { foldName } from './names.ts'
import type { AccountRow, Repositories, SessionFamily } from './ports.ts'
import { refuse, type Decided } from './refusal.ts'
import { decideInTransaction, type Transaction } from './transaction.ts'

export interface OperatorInvite {
	/** What stands behind the # of the link. */
	readonly fragment: string
	/** In whose name it is given, who will be asked to be friends. */
	readonly by: string
	readonly expiresAt: number
}

export interface OperatorFigures extends StoredFigures {
	readonly files: number
	readonly fileBytes: number
}

/** A bot that was not ended, and whose it is. */
export interface OperatorBot {
	readonly name: string
	readonly owner: string
	readonly scopes: readonly BotScope[]
	readonly createdAt: number
	/** `awaited`: its program has not come yet. `closed`: it may not act, or its owner may not. */
	readonly state: 'awaited' | 'open' | 'closed'
}

/** People are named by their usernames. Refused besides: not-found. */
export interface Operator {
	/** All whose name has `search` in it, by name. */
	users(search: string): Promise<readonly AccountRow[]>
	/** All sessions and sockets end at once. Refused: last-admin. */
	disable(name: string): Promise<Decided<null>>
	enable(name: string): Promise<Decided<null>>
	/** Makes somebody an administrator who may sign in. */
	makeAdmin(name: string): Promise<Decided<null>>
	sessions(name: string): Promise<Decided<readonly SessionFamily[]>>
	/** Of everybody, by name. */
	bots(): Promise<readonly OperatorBot[]>
	/** As with a person. Refused besides: not-found for somebody who is none. */
	disableBot(name: string): Promise<Decided<null>>
	enableBot(name: string): Promise<Decided<null>>
	/** The set-up link's token anew. Refused: set-up-done. */
	setupToken(): Promise<Decided<string>>
	/** A secret was drawn anew: noted, and nothing else. */
	noteRotation(act: Extract<AdminAct, `rotate-${string}`>): Promise<void>
	/** `by` null: in the name of the first administrator. */
	invite(about: { by: string | null; uses: number; days: number }): Promise<Decided<OperatorInvite>>
	rooms(): Promise<{ readonly open: readonly OpenRoom[]; readonly private: number }>
	figures(): Promise<OperatorFigures>
	/** What administrators and the operator did, the newest first. */
	audit(about: { before: number | null; limit: number }): Promise<AuditPage>
}

const day = 24 * 60 * 60 * 1000
const pageOfUsers = 500

export function createOperator(context: AdministrationContext): Operator {
	const { repositories } = context
	return {
		users: (search) => allUsers(repositories, search.trim().toLowerCase()),
		disable: (name) => close(context, name, closeRules),
		enable: (name) => open(context, name, openRules),
		makeAdmin: (name) =>
			administer(
				context,
				{ name, rules: raiseRules, act: 'make-admin' },
				async ({ repositories: inside }, { account }) => {
					await inside.accounts.setRole(account, 'admin')
					await inside.accounts.setDisabled(account, null)
				},
			),
		sessions: async (name) => {
			const person = await named(repositories, name)
			return person === null ? refuse('not-found') : ok(await repositories.sessions.familiesOf(person.account))
		},
		bots: () => allBots(repositories),
		disableBot: (name) => close(context, name, closeBotRules),
		enableBot: (name) => open(context, name, openBotRules),
		setupToken: async () => {
			const token = await drawSetupToken(context)
			if (token === null) return refuse('set-up-done')
			await context.unitOfWork.transaction((inside) => noteAct(inside, context, { by: null, act: 'set-up-link' }))
			return ok(token)
		},
		noteRotation: (act) => context.unitOfWork.transaction((inside) => noteAct(inside, context, { by: null, act })),
		invite: (about) => invite(context, about),
		rooms: () => openRooms(context),
		audit: (about) => auditPage(repositories, about),
		figures: async () => {
			const { count, bytes } = await repositories.blobs.total()
			return { ...(await storedFigures(repositories)), files: count, fileBytes: bytes }
		},
	}
}

async function allUsers({ accounts }: Repositories, search: string): Promise<AccountRow[]> {
	const rows: AccountRow[] = []
	for (let after = ''; ; after = rows.at(-1)?.name ?? '') {
		const page = await accounts.page({ search, after, limit: pageOfUsers })
		rows.push(...page)
		if (page.length < pageOfUsers) return rows
	}
}

async function named({ accounts }: Repositories, name: string): Promise<AccountRow | null> {
	const folded = foldName(name)
	return folded === null ? null : accounts.byName(folded)
}

function administer(
	context: AdministrationContext,
	{ name, rules, act }: { name: string; rules: readonly AdministrationRule[]; act: AdminAct },
	carryOut: (transaction: Transaction, person: AccountRow) => Promise<void>,
): Promise<Decided<null>> {
	return decideInTransaction(context.unitOfWork, async (transaction) => {
		const { repositories } = transaction
		const person = await named(repositories, name)
		const judged = judgeAdministration(rules, { by: null, person, admins: await repositories.accounts.admins() })
		if (!judged.ok) return judged
		await carryOut(transaction, judged.value)
		await noteAct(repositories, context, { by: null, act, subject: judged.value.account })
		return ok(null)
	})
}

function close(
	context: AdministrationContext,
	name: string,
	rules: readonly AdministrationRule[],
): Promise<Decided<null>> {
	return administer(context, { name, rules, act: 'close-account' }, async (transaction, { account, disabledAt }) => {
		if (disabledAt === null) await transaction.repositories.accounts.setDisabled(account, context.clock())
		await endSessionsOf(context, transaction, account)
	})
}

function open(
	context: AdministrationContext,
	name: string,
	rules: readonly AdministrationRule[],
): Promise<Decided<null>> {
	return administer(context, { name, rules, act: 'open-account' }, ({ repositories }, { account }) =>
		repositories.accounts.setDisabled(account, null),
	)
}

async function allBots({ bots, accounts }: Repositories): Promise<OperatorBot[]> {
	const shown: OperatorBot[] = []
	for (const { name, owner, scopes, createdAt, account } of await bots.all()) {
		const person = await accounts.byId(owner)
		const own = account === null ? null : await accounts.byId(account)
		const isClosed = person?.disabledAt !== null || (own !== null && own.disabledAt !== null)
		const state = isClosed ? 'closed' : own === null ? 'awaited' : 'open'
		shown.push({ name, owner: person?.name ?? '', scopes, createdAt, state })
	}
	return shown
}

function invite(
	context: AdministrationContext,
	{ by, uses, days }: { by: string | null; uses: number; days: number },
): Promise<Decided<OperatorInvite>> {
	const token = context.random(24)
	const expiresAt = context.clock() + days * day
	return decideInTransaction(context.unitOfWork, async ({ repositories }) => {
		const inviter = by === null ? await firstAdmin(repositories) : await named(repositories, by)
		if (inviter === null || inviter.disabledAt !== null) return refuse('not-found')
		await repositories.invites.insert({
			id: bytesToBase64url(context.random(9)),
			tokenHash: context.hash(utf8ToBytes(bytesToBase64url(token))),
			createdBy: inviter.account,
			...{ createdAt: context.clock(), expiresAt, usesLeft: uses },
		})
		await noteAct(repositories, context, { by: null, act: 'invite', subject: inviter.account })
		const fragment = await linkOf(context, inviter.account, token)
		return fragment === null ? refuse('not-found') : ok({ fragment, by: inviter.name, expiresAt })
	})
}

async function firstAdmin({ accounts }: Repositories): Promise<AccountRow | null> {
	const rows = await Promise.all((await accounts.admins()).map((account) => accounts.byId(account)))
	const admins = rows.filter((row) => row !== null)
	return admins.toSorted((a, b) => a.createdAt - b.createdAt)[0] ?? null
}

/** The inviter's own link, as his client would make it. */
async function linkOf({ accountStates, instance }: AdministrationContext, account: Bytes, token: Bytes) {
	const state = await accountStates.get(account)
	if (state === null) return null
	const { seq, hash } = state.head
	const head = { seq, hash16: hash.slice(0, 16) }
	return encodeLinkFragment({ type: 'friend', server: instance.serverId, idHash: account, head, invite: token })
}
