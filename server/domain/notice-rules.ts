/** Who may write a notice to whom: named predicates, each with its sentence and the code that says it (product C5, SPEC CNV37). */
import type { WireErrorCode } from '#protocol/errors.ts'
import { ok } from '#protocol/result.ts'
import { isAdministrator } from './administration-rules.ts'
import type { AccountRow } from './ports.ts'
import { refuse, type Decided } from './refusal.ts'

export interface NoticeCase {
	/** Who writes, as he stands in the database now. */
	readonly by: AccountRow | null
	/** To whom; null: nobody with an account, and a guest has none. */
	readonly to: AccountRow | null
}

interface NoticeRule {
	readonly code: WireErrorCode
	readonly sentence: string
	readonly holds: (about: NoticeCase) => boolean
}

const noticeRules: readonly NoticeRule[] = [
	{
		code: 'forbidden',
		sentence: 'Only an administrator writes as the operator.',
		holds: ({ by }) => isAdministrator(by),
	},
	{
		code: 'unknown-person',
		sentence: 'The operator writes to who has an account here.',
		holds: ({ to }) => to !== null,
	},
]

/** The first rule that does not hold decides. */
export function judgeNotice(about: NoticeCase): Decided<null> {
	const broken = noticeRules.find(({ holds }) => !holds(about))
	return broken === undefined ? ok(null) : refuse(broken.code)
}
