/** To whom keys are sealed: verified accounts and links, as a log names them. */
import { inBatches } from '#crypto/batches.ts'
import type { BoxTarget, LinkTarget } from '#crypto/conversation-builder.ts'
import { base64urlToBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { accAt } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { AccountId, KithError } from './api.ts'
import type { ConversationContext } from './context.ts'

type Known = Pick<ConversationContext, 'accounts' | 'forks' | 'logs' | 'crypto'>

/** Nobody seals a key to an account of which the server signed two histories. `fresh`: the server is asked for a newer log first. */
export async function targetOf(
	{ accounts, forks }: Pick<Known, 'accounts' | 'forks'>,
	account: AccountId,
	fresh: boolean,
): Promise<Result<BoxTarget, KithError>> {
	const state = fresh ? await accounts.refresh(account) : await accounts.load(account)
	if (!state.ok) return state
	if (forks.of(state.value.idHash) !== null) return fail({ type: 'not-verified', what: 'account-log' })
	const key = await accounts.boxKey(account)
	if (!key.ok) return key
	// Fetching the key may have brought a longer log.
	const { idHash, head } = accounts.known(account) ?? state.value
	return ok({ idHash, head, g: key.value.g, accountKey: key.value.key })
}

export async function targetsOf(
	known: Pick<Known, 'accounts' | 'forks'>,
	accounts: readonly AccountId[],
	fresh: boolean,
	found: () => void = () => undefined,
): Promise<Result<readonly BoxTarget[], KithError>> {
	const targets: BoxTarget[] = []
	// One after the other, a thousand logs would be a thousand round trips.
	for (const target of await inBatches(accounts, (account) => targetOf(known, account, fresh))) {
		if (!target.ok) return target
		targets.push(target.value)
		found()
	}
	return ok(targets)
}

/** Those of whom the log names an older head. */
export function movedSince(state: ConversationState, targets: readonly BoxTarget[]): readonly BoxTarget[] {
	return targets.filter(({ idHash, head }) => head.seq > (accAt(state, idHash, state.head.seq)?.seq ?? -1))
}

/** X-Wing keys of all live links, each the one whose hash the log names. */
export async function linkTargetsOf(
	{ logs, crypto }: Pick<Known, 'logs' | 'crypto'>,
	state: ConversationState,
): Promise<Result<readonly LinkTarget[], KithError>> {
	const conversation = idToText(state.id)
	const isComplete = () => [...state.links.keys()].every((id) => logs.beside(conversation).linkKeys.has(id))
	if (!isComplete()) await logs.sync(conversation)
	const { linkKeys } = logs.beside(conversation)
	const targets: LinkTarget[] = []
	for (const [id, { kemHash }] of state.links) {
		const publicKey = linkKeys.get(id)
		if (publicKey === undefined || !equalBytes(crypto.hash(publicKey), kemHash))
			return fail({ type: 'not-verified', what: 'server' })
		targets.push({ link: base64urlToBytes(id) as Bytes, publicKey })
	}
	return ok(targets)
}
