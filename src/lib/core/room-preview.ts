/** What the holder of a link sees before he joins: from the verified log, and from the name that the link's key opens. */
import { deriveEpochKeys, openBack, type Back, type EpochKey } from '#crypto/epoch.ts'
import { openTitle } from '#crypto/title-seal.ts'
import { isArchivedAt } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { KithError, RoomPreview } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { OpenedRoom } from './link-opener.ts'

type Context = Pick<ConversationContext, 'crypto' | 'accounts' | 'friends'>

/** `link`: its id, base64url. */
export async function toRoomPreview(
	{ crypto, accounts, friends }: Context,
	{ state, key, link }: OpenedRoom & { readonly link: string },
): Promise<Result<RoomPreview, KithError>> {
	const { kind, policy, members } = state
	const role = state.links.get(link)?.role
	if (kind !== 'group' && kind !== 'room-open' && kind !== 'room-private') return fail({ type: 'not-here' })
	if (role === undefined) return fail({ type: 'server', code: 'bad-link' })
	const title = await titleBy(crypto, state, key)
	const known = [...members.keys()].filter((account) => friends.stateOf(account) === 'accepted')
	return ok({
		conversation: idToText(state.id),
		kind,
		name: title?.name ?? '',
		topic: title?.topic ?? '',
		members: members.size,
		friends: known.map(accounts.person),
		role,
		history: policy.history,
		archived: isArchivedAt(state, state.head.seq),
	})
}

/** The name may be sealed under a key of before: back links lead there, where newcomers read what was written earlier. */
async function titleBy(crypto: Context['crypto'], state: ConversationState, newest: EpochKey) {
	const { title } = state
	let key: EpochKey | null = newest
	while (title !== null && key !== null && key.n > title.n) {
		const back: Back | null = state.epochs[key.n - 1]?.back ?? null
		const commit = back === null ? undefined : state.epochs[back.m - 1]?.commit
		if (back === null || commit === undefined) return null
		const led: Awaited<ReturnType<typeof openBack>> = await openBack(crypto, key, { back, commit })
		key = led.ok ? led.value : null
	}
	return title === null || key?.n !== title.n ? null : openTitle(crypto, deriveEpochKeys(key), title)
}
