/** What a conversation of many shows where one of two shows a friend: its name, its people, and whether one may write there. */
import type { ConversationState } from '#protocol/conversation-state.ts'
import { isArchivedAt } from '#protocol/conversation-lookups.ts'
import { canWrite, roleOf } from '#protocol/conversation-case.ts'
import type { AccountId, ChatView, ConversationId, ConversationView, PersonView } from './api.ts'

export interface Talk {
	readonly kind: ChatView['kind']
	readonly room: ChatView['room']
	readonly title: string
	readonly notice: ConversationView['notice']
	/** Seed of the generated avatar. */
	readonly person: PersonView
	/** Everybody else who is or was in. */
	readonly people: readonly PersonView[]
	readonly writable: ConversationView['writable']
}

export function isOfMany(state: ConversationState | null): state is ConversationState {
	return state !== null && (state.kind === 'group' || state.kind === 'room-open' || state.kind === 'room-private')
}

/** Between two, and in notes, nothing happens but that messages begin to disappear, or stay again. */
export function hasLines(state: ConversationState): boolean {
	return state.policyBefore !== null || isOfMany(state)
}

export function talkOfMany(
	id: ConversationId,
	{
		state,
		title,
		canSend,
		forked,
	}: { state: ConversationState; title: string | null; canSend: boolean; forked: boolean },
	{ self, person }: { self: { account: AccountId; idHash: Uint8Array }; person: (account: AccountId) => PersonView },
): Talk {
	const others = [...state.roles.keys()].filter((account) => account !== self.account)
	return {
		kind: 'group',
		room: roomOf(state),
		title: title ?? '',
		notice: null,
		person: { account: id, displayName: title ?? '', name: '', verified: true, presence: null },
		people: others.map(person),
		writable: forked ? { type: 'no', why: 'forked' } : writable(state, self.idHash, canSend),
	}
}

function writable(state: ConversationState, self: Uint8Array, canSend: boolean): ConversationView['writable'] {
	const role = roleOf(state, self as never)
	if (role === null) return { type: 'no', why: 'not-member' }
	if (isArchivedAt(state, state.head.seq)) return { type: 'no', why: 'archived' }
	if (!canWrite(role)) return { type: 'no', why: 'reader' }
	return canSend ? { type: 'yes' } : { type: 'no', why: 'preparing' }
}

function roomOf({ kind }: ConversationState): ChatView['room'] {
	if (kind === 'room-open') return 'open'
	return kind === 'room-private' ? 'private' : null
}
