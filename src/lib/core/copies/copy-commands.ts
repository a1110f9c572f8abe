/** What a person can do with copies: those that are made here, and those that were brought. */
import { ok } from '#protocol/result.ts'
import type { Commands } from '../api.ts'
import type { SignedIn } from '../signed-in.ts'

type CopyCommandName =
	'beginExport' | 'nextOfExport' | 'endExport' | 'beginImport' | 'nextOfImport' | 'endImport' | 'deleteCopy'

export function copyCommands(signedIn: SignedIn): Pick<Commands, CopyCommandName> {
	return {
		beginExport: (wish) => signedIn(async ({ copying }) => (await copying.open()).exports.begin(wish)),
		nextOfExport: ({ key }) => signedIn(async ({ copying }) => (await copying.open()).exports.next(key)),
		endExport: ({ key }) =>
			signedIn(async ({ copying }) => {
				await copying.opened()?.exports.end(key)
				return ok(null)
			}),
		beginImport: (input) => signedIn(async ({ copying }) => (await copying.open()).imports.begin(input)),
		nextOfImport: ({ key }) => signedIn(async ({ copying }) => (await copying.open()).imports.next(key)),
		endImport: ({ key }) =>
			signedIn(async ({ copying }) => {
				await copying.opened()?.imports.end(key)
				return ok(null)
			}),
		deleteCopy: ({ conversation }) =>
			signedIn(async ({ copies }) => {
				await copies.remove(conversation)
				return ok(null)
			}),
	}
}
