/** What an administrator may do to an account: named predicates, each with its sentence and the code that says it (product A4). */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { ok } from '#protocol/result.ts'
import type { AccountRow, Role } from './ports.ts'
import { refuse, type Decided } from './refusal.ts'

export interface AdministrationCase {
	/** Who acts, as he stands in the database now; null: he is gone, or is the operator. */
	readonly by: AccountRow | null
	/** Who is acted upon. */
	readonly person: AccountRow | null
	/** Administrators who may sign in. */
	readonly admins: readonly Bytes[]
}

export interface AdministrationRule {
	readonly code: WireErrorCode
	readonly sentence: string
	readonly holds: (about: AdministrationCase) => boolean
}

export function isAdministrator(person: Pick<AccountRow, 'role' | 'disabledAt'> | null): boolean {
	return person !== null && person.role === 'admin' && person.disabledAt === null
}

const isDoneByAnAdministrator: AdministrationRule = {
	code: 'forbidden',
	sentence: 'Only an administrator who may sign in administers.',
	holds: ({ by }) => isAdministrator(by),
}

const isHere: AdministrationRule = {
	code: 'not-found',
	sentence: 'Who is administered has an account here.',
	holds: ({ person }) => person !== null,
}

const isSomebodyElse: AdministrationRule = {
	code: 'yourself',
	sentence: 'Nobody closes his own account by the administration: he would not know whom to ask.',
	holds: ({ by, person }) => by !== null && person !== null && !equalBytes(by.account, person.account),
}

const leavesAnAdministrator: AdministrationRule = {
	code: 'last-admin',
	sentence: 'There is always an administrator who may sign in.',
	holds: ({ person, admins }) => admins.some((admin) => person === null || !equalBytes(admin, person.account)),
}

const isAPerson: AdministrationRule = {
	code: 'forbidden',
	sentence: 'A bot administers nothing.',
	holds: ({ person }) => person === null || person.owner === null,
}

const isABot: AdministrationRule = {
	code: 'not-found',
	sentence: 'What is closed or opened as a bot is one.',
	holds: ({ person }) => person === null || person.owner !== null,
}

export const disableRules: readonly AdministrationRule[] = [
	isDoneByAnAdministrator,
	isHere,
	isSomebodyElse,
	leavesAnAdministrator,
]

/** By the operator, who has no account and asks nobody. */
export const closeRules: readonly AdministrationRule[] = [isHere, leavesAnAdministrator]
export const openRules: readonly AdministrationRule[] = [isHere]
export const closeBotRules: readonly AdministrationRule[] = [isHere, isABot]
export const openBotRules: readonly AdministrationRule[] = [isHere, isABot]
export const raiseRules: readonly AdministrationRule[] = [isHere, isAPerson]

export const enableRules: readonly AdministrationRule[] = [isDoneByAnAdministrator, isHere]

export function roleRules(role: Role): readonly AdministrationRule[] {
	const always = [isDoneByAnAdministrator, isHere]
	return role === 'admin' ? [...always, isAPerson] : [...always, leavesAnAdministrator]
}

/** The first rule that does not hold decides. */
export function judgeAdministration(
	rules: readonly AdministrationRule[],
	about: AdministrationCase,
): Decided<AccountRow> {
	const broken = rules.find((rule) => !rule.holds(about))
	if (broken !== undefined) return refuse(broken.code)
	return about.person === null ? refuse('not-found') : ok(about.person)
}
