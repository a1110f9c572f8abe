/** What a person, or a guest, can do with files of messages. */
import type { Attachment } from '#protocol/plaintext.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { ConversationId, FileCommands, KithError } from './api.ts'
import { copiedFile, type CopiedFiles, type CopyAt } from './copies/copied-files.ts'
import type { Copies } from './copies/copies.ts'
import type { GuestSession } from './guest-session.ts'
import type { SignedInSession } from './signed-in.ts'

const notHere = fail<KithError>({ type: 'not-here' })

/** Null where nobody is signed in, or nobody looks around. */
export function fileCommands(session: () => SignedInSession | null, guest: () => GuestSession | null): FileCommands {
	function found(conversation: string, blob: string) {
		const room = guest()?.room(conversation)
		const file = (session()?.conversations.get(conversation) ?? room)?.fileOf(blob)
		const files = session()?.files ?? room?.files
		return file == null || files === undefined ? null : { files, ...file }
	}

	function copyOf(conversation: ConversationId) {
		const { copies, files } = session() ?? {}
		if (copies === undefined || files === undefined || copies.get(conversation) === null) return null
		return { id: conversation, copies, copied: files.copied }
	}

	return {
		fetchFile: async ({ conversation, blob }) => {
			const copy = copyOf(conversation)
			if (copy !== null)
				return fileOfCopy(copy, blob, async ({ copied, at, attachment }) => copiedFile(copied, at, attachment))
			const at = found(conversation, blob)
			return at === null ? notHere : at.files.fetch(conversation, at.attachment, at.event)
		},
		stopPreparing: async ({ conversation }) => {
			session()?.files.stopPreparing(conversation)
			return ok(null)
		},
		stopFile: async ({ blob }) => {
			session()?.files.stop(blob)
			return ok(null)
		},
		readFile: async ({ conversation, blob, index }) => {
			const copy = copyOf(conversation)
			if (copy !== null)
				return fileOfCopy(copy, blob, ({ copied, at, attachment }) => copied.piece(at, attachment, index))
			const at = found(conversation, blob)
			return at === null ? notHere : at.files.piece(at.attachment, index)
		},
	}
}

interface FileOfCopy {
	readonly copied: CopiedFiles
	readonly at: CopyAt
	readonly attachment: Attachment
}

async function fileOfCopy<T>(
	{ id, copies, copied }: { readonly id: ConversationId; readonly copies: Copies; readonly copied: CopiedFiles },
	blob: string,
	act: (file: FileOfCopy) => Promise<Result<T, KithError>>,
): Promise<Result<T, KithError>> {
	const file = await copies.file(id, blob)
	return file === null ? fail({ type: 'not-in-copy' }) : act({ copied, ...file })
}
