/**
 * Pictures of groups and rooms, which the server cannot see (SPEC PIC): who may name a conversation brings one, members have it.
 * Which one is shown stands in the sealed title; so the newest two are kept, whatever order things come in.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { roleOf } from '#protocol/conversation-case.ts'
import { mayRename } from '#protocol/conversation-rights.ts'
import { PICTURES_KEPT } from '#protocol/limits.ts'
import { sealedPictureMax } from '#protocol/picture.ts'
import { ok } from '#protocol/result.ts'
import type { Access, ConversationStates, DomainPorts } from './domain.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

export interface PictureRef {
	readonly conversation: Bytes
	/** 16 bytes: what its hash gives it for a name. */
	readonly picture: Bytes
}

export interface Pictures {
	/** The same again changes nothing. Refused: not-found, forbidden, too-large, rate-limited. */
	put(access: Access, about: PictureRef & { readonly sealed: Bytes }): Promise<Decided<null>>
	/** Refused: not-found, also to whoever is no member. */
	read(access: Access, about: PictureRef): Promise<Decided<Bytes>>
}

interface Context extends DomainPorts {
	readonly conversationStates: ConversationStates
}

export function createPictures(context: Context): Pictures {
	const { conversationStates, repositories, unitOfWork, clock } = context
	return {
		put: async (access, { conversation, picture, sealed }) => {
			const limited = await withinLimit(context, 'writeByAccount', access.account)
			if (!limited.ok) return limited
			const state = await conversationStates.get(conversation)
			if (state === null || roleOf(state, access.account) === null) return refuse('not-found')
			if (!mayRename(state, access.account)) return refuse('forbidden')
			if (sealed.length > sealedPictureMax) return refuse('too-large')
			await unitOfWork.transaction(async ({ pictures }) => {
				await pictures.put({ conversation, picture, sealed, at: clock() })
				await pictures.keepNewest(conversation, PICTURES_KEPT)
			})
			return ok(null)
		},
		read: async (access, { conversation, picture }) => {
			const state = await conversationStates.get(conversation)
			const isMember = state !== null && roleOf(state, access.account) !== null
			const sealed = isMember ? await repositories.pictures.sealed(conversation, picture) : null
			return sealed === null ? refuse('not-found') : ok(sealed)
		},
	}
}
