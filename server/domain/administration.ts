/** The administration of an instance: who is here and what he may do, which open rooms there are, and what is stored. */
import type { Bytes } from '#protocol/bytes.ts'
import { isArchivedAt } from '#protocol/conversation-lookups.ts'
import { ok } from '#protocol/result.ts'
import {
	disableRules,
	enableRules,
	judgeAdministration,
	roleRules,
	type AdministrationCase,
} from './administration-rules.ts'
import { auditPage, noteAct, type AuditPage } from './audit.ts'
import { endSessionsOfBots } from './bots.ts'
import type { Access, ConversationStates } from './domain.ts'
import type { AccountRow, ReportRow, Repositories, Role } from './ports.ts'
import { refuse, type Decided } from './refusal.ts'
import { endFamily, type SessionContext } from './session-families.ts'
import { decideInTransaction, type Transaction } from './transaction.ts'

export interface UsersPage {
	readonly users: readonly AccountRow[]
	/** How many the search finds in all. */
	readonly total: number
	/** `after` of the next page; null on the last. */
	readonly next: string | null
}

export interface OpenRoom {
	readonly conversation: Bytes
	/** As it stands in the directory; null where it was never listed. */
	readonly name: string | null
	readonly members: number
	readonly archived: boolean
	readonly createdAt: number
	/** 0 before the first message. */
	readonly lastAt: number
}

export interface StoredFigures {
	readonly accounts: number
	readonly disabled: number
	readonly admins: number
	readonly conversations: {
		readonly direct: number
		readonly groups: number
		readonly openRooms: number
		readonly privateRooms: number
		readonly notices: number
	}
	readonly messages: number
	readonly messageBytes: number
	readonly databaseBytes: number
}

/** Refused besides: forbidden to everybody who is no administrator now. */
export interface Administration {
	users(access: Access, about: { search: string; after: string; limit: number }): Promise<Decided<UsersPage>>
	/** Refused: not-found, yourself, last-admin. */
	disable(access: Access, account: Bytes): Promise<Decided<null>>
	/** Refused: not-found. */
	enable(access: Access, account: Bytes): Promise<Decided<null>>
	/** Refused: not-found, last-admin. */
	setRole(access: Access, account: Bytes, role: Role): Promise<Decided<null>>
	rooms(access: Access): Promise<Decided<{ open: readonly OpenRoom[]; private: number }>>
	figures(access: Access): Promise<Decided<StoredFigures>>
	/** What administrators and the operator did, the newest first; `before` null: from the newest. */
	audit(access: Access, about: { before: number | null; limit: number }): Promise<Decided<AuditPage>>
	/** To the operator. */
	reports(access: Access): Promise<Decided<readonly ReportRow[]>>
	/** Refused: not-found. */
	dismissReport(access: Access, id: Bytes): Promise<Decided<null>>
}

export interface AdministrationContext extends SessionContext {
	readonly conversationStates: ConversationStates
}

export function createAdministration(context: AdministrationContext): Administration {
	const { repositories, unitOfWork } = context
	const forAdmins = async <T>({ role }: Access, ask: () => Promise<T>): Promise<Decided<T>> =>
		role === 'admin' ? ok(await ask()) : refuse('forbidden')
	return {
		users: (access, about) => forAdmins(access, () => usersPage(repositories, about)),
		disable: (access, account) => disable(context, access, account),
		enable: (access, account) => enable(context, access, account),
		setRole: (access, account, role) => setRole(context, access, { account, role }),
		rooms: (access) => forAdmins(access, () => openRooms(context)),
		figures: (access) => forAdmins(access, () => storedFigures(repositories)),
		audit: (access, about) => forAdmins(access, () => auditPage(repositories, about)),
		reports: (access) => forAdmins(access, () => repositories.reports.toOperator()),
		dismissReport: async (access, id) => {
			if (access.role !== 'admin') return refuse('forbidden')
			return decideInTransaction(unitOfWork, async ({ repositories: inside }) => {
				if (!(await inside.reports.delete(id, null))) return refuse('not-found')
				await noteAct(inside, context, { by: access.account, act: 'dismiss-report', subject: id })
				return ok(null)
			})
		},
	}
}

