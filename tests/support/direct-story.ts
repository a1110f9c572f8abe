/** Alice and Bob, their accounts, and the log of their direct conversation: the set-up of conversation tests. */
import type { AccountState } from '#protocol/account-state.ts'
import { compareBytes, type Bytes } from '#protocol/bytes.ts'
import type { ConversationBody, ConversationKind, MemberRef, Role } from '#protocol/conversation-log.ts'
import { directPolicy } from '#protocol/conversation-rules.ts'
import type { AccountLookup } from '#protocol/conversation-state.ts'
import { noHash } from '#protocol/log-entry.ts'
import { AccountStory, accountRef, bytesOf, ConversationStory, epochOf, lookupOf, startOfStory } from './log-actors.ts'

export function membersOf(
	accounts: readonly { readonly idHash: Bytes }[],
	role: Role = 'member',
): readonly MemberRef[] {
	return accounts.map(({ idHash }) => ({ idHash, role })).sort((a, b) => compareBytes(a.idHash, b.idHash))
}

export function refsOf(states: readonly AccountState[]) {
	return states.map(accountRef).sort((a, b) => compareBytes(a.idHash, b.idHash))
}

export type CreateBody = Extract<ConversationBody, { type: 'create' }>

export function createOf(
	author: AccountStory,
	members: readonly MemberRef[],
	kind: ConversationKind = 'dm',
): CreateBody {
	return {
		type: 'create',
		seq: 0,
		previous: noHash,
		time: startOfStory,
		author: author.idHash,
		device: author.laptop.deviceId,
		kind,
		policy: directPolicy,
		members,
		random: bytesOf('random', 16),
	}
}

export interface DirectStory {
	readonly alice: AccountStory
	readonly bob: AccountStory
	readonly log: ConversationStory
	/** Logs as they are when asked. */
	readonly accounts: () => Promise<AccountLookup>
	/** Appends a rotate to epoch n that names both at their heads. */
	readonly rotate: (n: number, change?: Partial<Extract<ConversationBody, { type: 'rotate' }>>) => Promise<void>
}

/** A direct conversation that Alice created, with epoch 1. */
export async function directStory(): Promise<DirectStory> {
	const alice = new AccountStory('alice')
	const bob = new AccountStory('bob')
	const log = new ConversationStory().append(createOf(alice, membersOf([alice, bob])), alice.laptop)
	const states = () => Promise.all([alice.state(), bob.state()])
	const rotate: DirectStory['rotate'] = async (n, change) => {
		const acc = refsOf(await states())
		log.append({ type: 'rotate', ...log.based(alice), epoch: epochOf(n), acc, ...change }, alice.laptop)
	}
	await rotate(1)
	return { alice, bob, log, rotate, accounts: async () => lookupOf(await states()) }
}

/** Why the log is not believed, or null. */
export async function problemOf({ log, accounts }: Pick<DirectStory, 'log' | 'accounts'>) {
	const result = await log.verify(await accounts())
	return result.ok ? null : result.error
}
