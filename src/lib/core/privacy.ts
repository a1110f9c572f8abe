/**
 * What others may see of this person (product F4): presence, typing, reading. The switches are an account entry, so that all
 * devices keep to them; presence is also the server's to know, for it is the server that tells friends.
 *
 * Each works both ways: who shows nothing sees nothing.
 */
import { bool, decode, encode, struct, versioned, type Decoded } from '#protocol/codec.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { AccountEntries } from './account-entries.ts'
import type { KithError, PrivacyView } from './api.ts'
import { toKithError } from './http-errors.ts'

const privacyValue = versioned(1, struct({ presence: bool, typing: bool, receipts: bool }))
const entryName = 'settings/privacy'
const everythingShown: PrivacyView = { presence: true, typing: true, receipts: true }

export interface Privacy {
	readonly now: () => PrivacyView
	/** Known to the server and to the other devices before it resolves. */
	readonly set: (change: Partial<PrivacyView>) => Promise<Result<null, KithError>>
}

export function decodePrivacy(bytes: Uint8Array | null): PrivacyView {
	const value = bytes === null ? null : decode(privacyValue, bytes)
	return value?.ok === true ? value.value : everythingShown
}

export function encodePrivacy(view: Decoded<typeof privacyValue>) {
	return encode(privacyValue, view)
}

export function createPrivacy({ entries, http }: { entries: AccountEntries; http: HttpClient }): Privacy {
	const now = () => decodePrivacy(entries.value(entryName))
	return {
		now,
		set: async (change) => {
			const { presence, typing, receipts } = { ...now(), ...change }
			if (presence !== now().presence) {
				const told = await http.call((api) => api.accounts.setPresence({ shown: presence }))
				if (!told.ok) return fail(toKithError(told.error))
			}
			const kept = await entries.put(entryName, encodePrivacy({ presence, typing, receipts }))
			return kept.ok ? ok(null) : kept
		},
	}
}
