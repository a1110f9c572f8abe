/**
 * Who is online now, for rooms (product C4): each person once, over all tabs, devices and nodes. What nodes say is brought by the edge
 * (server/sync/account-presence.ts); who hides it is in no list and in no count.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import type { Repositories } from './ports.ts'
import type { PresenceState, Signals } from './signals.ts'

export interface Online {
	/** True when it makes the account something else than it was. */
	heard(said: Signals['presence']): boolean
	/** A node is gone, and with it all that it said; the accounts that are something else now. */
	forget(node: string): string[]
	/** `account` is base64url. */
	stateOf(account: string): PresenceState
	/** base64url ids: members who are online and let themselves be seen, and those who do not. */
	among(room: Pick<ConversationState, 'id' | 'members'>): Promise<{ online: string[]; hidden: ReadonlySet<string> }>
}

/** The best of what all say: of the connections of a node, or of the nodes. */
export function bestState(states: Iterable<PresenceState>): PresenceState {
	let best: PresenceState = 'offline'
	for (const state of states) {
		if (state === 'online') return state
		if (state === 'away') best = state
	}
	return best
}

export function createOnline({ repositories }: { readonly repositories: Repositories }): Online {
	/** What each node says of an account that is here. */
	const nodes = new Map<string, Map<string, PresenceState>>()
	const stateOf = (account: string) => bestState(nodes.get(account)?.values() ?? [])

	const heard = ({ account, node, state }: Signals['presence']): boolean => {
		const before = stateOf(account)
		const said = nodes.get(account) ?? new Map<string, PresenceState>()
		if (state === 'offline') said.delete(node)
		else said.set(node, state)
		if (said.size === 0) nodes.delete(account)
		else nodes.set(account, said)
		return stateOf(account) !== before
	}

	return {
		stateOf,
		heard,
		forget: (node) => [...nodes.keys()].filter((account) => heard({ account, node, state: 'offline' })),
		among: async ({ id, members }) => {
			const hidden = new Set((await repositories.conversations.hidden(id)).map(bytesToBase64url))
			const online = [...members.keys()].filter((account) => stateOf(account) === 'online' && !hidden.has(account))
			return { online, hidden }
		},
	}
}
