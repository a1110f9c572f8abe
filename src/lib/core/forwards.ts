/**
 * A message into other conversations, as one of ours. A blob belongs to one conversation, whose members alone may read it, and
 * its key to one file of one message: so each of them gets files of its own, sealed anew from what lies on this device.
 */
import type { Bytes } from '#protocol/bytes.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { KithError } from './api.ts'
import type { Conversation } from './conversation.ts'
import type { Files } from './files.ts'

/** What of a message goes into another conversation. */
export interface Forwardable {
	readonly event: Bytes
	readonly text: string
	readonly attachments: readonly Attachment[]
}

export interface Forward {
	readonly from: Conversation
	readonly key: string
	readonly targets: readonly Conversation[]
}

/** Nothing is written anywhere before all files are sealed for all; refused, nothing is left of them. */
export async function forward(
	files: Pick<Files, 'copy' | 'drop'>,
	{ from, key, targets }: Forward,
): Promise<Result<null, KithError>> {
	const message = from.forwardable(key)
	if (message === null) return fail({ type: 'not-here' })
	const { event, text, attachments } = message
	const copies = targets.map((target) => ({ target, sealed: [] as Attachment[] }))
	// File by file: what came down for one makes room for the next.
	for (const attachment of attachments) {
		for (const { target, sealed } of copies) {
			const copy = await files.copy({ conversation: from.id, attachment, event }, target.id)
			if (!copy.ok) {
				await files.drop(copies.flatMap((each) => each.sealed))
				return copy
			}
			sealed.push(copy.value)
		}
	}
	for (const { target, sealed } of copies) await target.forward(text, sealed)
	return ok(null)
}
