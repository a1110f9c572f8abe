/** What a person, or a guest, can do with files of messages. */
import { fail, ok } from '#protocol/result.ts'
import type { FileCommands, KithError } from './api.ts'
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

	return {
		fetchFile: async ({ conversation, blob }) => {
			if (session()?.copies.get(conversation)) return fail({ type: 'not-in-copy' })
			const at = found(conversation, blob)
			return at === null ? notHere : at.files.fetch(conversation, at.attachment, at.event)
		},
		stopFile: async ({ blob }) => {
			session()?.files.stop(blob)
			return ok(null)
		},
		readFile: async ({ conversation, blob, index }) => {
			const at = found(conversation, blob)
			return at === null ? notHere : at.files.chunk(at.attachment, index)
		},
	}
}
