/**
 * What others may see of this person (product F4): presence, typing, reading. The switches are an account entry, so that all
 * devices keep to them; presence is also the server's to know, for it is the server that tells friends.
 *
 * Each works both ways: who shows nothing sees nothing.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { bool, decode, encode, struct, versioned, type Decoded } from '#protocol/codec.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { AccountEntries } from './account-entries.ts'
import type { KithError, PrivacyView } from './api.ts'
import { toKithError } from './http-errors.ts'
import { createQueue } from './queue.ts'

const privacyValue = versioned(1, struct({ presence: bool, typing: bool, receipts: bool }))
const entryName = 'settings/privacy'
/** An entry of its own: what older devices read stays as it was. */
const directValue = versioned(1, struct({ direct: bool }))
const directName = 'settings/direct'
const everythingShown = { presence: true, typing: true, receipts: true } as const

export interface Privacy {
	readonly now: () => PrivacyView
	/** Known to the server and to the other devices before it resolves. */
	readonly set: (change: Partial<PrivacyView>) => Promise<Result<null, KithError>>
}

type Shown = Decoded<typeof privacyValue>

export function decodePrivacy(bytes: Uint8Array | null): Shown {
	const value = bytes === null ? null : decode(privacyValue, bytes)
	return value?.ok === true ? value.value : everythingShown
}

export function encodePrivacy(view: Shown) {
	return encode(privacyValue, view)
}

export function createPrivacy({ entries, http }: { entries: AccountEntries; http: HttpClient }): Privacy {
	function isDirect(): boolean {
		const bytes = entries.value(directName)
		const value = bytes === null ? null : decode(directValue, bytes)
		return value?.ok !== true || value.value.direct
	}
	const now = () => ({ ...decodePrivacy(entries.value(entryName)), direct: isDirect() })
	async function put(name: string, value: Bytes): Promise<Result<null, KithError>> {
		const kept = await entries.put(name, value)
		return kept.ok ? ok(null) : kept
	}
	async function set(change: Partial<PrivacyView>): Promise<Result<null, KithError>> {
		const { presence, typing, receipts, direct } = { ...now(), ...change }
		if (direct !== now().direct) {
			const kept = await put(directName, encode(directValue, { direct }))
			if (!kept.ok) return kept
		}
		if (Object.keys(change).every((name) => name === 'direct')) return ok(null)
		if (presence !== now().presence) {
			const told = await http.call((api) => api.accounts.setPresence({ shown: presence }))
			if (!told.ok) return fail(toKithError(told.error))
		}
		return put(entryName, encodePrivacy({ presence, typing, receipts }))
	}

	// One after the other: each is judged by what the one before it left.
	const queue = createQueue()
	return { now, set: (change) => queue.run(entryName, () => set(change)) }
}