async function usersPage(
	{ accounts }: Repositories,
	{ search, after, limit }: { search: string; after: string; limit: number },
): Promise<UsersPage> {
	const folded = search.trim().toLowerCase()
	// One more than shown: whether there is a next page.
	const rows = await accounts.page({ search: folded, after, limit: limit + 1 })
	const users = rows.slice(0, limit)
	const next = rows.length > limit ? (users.at(-1)?.name ?? null) : null
	return { users, total: await accounts.count(folded), next }
}

/** Inside the transaction that acts: two administrators who take each other's role cannot both succeed. */
async function caseOf({ accounts }: Repositories, access: Access, account: Bytes): Promise<AdministrationCase> {
	return {
		by: await accounts.byId(access.account),
		person: await accounts.byId(account),
		admins: await accounts.admins(),
	}
}

function disable(context: AdministrationContext, access: Access, account: Bytes): Promise<Decided<null>> {
	return decideInTransaction(context.unitOfWork, async (transaction) => {
		const { repositories } = transaction
		const judged = judgeAdministration(disableRules, await caseOf(repositories, access, account))
		if (!judged.ok) return judged
		if (judged.value.disabledAt === null) await repositories.accounts.setDisabled(account, context.clock())
		await endSessionsOf(context, transaction, account)
		await noteAct(repositories, context, { by: access.account, act: 'close-account', subject: account })
		return ok(null)
	})
}

export async function endSessionsOf(context: SessionContext, transaction: Transaction, account: Bytes): Promise<void> {
	for (const family of await transaction.repositories.sessions.familiesOf(account))
		await endFamily(context, transaction, { family, code: 'disabled' })
	await endSessionsOfBots(context, transaction, account)
}

function enable(context: AdministrationContext, access: Access, account: Bytes): Promise<Decided<null>> {
	return decideInTransaction(context.unitOfWork, async ({ repositories }) => {
		const judged = judgeAdministration(enableRules, await caseOf(repositories, access, account))
		if (!judged.ok) return judged
		await repositories.accounts.setDisabled(account, null)
		await noteAct(repositories, context, { by: access.account, act: 'open-account', subject: account })
		return ok(null)
	})
}

function setRole(
	context: AdministrationContext,
	access: Access,
	{ account, role }: { account: Bytes; role: Role },
): Promise<Decided<null>> {
	return decideInTransaction(context.unitOfWork, async ({ repositories }) => {
		const judged = judgeAdministration(roleRules(role), await caseOf(repositories, access, account))
		if (!judged.ok) return judged
		await repositories.accounts.setRole(account, role)
		const act = role === 'admin' ? 'make-admin' : 'make-user'
		await noteAct(repositories, context, { by: access.account, act, subject: account })
		return ok(null)
	})
}

export async function openRooms({ repositories, conversationStates }: AdministrationContext) {
	const { figures, conversations, rooms: directory } = repositories
	const listings = new Map((await directory.listings()).map((row) => [String(row.conversation), row.name]))
	const open = await Promise.all(
		(await figures.ofKind('room-open')).map(async ({ conversation, createdAt, lastAt }): Promise<OpenRoom> => {
			const state = await conversationStates.get(conversation)
			return {
				...{ conversation, createdAt, lastAt },
				name: listings.get(String(conversation)) ?? null,
				members: (await conversations.members(conversation)).length,
				archived: state !== null && isArchivedAt(state, state.head.seq),
			}
		}),
	)
	return { open, private: (await figures.byKind()).get('room-private') ?? 0 }
}

export async function storedFigures({ accounts, figures: stored }: Repositories): Promise<StoredFigures> {
	const kinds = await stored.byKind()
	const of = (kind: string) => kinds.get(kind) ?? 0
	const { rows, bytes } = await stored.events()
	return {
		accounts: await accounts.count(''),
		disabled: await stored.disabled(),
		admins: (await accounts.admins()).length,
		conversations: {
			direct: of('dm'),
			groups: of('group'),
			openRooms: of('room-open'),
			privateRooms: of('room-private'),
			notices: of('notice'),
		},
		messages: rows,
		messageBytes: bytes,
		databaseBytes: await stored.databaseBytes(),
	}
}
