/**
 * The audit log: who of those that administer did what, to whom, and when. Noted in the transaction that does it, so that
 * neither is there without the other. It holds ids and names of acts; never content, links or tokens.
 */
import type { AdminAct } from '#protocol/http/admin-acts.ts'
import type { Bytes } from '#protocol/bytes.ts'
import type { DomainPorts } from './domain.ts'
import type { Repositories } from './ports.ts'

export interface AuditEntry {
	readonly seq: number
	readonly at: number
	/** Null: the operator, at the machine. */
	readonly by: Bytes | null
	/** Null too where the account is not there any more. */
	readonly byName: string | null
	readonly act: AdminAct
	readonly subject: Bytes | null
	/** Where it is an account that is here. */
	readonly subjectName: string | null
}

export interface AuditPage {
	readonly entries: readonly AuditEntry[]
	/** `before` of the next page; null on the last. */
	readonly next: number | null
}

interface Done {
	readonly by: Bytes | null
	readonly act: AdminAct
	readonly subject?: Bytes
}

/** Inside the transaction of the act. */
export function noteAct(
	{ adminActs }: Repositories,
	{ clock }: Pick<DomainPorts, 'clock'>,
	{ by, act, subject }: Done,
): Promise<void> {
	return adminActs.insert({ at: clock(), by, act, subject: subject ?? null })
}

export async function auditPage(
	{ adminActs, accounts }: Repositories,
	{ before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<AuditPage> {
	// One more than shown: whether there is a next page.
	const rows = await adminActs.page({ before: before ?? Number.MAX_SAFE_INTEGER, limit: limit + 1 })
	const nameOf = async (id: Bytes | null) => (id === null ? null : ((await accounts.byId(id))?.name ?? null))
	const shown = rows.slice(0, limit)
	const entries: AuditEntry[] = []
	for (const { by, subject, act, ...row } of shown)
		entries.push({
			...{ ...row, by, subject, act: act as AdminAct },
			...{ byName: await nameOf(by), subjectName: await nameOf(subject) },
		})
	return { entries, next: rows.length > limit ? (shown.at(-1)?.seq ?? null) : null }
}

const day = 24 * 60 * 60 * 1000

/** What is older than the operator wants to keep. */
export function dropOldActs({ unitOfWork, clock, policy }: DomainPorts): Promise<void> {
	return unitOfWork.transaction(({ adminActs }) => adminActs.deleteBefore(clock() - policy.auditDays * day))
}
