/**
 * Who may write which kind, and whose redaction acts on whom (SPEC CHK10, DEL4). One table for the intrinsic checks,
 * the server's admission and the fold, so that the three never disagree.
 */
import { equalBytes, type Bytes } from './bytes.ts'
import type { Role } from './conversation-log.ts'
import type { Kind } from './envelope.ts'

const writers: Readonly<Record<Kind, readonly Role[]>> = {
	post: ['owner', 'admin', 'member'],
	annotate: ['owner', 'admin', 'member'],
	redact: ['owner', 'admin', 'member'],
}

const writableWhenArchived: readonly Kind[] = ['redact']

/** `role` null: no member at that position. */
export function mayWrite(kind: Kind, role: Role | null, archived: boolean): boolean {
	return role !== null && writers[kind].includes(role) && (!archived || writableWhenArchived.includes(kind))
}

export interface RedactFacts {
	/** idHash of the redact's author, and his role at the redact's logSeq. */
	readonly author: Bytes
	readonly role: Role | null
	/** A page and its parts count as one. */
	readonly page: number
}

export interface TargetFacts {
	readonly author: Bytes
	readonly kind: Kind
	readonly page: number
}

/** Judged for each target apart, whenever both are known; what may not be redacted is no error, it has no effect. */
export function mayRedact(redact: RedactFacts, target: TargetFacts): boolean {
	if (target.kind === 'redact' || target.page !== redact.page) return false
	return equalBytes(redact.author, target.author) || redact.role === 'owner' || redact.role === 'admin'
}
