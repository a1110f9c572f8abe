/**
 * What others may see of this person (product F4): presence, typing, reading. The switches are account entries, so that all
 * devices keep to them; presence is also the server's to know, for it is the server that tells friends.
 *
 * Each works both ways: who shows nothing sees nothing. They are set by a chapter (set-privacy.ts).
 */
import type { Bytes } from '#protocol/bytes.ts'
import { bool, decode, struct, versioned, type Codec } from '#protocol/codec.ts'
import type { AccountEntries } from './account-entries.ts'
import type { ConversationId, PrivacyView } from './api.ts'

/** Switches that one entry holds. */
export interface PrivacyEntry<T> {
	readonly name: string
	readonly value: Codec<T>
	/** Until something else was said, and where it cannot be read. */
	readonly otherwise: T
}

export const shownEntry: PrivacyEntry<Pick<PrivacyView, 'presence' | 'typing' | 'receipts'>> = {
	name: 'settings/privacy',
	value: versioned(1, struct({ presence: bool, typing: bool, receipts: bool })),
	otherwise: { presence: true, typing: true, receipts: true },
}

/** An entry of its own, as the next: what older devices read stays as it was. */
export const directEntry: PrivacyEntry<Pick<PrivacyView, 'direct'>> = {
	name: 'settings/direct',
	value: versioned(1, struct({ direct: bool })),
	otherwise: { direct: true },
}

export const relayedEntry: PrivacyEntry<Pick<PrivacyView, 'relayed'>> = {
	name: 'settings/direct-relayed',
	value: versioned(1, struct({ relayed: bool })),
	otherwise: { relayed: false },
}

/** May members of this group who are no friends reach this person's devices, where they let themselves be reached too? */
export const fellowsEntry = (group: ConversationId): PrivacyEntry<{ readonly direct: boolean }> => ({
	name: `fellows/${group}`,
	value: versioned(1, struct({ direct: bool })),
	otherwise: { direct: false },
})

export interface Privacy {
	readonly now: () => PrivacyView
	/** What was said of this group; whether it holds is for who knows its members (SPEC PEER14). */
	readonly isDirectIn: (group: ConversationId) => boolean
}

export function readPrivacy<T>({ value, otherwise }: PrivacyEntry<T>, bytes: Bytes | null): T {
	const read = bytes === null ? null : decode(value, bytes)
	return read?.ok === true ? read.value : otherwise
}

export function createPrivacy(entries: AccountEntries): Privacy {
	const read = <T>(entry: PrivacyEntry<T>) => readPrivacy(entry, entries.value(entry.name))
	return {
		now: () => ({ ...read(shownEntry), ...read(directEntry), ...read(relayedEntry) }),
		isDirectIn: (group) => read(fellowsEntry(group)).direct,
	}
}
