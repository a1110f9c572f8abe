/** What a person can do with copies: those that are made here, and those that were brought. */
import { ok, type Result } from '#protocol/result.ts'
import type { Commands, KithError } from '../api.ts'
import type { SignedInSession } from '../signed-in.ts'

type SignedIn = <T>(work: (session: SignedInSession) => Promise<Result<T, KithError>>) => Promise<Result<T, KithError>>

type CopyCommandName =
	'beginExport' | 'nextOfExport' | 'endExport' | 'beginImport' | 'nextOfImport' | 'endImport' | 'deleteCopy'

export function copyCommands(signedIn: SignedIn): Pick<Commands, CopyCommandName> {
	return {
		beginExport: (wish) => signedIn(({ exports }) => exports.begin(wish)),
		nextOfExport: ({ key }) => signedIn(({ exports }) => exports.next(key)),
		endExport: ({ key }) =>
			signedIn(async ({ exports }) => {
				await exports.end(key)
				return ok(null)
			}),
		beginImport: (input) => signedIn(({ imports }) => imports.begin(input)),
		nextOfImport: ({ key }) => signedIn(({ imports }) => imports.next(key)),
		endImport: ({ key }) =>
			signedIn(async ({ imports }) => {
				await imports.end(key)
				return ok(null)
			}),
		deleteCopy: ({ conversation }) =>
			signedIn(async ({ copies }) => {
				await copies.remove(conversation)
				return ok(null)
			}),
	}
}
