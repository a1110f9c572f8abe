/** Copies made and taken in: loaded with the first of them. */
import type { ConversationContext } from '../context.ts'
import type { CoreDeps } from '../deps.ts'
import { createExports, type ExportParts, type Exports } from '../export/exports.ts'
import type { Copies } from './copies.ts'
import { createImports, type Imports } from './imports.ts'
import { createPassphrases } from './passphrases.ts'

export interface Copying {
	readonly exports: Exports
	readonly imports: Imports
}

export function createCopying(
	context: ConversationContext,
	{ deps, copies, ...parts }: Omit<ExportParts, 'passphrases'> & { readonly deps: CoreDeps; readonly copies: Copies },
): Copying {
	const passphrases = createPassphrases(deps)
	return {
		exports: createExports(context, { ...parts, passphrases }),
		imports: createImports(context, { copies, passphrases }),
	}
}
