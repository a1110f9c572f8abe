/** What a new epoch needs, from the log as it stands: recipients, links, and the key that it leads back to. */
import type { BoxTarget, EpochWish } from '#crypto/conversation-builder.ts'
import type { EpochKey } from '#crypto/epoch.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { AccountId, KithError } from './api.ts'
import { linkTargetsOf, movedSince, targetsOf } from './box-targets.ts'
import type { ConversationContext } from './context.ts'

type WishContext = Pick<ConversationContext, 'accounts' | 'forks' | 'logs' | 'crypto' | 'keyring' | 'sealing'>

export interface WishedEpoch {
	readonly wish: EpochWish
	/** Recipients of whom the log names an older head, or none. */
	readonly moved: readonly BoxTarget[]
}

/** For these accounts, whoever is in now. `links`: false where the entry ends them. */
export async function wishEpoch(
	context: WishContext,
	state: ConversationState,
	{ accounts, links, again }: { accounts: readonly AccountId[]; links: boolean; again: boolean },
): Promise<Result<WishedEpoch, KithError>> {
	const step = context.sealing.begin(accounts.length)
	const stopped = (error: KithError) => {
		step.end()
		return fail(error)
	}
	const members = await targetsOf(context, accounts, again, step.found)
	if (!members.ok) return stopped(members.error)
	const linkTargets = links ? await linkTargetsOf(context, state) : ok([])
	if (!linkTargets.ok) return stopped(linkTargets.error)
	const previous = state.policy.history === 'shared' ? await previousKey(context, state) : null
	if (state.policy.history === 'shared' && previous === null) return stopped({ type: 'not-here' })
	const n = state.epochs.length + 1
	const ingredients = { conversation: state.id, n, members: members.value, links: linkTargets.value, previous }
	return ok({ wish: { ...ingredients, progress: step.sealed }, moved: movedSince(state, members.value) })
}

/** The newest that is held; past an epoch whose own back link leads nowhere. */
async function previousKey({ keyring }: WishContext, state: ConversationState): Promise<EpochKey | null> {
	const conversation = idToText(state.id)
	const { n } = state.epochs.at(-1) ?? { n: 0 }
	const from = keyring.isBackBad(conversation, n) ? n - 1 : n
	for (let k = from; k >= 1; k--) {
		const key = await keyring.secret(conversation, k)
		if (key !== null) return key
	}
	return null
}
